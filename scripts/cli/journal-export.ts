/** `tradewire journal export`: the records of a journal in words, one a line. */
import { closeSync, openSync, writeSync } from 'node:fs'
import { resolve } from 'node:path'
import { nodeFileSystem } from '../../src/core/node-file-system.js'
import type { RecordHandler } from '../../src/journal/journal.js'
import { readJournal } from '../../src/journal/read-journal.js'
import { RecordDescriber, type RecordDescription, recordTypeName } from '../../src/oms/record-describer.js'
import { RecordType } from '../../src/oms/records.js'
import { accountOf, placeOf } from './journal-place.js'
import { type Console, exitCodes, optionsOf, pointOf, timeText, UsageError } from './support.js'

const batchBytes = 65_536

/** Runs the command. */
export async function exportRecords(args: readonly string[], console: Console): Promise<number> {
  const { values, positionals } = optionsOf(args, {
    json: { type: 'boolean', default: false },
    from: { type: 'string' },
    until: { type: 'string' },
    type: { type: 'string' },
    order: { type: 'string' },
    account: { type: 'string' },
    output: { type: 'string' },
  })
  const from = values.from === undefined ? undefined : pointOf('from', values.from)
  const until = values.until === undefined ? undefined : pointOf('until', values.until)
  const types = typesOf(values.type)
  const { read, close } = await readerOf(positionals, values.account)
  const sink = new LineSink(values.output, console)
  const describer = new RecordDescriber()
  let tsUs = 0
  try {
    read((type, seq, record) => {
      // Read also where it is not wanted: later records refer to it.
      const described = describer.describe(type, seq, record)
      tsUs = described.tsUs ?? tsUs
      if (from !== undefined && ('seq' in from ? seq < from.seq : tsUs < from.tsUs - 999)) return
      if (until !== undefined && ('seq' in until ? seq > until.seq : tsUs > until.tsUs)) return
      if (types !== undefined && !types.has(described.type)) return
      if (values.order !== undefined && described.clientOrderId !== values.order) return
      sink.write(values.json ? JSON.stringify(described) : lineOf(described))
    })
  } finally {
    sink.close()
    close()
  }
  return exitCodes.ok
}

/** What reads the whole journal of a command line, wherever it lies. */
async function readerOf(
  positionals: readonly string[],
  account: string | undefined,
): Promise<{ read: (onRecord: RecordHandler) => void; close: () => void }> {
  const place = await placeOf(positionals)
  if (place.kind === 'directory') {
    const { directory } = place
    return {
      read: (onRecord) => readJournal(nodeFileSystem, directory, onRecord, { from: 'start' }),
      close: () => {},
    }
  }
  const records = await place.read(accountOf(place, account), 'start')
  return { read: (onRecord) => void records(onRecord, 'start'), close: () => place.close() }
}

/** A record on one line. */
export function lineOf({ seq, type, tsUs, order, clientOrderId, fields }: RecordDescription): string {
  const about = clientOrderId ?? (order === undefined || order === 0 ? '' : `order ${order}`)
  const words = Object.entries(fields)
    .filter(([, value]) => value !== null && value !== undefined && value !== '')
    .map(([name, value]) => {
      if (name.endsWith('Us') && typeof value === 'number') return `${name}=${timeText(value)}`
      return `${name}=${typeof value === 'string' && !/[\s="]/.test(value) ? value : JSON.stringify(value)}`
    })
  return [seq, timeText(tsUs), type, about, ...words].filter((part) => part !== '').join(' ')
}

function typesOf(text: string | undefined): ReadonlySet<string> | undefined {
  if (text === undefined) return undefined
  const known = [...Object.keys(RecordType), recordTypeName(255)]
  const types = text.split(',').map((each) => each.trim())
  const unknown = types.filter((each) => !known.includes(each))
  if (unknown.length > 0)
    throw new UsageError(`--type: there is no type ${unknown.join(', ')}; there are ${known.join(', ')}`)
  return new Set(types)
}

/** Lines, written in large pieces. */
class LineSink {
  readonly #descriptor: number | undefined
  readonly #console: Console
  #lines: string[] = []
  #bytes = 0

  constructor(output: string | undefined, console: Console) {
    this.#descriptor =
      output === undefined ? undefined : openSync(resolve(process.env.INIT_CWD ?? process.cwd(), output), 'wx', 0o600)
    this.#console = console
  }

  write(line: string): void {
    this.#lines.push(line)
    this.#bytes += line.length
    if (this.#bytes >= batchBytes) this.#flush()
  }

  close(): void {
    this.#flush()
    if (this.#descriptor !== undefined) closeSync(this.#descriptor)
  }

  #flush(): void {
    if (this.#lines.length === 0) return
    const text = this.#lines.join('\n')
    this.#lines = []
    this.#bytes = 0
    if (this.#descriptor === undefined) this.#console.out(text)
    else writeSync(this.#descriptor, `${text}\n`)
  }
}
