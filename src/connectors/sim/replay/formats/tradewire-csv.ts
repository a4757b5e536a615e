/**
 * The documented CSV format (docs/data-format.md): one kind of event a file, known by its header; columns in any order.
 *
 * A first line `# {...}` may define the instruments. Book files have a row for each level, the rows of one message
 * together, the last of them marked in the column `end`.
 */
import { TradewireError } from '../../../../core/errors.js'
import type { AggressorSign, BookSide, LevelAction, TradingStatus } from '../../../../ring/kinds.js'
import { BadRow, badRowError } from '../reading/bad-row.js'
import { textOf } from '../reading/decimal-text.js'
import type { DecodeContext, Decoder, FileSample, ReplayFormat } from '../reading/format.js'
import type { LineReader } from '../reading/line-reader.js'
import { RowScanner } from '../reading/row-scanner.js'
import { SymbolTable } from '../reading/symbol-table.js'
import { readHeader } from './tradewire-header.js'
import {
  actionWords,
  aggressorWords,
  bookWords,
  endWords,
  sideWords,
  statusWords,
  truthWords,
  type Words,
  wordValue,
} from './tradewire-words.js'

/** How a column is read. */
type ColumnType = 'time' | 'decimal' | 'required' | 'integer' | 'instrument' | Words

const times = { ts_recv_us: 'time', ts_event_us: 'time', instrument: 'instrument' } as const

/** Columns of each kind of file; the order is that of the recorder. */
export const csvColumns = {
  quotes: {
    ...times,
    bid: 'decimal',
    ask: 'decimal',
    bid_size: 'decimal',
    ask_size: 'decimal',
    sequence: 'decimal',
    flags: 'integer',
  },
  trades: {
    ...times,
    price: 'required',
    size: 'required',
    aggressor: aggressorWords,
    sequence: 'decimal',
    trade_id: 'decimal',
    condition: 'integer',
  },
  book: {
    ...times,
    message: bookWords,
    action: actionWords,
    side: sideWords,
    price: 'decimal',
    size: 'decimal',
    order_id: 'decimal',
    sequence: 'decimal',
    previous_sequence: 'decimal',
    end: endWords,
  },
  bars: {
    ...times,
    interval_us: 'required',
    ts_open_us: 'decimal',
    open: 'required',
    high: 'required',
    low: 'required',
    close: 'required',
    volume: 'decimal',
    count: 'decimal',
    vwap: 'decimal',
    is_closed: truthWords,
  },
  statuses: { ...times, status: statusWords },
} as const satisfies Record<string, Record<string, ColumnType>>

/** Kind of a CSV file. */
export type CsvKind = keyof typeof csvColumns

/** Columns without which a file is not of the kind, beside a time. */
const keys: Record<CsvKind, readonly string[]> = {
  book: ['message', 'side', 'price', 'size', 'end'],
  bars: ['interval_us', 'open', 'high', 'low', 'close'],
  statuses: ['status'],
  quotes: ['bid', 'ask'],
  trades: ['price', 'size'],
}

function kindOf(columns: readonly string[]): CsvKind | undefined {
  if (!columns.includes('ts_recv_us') && !columns.includes('ts_event_us')) return undefined
  return (Object.keys(keys) as CsvKind[]).find((kind) => keys[kind].every((name) => columns.includes(name)))
}

/** Header of a file, behind the line with the definitions. */
function columnsOf(sample: FileSample): string[] {
  const line = sample.firstLine.startsWith('#') ? (sample.lines[1] ?? '') : sample.firstLine
  return line.split(',').map((name) => name.trim())
}

interface Column {
  readonly name: string
  readonly type: ColumnType
}

/** Reads the columns of a row into numbers by name; the kinds below make events of them. */
abstract class CsvDecoder implements Decoder {
  readonly headerLines: number
  protected readonly context: DecodeContext
  /** Values in the order of `csvColumns`; NaN where empty or absent. */
  protected readonly values: Float64Array
  protected instrument = -1
  readonly #columns: readonly Column[]
  /** Place of each column of the file in `values`. */
  readonly #places: readonly number[]
  readonly #scanner = new RowScanner()
  readonly #symbols = new SymbolTable()

