/**
 * An operator's word about an order whose fate is not known: somebody looked at the venue, or called it, and says what
 * became of the order. It goes on record with who and why, and counts like a conclusion: whatever the venue itself says
 * later outranks it, and an execution that comes later is booked all the same.
 */
import { TradewireError } from '../core/errors.js'
import type { DecimalInput } from '../model/decimal.js'
import type { Instrument } from '../model/instrument.js'
import { FactSource, Liquidity, StatusCode } from '../orders/codes.js'
import { leaves, lifecycle, worstCaseQuantity } from '../orders/derive.js'
import * as Fact from '../orders/facts.js'
import * as Field from '../orders/order-fields.js'
import type { ExecKey } from '../orders/trade-pool.js'
import { endRequests } from './end-requests.js'
import type { OrderCore } from './order-core.js'
import type { OrderEventType } from './order-event.js'
import { RecordType, writeKey } from './records.js'
import { isKey } from './report-faults.js'

/**
 * What became of an order of unknown fate. `rejected`: it never lived. `canceled`: it is off the book with the fills that are
 * known. `working`: it is on the book. `filled`: so much more than is known was executed at a price, at most what the largest
 * change under way asks for; `rest` says what became of what is left then, and is required when something of the confirmed
 * quantity is. Without `rest` a change to more that is under way is over, too.
 */
export type UnknownOutcome =
  | { readonly kind: 'rejected' }
  | { readonly kind: 'canceled' }
  | { readonly kind: 'working'; readonly venueOrderId?: string | number }
  | {
      readonly kind: 'filled'
      readonly quantity: DecimalInput
      readonly price: DecimalInput
      readonly rest?: 'canceled' | 'working'
      readonly venueOrderId?: string | number
    }

/** Who says so, and on what grounds. Both go on record. */
export interface Responsible {
  readonly actor: string
  readonly reason: string
}

/** How a resolution ends, as the journal knows it. Numbers never change their meaning. */
const Ending = { rejected: 0, canceled: 1, working: 2, filled: 3 } as const

/** A resolution as it is recorded: what is left once its fill, if any, has a record of its own. */
export interface Resolution {
  readonly ending: number
  /** Number of the record of the fill; 0 without one. */
  readonly fillSeq: number
  readonly venueOrderId: string | number | undefined
  readonly actor: string
  readonly reason: string
}

const maxText = 500

/**
 * Settles an order whose fate is not known, on record.
 *
 * @throws TradewireError `TW_INVALID_STATE` when its fate is known, or when the outcome contradicts what is known;
 * `TW_INVALID_ARGUMENT` naming a field that is wrong; `TW_OFF_GRID`, `TW_INVALID_DECIMAL`, `TW_OUT_OF_RANGE` for a quantity
 * or price that is none of the instrument's. Nothing is changed then.
 */
export function resolveUnknown(core: OrderCore, row: number, outcome: UnknownOutcome, who: Responsible): void {
  const { cells } = core.table
  requireText('actor', who?.actor)
  requireText('reason', who?.reason)
  const id = core.names.clientOrderId(row)
  if (lifecycle(core.table, row) !== StatusCode.UNKNOWN)
    throw new TradewireError(
      'TW_INVALID_STATE',
      `Order ${id} is ${core.lifecycle(cells[row])}: only an order whose fate is not known can be resolved`,
    )
  const fill = checkOutcome(core, row, id, outcome)
  const venueOrderId = 'venueOrderId' in outcome ? outcome.venueOrderId : undefined
  core.turn.begin()
  try {
    const fillSeq = fill === undefined ? 0 : bookFill(core, row, fill)
    const ending = Ending[outcome.kind === 'filled' ? (outcome.rest ?? 'filled') : outcome.kind]
    const resolution: Resolution = { ending, fillSeq, venueOrderId, actor: who.actor, reason: who.reason }
    const seq = core.facts.record(RecordType.resolved, row, core.turn.nowUs, (writer) => {
      writer.u8(ending)
      writer.f64(fillSeq)
      writeKey(writer, venueOrderId)
      writer.string(who.actor)
      writer.string(who.reason)
    })
    applyResolution(core, row, resolution, core.turn.nowUs, seq)
    if (ending === Ending.filled) endRequests(core, row, FactSource.operator)
    const type = eventOf(ending)
    if (type !== undefined)
      core.news.emit(type, row, seq, FactSource.operator, core.turn.nowUs, { reason: `${who.actor}: ${who.reason}` })
  } finally {
    core.turn.end()
  }
}

