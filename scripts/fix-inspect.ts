/**
 * `npm run fix:inspect -- FOLDER`: what the message stores in a folder hold, beside running sessions: generations, numbers, damage.
 * `--messages [--from N] [--to N] [--limit N]` prints messages, secrets masked; `--log FILE [--grep TEXT]` prints a message log,
 * which is masked already.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { inspectStore, readStoredMessages, type StoredMessagesQuery } from '../src/connectors/fix/store/inspect.js'
import { nodeFileSystem } from '../src/core/node-file-system.js'
import { Program } from './support/program.js'

const program: Program = new Program(
  'npm run fix:inspect -- FOLDER... [--messages [--from N] [--to N] [--limit N]] [--log FILE [--grep TEXT]]',
)
const { values, positionals } = program.read(
  {
    messages: { type: 'boolean', default: false },
    from: { type: 'string' },
    to: { type: 'string' },
    limit: { type: 'string' },
    log: { type: 'string' },
    grep: { type: 'string' },
  },
  { positionals: true },
)
// npm changes the working directory; paths count from where it was called.
const place = (path: string) => resolve(process.env.INIT_CWD ?? process.cwd(), path)

if (values.log !== undefined) printLog(place(values.log), values.grep)
for (const folder of positionals) for (const store of storesIn(place(folder))) printStore(store)
if (values.log === undefined && positionals.length === 0) program.refuse('Name a folder, or a log by --log')

/** The folder itself where it is a store, or the stores in it. */
function storesIn(folder: string): string[] {
  if (!existsSync(folder)) program.refuse(`there is no folder ${folder}`)
  if (inspectStore(nodeFileSystem, folder).length > 0) return [folder]
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(folder, entry.name))
    .filter((path) => inspectStore(nodeFileSystem, path).length > 0)
}

function printStore(folder: string): void {
  console.log(folder)
  for (const report of inspectStore(nodeFileSystem, folder)) {
    const { generation, createdUs, nextOutgoing, nextIncoming, messages, tailBytes, damaged } = report
    const since = Number.isNaN(createdUs) ? 'never reset' : `since ${new Date(createdUs / 1_000).toISOString()}`
    const faults = [
      ...(tailBytes > 0 ? [`${tailBytes} bytes of an unfinished write`] : []),
      ...damaged.map(({ from, to }) => `damaged from byte ${from} to ${to}`),
    ]
    console.log(
      `  generation ${generation}, ${since}: next out ${nextOutgoing}, next in ${nextIncoming}, ${messages} messages kept`,
    )
    for (const fault of faults) console.log(`    ${fault}`)
  }
  if (values.messages) printMessages(folder)
}

function printMessages(folder: string): void {
  const query: StoredMessagesQuery = {}
  for (const name of ['from', 'to', 'limit'] as const) {
    const text = values[name]
    if (text !== undefined) query[name] = program.wholeNumber(name, text, 1)
  }
  for (const { number, text } of readStoredMessages(nodeFileSystem, folder, query)) console.log(`  ${number} ${text}`)
}

function printLog(file: string, part: string | undefined): void {
  for (const line of readFileSync(file, 'latin1').split('\n'))
    if (line !== '' && (part === undefined || line.includes(part))) console.log(line)
}