  constructor(context: DecodeContext, kind: CsvKind, names: readonly string[]) {
    this.context = context
    const known: Record<string, ColumnType> = csvColumns[kind]
    const order = Object.keys(known)
    this.#columns = names.map((name) => ({ name, type: typeOf(context, kind, known, name, names) }))
    this.#places = names.map((name) => order.indexOf(name))
    this.values = new Float64Array(order.length).fill(Number.NaN)
    this.headerLines = context.sample.firstLine.startsWith('#') ? 2 : 1
    if (this.headerLines === 2) this.#readDefinitions()
    if (!names.includes('instrument')) this.instrument = instrumentOfFile(context)
  }

  row(line: LineReader): void {
    const { values } = this
    const scanner = this.#scanner
    values[0] = Number.NaN
    values[1] = Number.NaN
    scanner.begin(line.bytes, line.start, line.end)
    for (let i = 0; i < this.#columns.length; i++)
      this.#read(scanner, this.#columns[i] as Column, this.#places[i] as number)
    scanner.finish(this.#columns[this.#columns.length - 1]?.name ?? '(row)')
    if (Number.isNaN(values[0])) values[0] = values[1]
    if (Number.isNaN(values[1])) values[1] = values[0]
    if (Number.isNaN(values[0])) throw new BadRow('ts_event_us', 'the row has no time')
    this.publish()
  }

  protected abstract publish(): void

  #read(scanner: RowScanner, column: Column, place: number): void {
    const { values } = this
    switch (column.type) {
      case 'time':
        scanner.optionalWhole(values, place, column.name)
        return
      case 'decimal':
        scanner.optionalDecimal(values, place, column.name)
        return
      case 'required':
        scanner.decimal(values, place, column.name)
        return
      case 'integer':
        scanner.optionalDecimal(values, place, column.name)
        if (Number.isNaN(values[place])) values[place] = 0
        if ((values[place] | 0) !== values[place]) throw new BadRow(column.name, 'expected an integer of 32 bits')
        return
      case 'instrument':
        scanner.field(column.name)
        this.instrument = this.#instrumentOf(scanner)
        return
      default:
        scanner.field(column.name)
        values[place] = this.#word(scanner, column, column.type)
    }
  }

  #word(scanner: RowScanner, column: Column, list: Words): number {
    if (scanner.fieldStart === scanner.fieldEnd) return Number.NaN
    const value = wordValue(list, scanner.bytes, scanner.fieldStart, scanner.fieldEnd)
    if (!Number.isNaN(value)) return value
    throw new BadRow(column.name, `expected one of ${list.texts.join(', ')}, got '${scanner.text()}'`)
  }

  #instrumentOf(scanner: RowScanner): number {
    const { bytes, fieldStart, fieldEnd } = scanner
    const known = this.#symbols.find(bytes, fieldStart, fieldEnd)
    if (known >= 0) return known
    if (fieldStart === fieldEnd) throw new BadRow('instrument', 'is empty')
    const index = this.context.instrumentById(textOf(bytes, fieldStart, fieldEnd))
    this.#symbols.add(bytes, fieldStart, fieldEnd, index)
    return index
  }

  #readDefinitions(): void {
    const { sample } = this.context
    try {
      readHeader(sample.firstLine.slice(1), this.context)
    } catch (error) {
      if (error instanceof BadRow) throw badRowError(sample.path, 1, error)
      if (error instanceof SyntaxError) throw badRowError(sample.path, 1, new BadRow('(header)', error.message))
      throw error
    }
  }
}

function typeOf(
  context: DecodeContext,
  kind: CsvKind,
  known: Record<string, ColumnType>,
  name: string,
  names: readonly string[],
): ColumnType {
  const type = Object.hasOwn(known, name) ? known[name] : undefined
  if (type !== undefined && names.indexOf(name) === names.lastIndexOf(name)) return type
  const what = type === undefined ? 'is not known' : 'occurs twice'
  const message = `${context.sample.path}: column '${name}' ${what}; columns of ${kind} are ${Object.keys(known).join(', ')}`
  throw new TradewireError('TW_UNKNOWN_FORMAT', message, { details: { path: context.sample.path, column: name } })
}

/** Instrument of a file without a column for it. */
function instrumentOfFile(context: DecodeContext): number {
  const { instrument } = context.options
  if (instrument !== undefined) return context.instrumentById(instrument)
  const message = `${context.sample.path} has no column 'instrument'; name the instrument by the option instrument`
  throw new TradewireError('TW_UNKNOWN_INSTRUMENT', message, { details: { path: context.sample.path } })
}

