/**
 * A process of its own that knows nothing but the journal: it prints the state that the journal holds, as JSON.
 *
 *   node --import tsx examples/demo/recover.ts JOURNAL CONFIG_AS_JSON
 */
import { nodeFileSystem, recoverState, type TradingSystemConfig } from 'tradewire'
import { main } from '../support/console.js'

const [directory = '', config = '{}'] = process.argv.slice(2)

await main(async () => {
  const recovered = recoverState({
    fileSystem: nodeFileSystem,
    directory,
    config: JSON.parse(config) as TradingSystemConfig,
  })
  const { state, report, journal } = recovered
  process.stdout.write(JSON.stringify({ state, report, journal }))
})