/** Applies a resolution that is on record: the same when it is made and when a journal is replayed. */
export function applyResolution(
  core: OrderCore,
  row: number,
  resolution: Resolution,
  nowUs: number,
  seq: number,
): void {
  const { ledger, table } = core
  const { ending, venueOrderId, fillSeq } = resolution
  const why = `${resolution.actor}: ${resolution.reason}`
  core.operatorActs.add(table.cells[row], { seq, fillSeq, detail: why })
  if (venueOrderId !== undefined) ledger.accepted(row, venueOrderId, nowUs, seq)
  if (ending === Ending.rejected) ledger.rejected(row, FactSource.inferred, why, nowUs, seq)
  else if (ending === Ending.canceled) {
    // Where the venue rejected an order that has fills, a conclusion would not outrank its word.
    const source = wasRejected(core, row) ? FactSource.venue : FactSource.inferred
    ledger.closed(row, false, source, why, nowUs, nowUs, seq)
  } else if (ending === Ending.working) ledger.works(row, nowUs, seq)
}

function eventOf(ending: number): OrderEventType | undefined {
  if (ending === Ending.rejected) return 'rejected'
  if (ending === Ending.canceled) return 'canceled'
  return ending === Ending.working ? 'reinstated' : undefined
}

function wasRejected(core: OrderCore, row: number): boolean {
  return (core.table.cells[row + Field.facts] & Fact.rejected) !== 0
}

interface StatedFill {
  readonly quantityUnits: number
  readonly priceUnits: number
}

/** Refuses what cannot be; the fill in units where there is one. */
function checkOutcome(core: OrderCore, row: number, id: string, outcome: UnknownOutcome): StatedFill | undefined {
  const kind = outcome?.kind
  if (!Object.hasOwn(Ending, String(kind)))
    throw invalid('outcome.kind', `is ${String(kind)}, not one of ${Object.keys(Ending).join(', ')}`)
  if ('venueOrderId' in outcome && outcome.venueOrderId !== undefined && !isKey(outcome.venueOrderId))
    throw invalid('outcome.venueOrderId', 'is neither text nor a whole number')
  const filled = core.table.cells[row + Field.filled]
  if (kind === 'rejected' && filled > 0)
    throw new TradewireError(
      'TW_INVALID_STATE',
      `Order ${id} has fills, so it lived: resolve it as canceled, working or filled`,
    )
  const works = kind === 'working' || (outcome.kind === 'filled' && outcome.rest === 'working')
  if (works && wasRejected(core, row))
    throw new TradewireError('TW_INVALID_STATE', `The venue rejected order ${id}: it cannot be said to work`)
  return outcome.kind === 'filled' ? checkFill(core, row, outcome) : undefined
}

function checkFill(core: OrderCore, row: number, outcome: Extract<UnknownOutcome, { kind: 'filled' }>): StatedFill {
  const { table, instruments } = core
  const instrument: Instrument = instruments.at(table.cells[row + Field.instrument])
  const quantityUnits = instrument.quantityUnits(outcome.quantity, 'outcome.quantity')
  const priceUnits = instrument.priceUnits(outcome.price, 'outcome.price')
  const left = leaves(table, row)
  // A change that nobody answered may have been made.
  const most = worstCaseQuantity(table, row) - table.cells[row + Field.filled]
  if (!(quantityUnits > 0 && quantityUnits <= most))
    throw invalid(
      'outcome.quantity',
      `is ${instrument.quantityText(quantityUnits)}; ${instrument.quantityText(most)} of the order are not accounted for`,
    )
  const { rest } = outcome
  if (rest !== undefined && rest !== 'canceled' && rest !== 'working')
    throw invalid('outcome.rest', `is ${String(rest)}, neither canceled nor working`)
  if (quantityUnits < left && rest === undefined)
    throw invalid('outcome.rest', 'is missing: say whether what is not filled was canceled or is working')
  if (quantityUnits === most && rest !== undefined)
    throw invalid('outcome.rest', 'is given, and nothing is left of the order')
  if (table.trades.size >= table.trades.capacity)
    throw new TradewireError('TW_CAPACITY', 'The trade pool is full; raise limits.trades')
  return { quantityUnits, priceUnits }
}

/** Books the stated fill as one that was concluded: when the real executions come, they take its place. */
function bookFill(core: OrderCore, row: number, { quantityUnits, priceUnits }: StatedFill): number {
  const { cells } = core.table
  const basis = cells[row + Field.traded] + quantityUnits
  const exec: ExecKey = `operator-${cells[row]}-${basis}`
  const { nowUs } = core.turn
  return core.fillBooks.book(
    row,
    exec,
    quantityUnits,
    priceUnits,
    Number.NaN,
    '',
    Liquidity.unknown,
    basis,
    nowUs,
    FactSource.operator,
  )
}

function requireText(field: string, value: unknown): void {
  if (typeof value !== 'string' || value.trim() === '' || value.length > maxText)
    throw invalid(field, `must be text of 1 to ${maxText} characters: it says on record who decided, and why`)
}

function invalid(field: string, what: string): TradewireError {
  return new TradewireError('TW_INVALID_ARGUMENT', `${field} ${what}`, { details: { field } })
}
