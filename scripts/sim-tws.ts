/**
 * `npm run sim:tws -- --port N [--max-server-version V]`: a simulated TWS for any client of the TWS protocol. It quotes AAPL,
 * MSFT, SPY, EUR.USD, ES and more, and fills what crosses. Faults by a line on standard input: `reset`, `lost`, `farm`,
 * `cut`, `restart`, `silence`, `slow MS`, `news TEXT`, `close`. Ends on SIGTERM and SIGINT.
 */
import { createInterface } from 'node:readline'
import { TwsGateway } from '../src/testing/tws/gateway.js'
import { Program } from './support/program.js'

const program: Program = new Program(
  'npm run sim:tws -- --port N [--host ADDRESS] [--max-server-version 157..193] [--accounts A,B] [--quote-interval-ms N] [--history-pacing] [--seed N]',
)
const { values } = program.read({
  port: { type: 'string', default: '7497' },
  host: { type: 'string', default: '127.0.0.1' },
  'max-server-version': { type: 'string', default: '193' },
  accounts: { type: 'string', default: 'DU1234567,DU1234568' },
  'quote-interval-ms': { type: 'string', default: '250' },
  'history-pacing': { type: 'boolean', default: false },
  seed: { type: 'string', default: '1' },
})
const maxServerVersion = program.wholeNumber('max-server-version', values['max-server-version'], 157, 193)
const port = program.wholeNumber('port', values.port, 0, 65_535)
const gateway = await TwsGateway.open({
  port,
  host: values.host,
  maxServerVersion,
  accounts: values.accounts.split(','),
  quoteIntervalMs: program.wholeNumber('quote-interval-ms', values['quote-interval-ms'], 1),
  historyPacing: values['history-pacing'],
  seed: program.wholeNumber('seed', values.seed, 0),
})
console.log(`simulated TWS listens on ${values.host}:${gateway.port}, server version up to ${maxServerVersion}`)

const commands: Readonly<Record<string, (rest: string) => unknown>> = {
  reset: () => gateway.nightlyReset({ durationMs: 4_000, losesData: true }),
  lost: () => gateway.nightlyReset({ durationMs: 4_000, losesData: false }),
  farm: () => {
    gateway.breakFarm()
    gateway.time.after(2_000, () => gateway.restoreFarm())
  },
  cut: () => gateway.cut(),
  restart: () => gateway.restart({ downMs: 3_000, lingerMs: 2_000 }),
  silence: () => gateway.silence(),
  slow: (ms) => gateway.slow({ delayMs: Number(ms) || 0 }),
  news: (text) => {
    for (const { contract } of gateway.listings)
      for (const session of gateway.sessions) session.streams.announce(contract.conId, text)
  },
  close: () => {
    for (const { contract } of gateway.listings) gateway.closingAuction(contract.conId)
  },
}
createInterface({ input: process.stdin }).on('line', (line) => {
  const [name = '', ...rest] = line.trim().split(' ')
  const command = commands[name]
  if (command === undefined) console.error(`unknown command "${name}"; one of ${Object.keys(commands).join(', ')}`)
  else void Promise.resolve(command(rest.join(' '))).catch(console.error)
})

let isStopping = false
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.on(signal, () => {
    if (isStopping) process.exit(1)
    isStopping = true
    void gateway.close().then(() => process.exit(0))
  })
}