class QuoteDecoder extends CsvDecoder {
  protected publish(): void {
    const v = this.values
    const flags = !Number.isNaN(v[8]) ? v[8] : 0
    this.context.batch.publishQuote(this.instrument, 0, v[3], v[4], v[5], v[6], v[1], v[0], v[7], flags)
  }
}

class TradeDecoder extends CsvDecoder {
  protected publish(): void {
    const v = this.values
    const aggressor = (!Number.isNaN(v[5]) ? v[5] : 0) as AggressorSign
    const condition = !Number.isNaN(v[8]) ? v[8] : 0
    this.context.batch.publishTrade(this.instrument, 0, v[3], v[4], aggressor, v[1], v[0], v[6], v[7], condition)
  }
}

class BarDecoder extends CsvDecoder {
  protected publish(): void {
    const v = this.values
    const tsOpenUs = !Number.isNaN(v[4]) ? v[4] : v[1] - v[3]
    const isClosed = v[12] !== 0
    this.context.batch.publishBar(
      this.instrument,
      0,
      v[3],
      v[5],
      v[6],
      v[7],
      v[8],
      v[9],
      v[10],
      v[11],
      tsOpenUs,
      v[1],
      v[0],
      isClosed,
    )
  }
}

class StatusDecoder extends CsvDecoder {
  protected publish(): void {
    const v = this.values
    if (Number.isNaN(v[3])) throw new BadRow('status', 'is empty')
    this.context.batch.publishStatus(this.instrument, 0, v[3] as TradingStatus, v[1], v[0])
  }
}

/** Rows become levels of one message until `end` says that it is complete. */
class BookDecoder extends CsvDecoder {
  /** Instrument and kind of the open message, which its rows share. */
  #openInstrument = -1
  #openIsSnapshot = false

  protected publish(): void {
    const v = this.values
    const { batch } = this.context
    const isSnapshot = v[3] === 1
    if (Number.isNaN(v[3])) throw new BadRow('message', 'is empty')
    if (Number.isNaN(v[11])) throw new BadRow('end', 'is empty')
    if (!batch.isBookOpen) {
      batch.beginBook(this.instrument, 0, isSnapshot, v[1], v[0], v[9], v[10])
      this.#openInstrument = this.instrument
      this.#openIsSnapshot = isSnapshot
    } else if (this.instrument !== this.#openInstrument || isSnapshot !== this.#openIsSnapshot) {
      throw new BadRow('end', "another message begins before a row with 'last' or 'part'")
    }
    if (!Number.isNaN(v[5])) this.#addLevel()
    if (v[11] !== 0) batch.commitBook(v[11] === 1)
  }

  #addLevel(): void {
    const v = this.values
    const action = (!Number.isNaN(v[4]) ? v[4] : 0) as LevelAction
    if (Number.isNaN(v[6])) throw new BadRow('price', 'is empty')
    if (Number.isNaN(v[7])) throw new BadRow('size', 'is empty')
    if (action !== 0 && Number.isNaN(v[8])) throw new BadRow('order_id', 'is empty')
    this.context.batch.addOrder(action, v[5] as BookSide, v[6], v[7], action === 0 ? 0 : v[8])
  }

  finish(): void {
    if (!this.context.batch.isBookOpen) return
    this.context.batch.abandonBook()
    throw new BadRow('end', "the file ends before a row with 'last' or 'part'")
  }
}

const decoders = {
  quotes: QuoteDecoder,
  trades: TradeDecoder,
  book: BookDecoder,
  bars: BarDecoder,
  statuses: StatusDecoder,
} as const

/** The documented CSV format. */
export const tradewireCsv: ReplayFormat = {
  name: 'tradewire-csv',
  hint: 'ts_recv_us,ts_event_us,instrument,bid,ask,bid_size,ask_size (docs/data-format.md)',
  detect: (sample) => kindOf(columnsOf(sample)) !== undefined,
  open: (context) => {
    const names = columnsOf(context.sample)
    const kind = kindOf(names)
    if (kind !== undefined) return new decoders[kind](context, kind, names)
    const message = `${context.sample.path}: the columns ${names.join(', ')} fit no kind of event (docs/data-format.md)`
    throw new TradewireError('TW_UNKNOWN_FORMAT', message, { details: { path: context.sample.path } })
  },
}
