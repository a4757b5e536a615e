/**
 * A stock split as an operator's act: the venue made so many shares of so many, and somebody says so, with who and why. It
 * goes on record, and a restart applies the record by the same code.
 *
 * Positions, their lots and what the risk gate counts change together, and nothing of value is lost. What rounding leaves
 * over is settled at the price that the operator states for cash in lieu, or the split is refused. Prices and quantities of
 * orders mean another thing afterwards: while one of the instrument may still trade, the split waits.
 */
import { TradewireError } from '../core/errors.js'
import { Decimal, type DecimalInput, toDecimal, unitsToDecimal } from '../model/decimal.js'
import type { Instrument } from '../model/instrument.js'
import { type Person, requirePerson } from '../model/person.js'
import * as Field from '../orders/order-fields.js'
import type { RateFact } from '../portfolio/base-currency.js'
import { TOTAL } from '../portfolio/position-fields.js'
import { type PlannedSplit, reducedRatio, type SplitRatio } from '../portfolio/splitting.js'
import type { OrderCore } from './order-core.js'
import { termsIn } from './parent-hold.js'
import { RecordType, writeRates } from './records.js'
import { type SplitFact, writeSplit } from './split-book.js'

/** A split, by whom and why. */
export interface SplitRequest extends Person {
  /** Whoever asks again with the same id changes nothing: a name of the event, such as `AAPL-2020-08-31`. */
  readonly id: string
  /** Symbol or id. */
  readonly instrument: string
  /** 4:1 makes four of one; 1:10 makes one of ten. */
  readonly ratio: SplitRatio
  /** Price after the split at which fractions are settled in cash. Without it a split that leaves fractions is refused. */
  readonly cashInLieu?: DecimalInput
  /** From when on quotes are in the new terms, epoch microseconds; now unless given. Older ones are put into them. */
  readonly effectiveUs?: number
}

/** What a split made of a position. */
export interface SplitPosition {
  readonly account: string
  /** Absent for the total of the account. */
  readonly strategy?: string
  /** Only where positions are hedged. */
  readonly positionId?: string
  readonly before: Decimal
  readonly after: Decimal
  /** Cash in lieu, in the settlement currency; negative where the rounding of the account gave a piece to this strategy. */
  readonly cash: Decimal
}

/** A split that is on record. */
export interface AppliedSplit extends Person {
  readonly id: string
  /** Id of the instrument. */
  readonly instrument: string
  /** In lowest terms. */
  readonly ratio: SplitRatio
  readonly cashInLieu?: Decimal
  readonly effectiveUs: number
  readonly tsUs: number
  /** Number of its journal record. */
  readonly seq: number
}

/** What came of a request. */
export interface SplitReport extends AppliedSplit {
  /** False where a split with this id and these terms was on record: nothing was changed. */
  readonly isNew: boolean
  /** What it made of every position and total that holds something; empty where it was on record. */
  readonly positions: readonly SplitPosition[]
}

const maxText = 500
const maxRatio = 1_000_000
const maxNamed = 10

/**
 * Applies a split, on record. `rescale` puts prices that were received before a time into the new terms.
 *
 * @throws TradewireError `TW_UNAUTHORIZED` without an actor; `TW_INVALID_ARGUMENT`, `TW_INVALID_DECIMAL` naming a field;
 * `TW_UNKNOWN_INSTRUMENT`; `TW_NOT_SUPPORTED` for an inverse contract; `TW_DUPLICATE` where the id stands for another split;
 * `TW_INVALID_STATE` while orders or parents of the instrument may trade, naming them, or when the system closes;
 * `TW_OFF_GRID` where it leaves fractions and no price of cash in lieu is stated; `TW_OUT_OF_RANGE`; `TW_CAPACITY`;
 * `TW_JOURNAL_FAILED`. Nothing is changed then.
 */
export function applySplit(
  core: OrderCore,
  request: SplitRequest,
  rescale: (instrument: number, factor: number, beforeUs: number) => void,
): SplitReport {
  requireText('id', request?.id)
  requirePerson(request, 'applies a split')
  requireText('actor', request.actor)
  requireText('reason', request.reason)
  const instrument = core.instruments.get(request.instrument)
  const terms = termsOf(instrument, request)
  const known = core.splits.get(request.id)
  if (known !== undefined) return repeated(core, known, instrument, terms)
  requireRest(core, instrument, request.id)
  const plan = core.ledger.portfolio.planSplit(instrument, terms.numerator, terms.denominator, terms.cashPrice)
  requireSettled(core, instrument, plan, terms.cashPrice)
  core.splits.requireRoom()
  const { turn } = core
  turn.begin()
  try {
    const { id, actor, reason, effectiveUs = turn.nowUs } = request
    const said = { id, instrument: instrument.index, ...terms, actor, reason, effectiveUs, tsUs: turn.nowUs }
    const { portfolio } = core.ledger
    const rates = portfolio.rateFacts(instrument, [])
    const writer = turn.recorder.begin(RecordType.split)
    writeSplit(writer, said)
    writeRates(writer, rates)
    const fact = { ...said, seq: turn.recorder.commit() }
    turn.touch()
    const positions = bookAt(core, fact, rates)
    const beforeUs = request.effectiveUs ?? Number.POSITIVE_INFINITY
    rescale(instrument.index, terms.denominator / terms.numerator, beforeUs)
    const report: SplitReport = { ...inWords(core, fact), isNew: true, positions }
    core.news.wasSplit(report)
    core.logger.warn({ split: id, instrument: instrument.id, actor, reason }, 'stock split applied')
    return report
  } finally {
    turn.end()
  }
}

/** As {@link bookSplit}, with the conversion rates that are on record. */
function bookAt(core: OrderCore, fact: SplitFact, rates: readonly RateFact[]): readonly SplitPosition[] {
  const { portfolio } = core.ledger
  portfolio.stateRates(rates)
  try {
    return bookSplit(core, fact)
  } finally {
    portfolio.stateRates(undefined)
  }
}

/** Books a split that is on record: the same when it is made and when a journal is replayed. */
export function bookSplit(core: OrderCore, fact: SplitFact): readonly SplitPosition[] {
  const { portfolio } = core.ledger
  const { table } = portfolio
  const { exposure } = core.gate
  const { numerator, denominator, cashPrice } = fact
  const instrument = core.instruments.at(fact.instrument)
  const rows = portfolio
    .planSplit(instrument, numerator, denominator, cashPrice)
    .map((row) => ({ ...row, unitsBefore: portfolio.quantityAt(row.slot) }))
  portfolio.applySplit(instrument, numerator, denominator, fact.tsUs, cashPrice)
  const accounts: [number, number][] = []
  const strategies: [number, number][] = []
  for (const { slot, units, unitsBefore } of rows) {
    const strategy = table.strategyOf(slot)
    if (strategy !== TOTAL) {
      strategies.push([strategy, units - unitsBefore])
      continue
    }
    const account = table.accountOf(slot)
    const counted = exposure.position[exposure.keyOf(account, instrument.index)] as number
    // Fees that are paid in what is held are in the books alone.
    const after = counted === unitsBefore ? units : Math.trunc((counted * numerator) / denominator)
    accounts.push([account, after - counted])
  }
  exposure.applySplit({ instrument: instrument.index, numerator, denominator, accounts, strategies })
  core.splits.add(fact)
  return rows
    .filter(({ units, unitsBefore }) => units !== 0 || unitsBefore !== 0)
    .map((row) => position(core, instrument, row))
}

/** All splits on record, oldest first. */
export function appliedSplits(core: OrderCore): AppliedSplit[] {
  return core.splits.list().map((fact) => inWords(core, fact))
}

interface Terms extends SplitRatio {
  readonly cashPrice: number
}

function termsOf(instrument: Instrument, { ratio, cashInLieu, effectiveUs }: SplitRequest): Terms {
  for (const part of ['numerator', 'denominator'] as const) {
    const value = ratio?.[part]
    if (!(Number.isSafeInteger(value) && value > 0 && value <= maxRatio))
      throw invalid(`ratio.${part}`, `must be a whole number from 1 to ${maxRatio}, got ${String(value)}`)
  }
  const { numerator, denominator } = reducedRatio(ratio.numerator, ratio.denominator)
  if (numerator === denominator)
    throw invalid('ratio', `is ${ratio.numerator}:${ratio.denominator}, which changes nothing`)
  if (instrument.isInverse)
    throw new TradewireError('TW_NOT_SUPPORTED', `${instrument.id} is an inverse contract, which is not split`)
  if (effectiveUs !== undefined && !(Number.isSafeInteger(effectiveUs) && effectiveUs > 0))
    throw invalid('effectiveUs', `must be epoch microseconds, got ${String(effectiveUs)}`)
  if (cashInLieu === undefined) return { numerator, denominator, cashPrice: Number.NaN }
  const price = toDecimal(cashInLieu, 'cashInLieu')
  const cashPrice = price.times(new Decimal(10).pow(instrument.priceScale)).toNumber()
  if (!(cashPrice > 0 && cashPrice <= Number.MAX_SAFE_INTEGER))
    throw invalid('cashInLieu', `must be a price above 0, got ${price.toFixed()}`)
  return { numerator, denominator, cashPrice }
}

/** The same again changes nothing; another split by the same id is refused. */
function repeated(core: OrderCore, known: SplitFact, instrument: Instrument, terms: Terms): SplitReport {
  const isSame =
    known.instrument === instrument.index &&
    known.numerator === terms.numerator &&
    known.denominator === terms.denominator &&
    Object.is(known.cashPrice, terms.cashPrice)
  if (isSame) return { ...inWords(core, known), isNew: false, positions: [] }
  const { id, ratio, instrument: symbol } = inWords(core, known)
  throw new TradewireError(
    'TW_DUPLICATE',
    `id ${id} is the ${ratio.numerator}:${ratio.denominator} split of ${symbol}, on record with other terms; choose another id`,
    { details: { field: 'id', seq: known.seq } },
  )
}

/** Nothing of the instrument may trade meanwhile, and the journal takes the record. */
function requireRest(core: OrderCore, instrument: Instrument, id: string): void {
  const { table, names, parents, turn } = core
  const { cells } = table
  const orders = table
    .rows()
    .filter((row) => cells[row + Field.isOpen] === 1 && cells[row + Field.instrument] === instrument.index)
    .map((row) => `${names.clientOrderId(row)} (${core.lifecycle(cells[row] as number)})`)
  // A plan that cannot be read may be about anything.
  const working = [...parents.byId.values()]
    .filter(
      ({ plan, isClosed }) =>
        !isClosed && (termsIn<{ instrument: string }>(plan).instrument ?? instrument.id) === instrument.id,
    )
    .map((parent) => parent.id)
  if (orders.length > 0 || working.length > 0) {
    const named = [...orders, ...working.map((parent) => `${parent} (algorithm)`)]
    const more = named.length > maxNamed ? ` and ${named.length - maxNamed} more` : ''
    throw new TradewireError(
      'TW_INVALID_STATE',
      `Split ${id}: orders of ${instrument.id} may still trade: ${named.slice(0, maxNamed).join(', ')}${more}; cancel them, or resolve their fate, first`,
      { details: { instrument: instrument.id, orders, parents: working } },
    )
  }
  if (core.isClosing) throw new TradewireError('TW_INVALID_STATE', `Split ${id}: the system is closing`)
  if (!turn.recorder.isHealthy)
    throw new TradewireError('TW_JOURNAL_FAILED', `Split ${id}: the journal takes no records`)
}

/** Fractions need a price to be paid at. */
function requireSettled(
  core: OrderCore,
  instrument: Instrument,
  plan: readonly PlannedSplit[],
  cashPrice: number,
): void {
  const left = plan.filter(({ cutParts }) => cutParts !== 0)
  if (left.length === 0 || !Number.isNaN(cashPrice)) return
  const fractions = left.map((row) => {
    const { account, strategy, before } = position(core, instrument, {
      ...row,
      unitsBefore: core.ledger.portfolio.quantityAt(row.slot),
    })
    return `${account}${strategy === undefined ? '' : ` ${strategy}`} ${before.toFixed()}`
  })
  throw new TradewireError(
    'TW_OFF_GRID',
    `cashInLieu is missing: the split leaves fractions of ${instrument.id} in ${fractions.slice(0, maxNamed).join(', ')}; state the price after the split at which they are paid`,
    { details: { field: 'cashInLieu', instrument: instrument.id, fractions } },
  )
}

function position(
  core: OrderCore,
  instrument: Instrument,
  { slot, units, unitsBefore, cash }: PlannedSplit & { readonly unitsBefore: number },
): SplitPosition {
  const { table, positionIds } = core.ledger.portfolio
  const strategy = table.strategyOf(slot)
  const positionId = positionIds.name(table.positionOf(slot))
  return {
    account: core.names.account(table.accountOf(slot)),
    ...(strategy === TOTAL ? {} : { strategy: core.names.strategy(strategy) }),
    ...(positionId === '' ? {} : { positionId }),
    before: instrument.quantityFromUnits(unitsBefore),
    after: instrument.quantityFromUnits(units),
    cash: Number.isNaN(cash)
      ? new Decimal(0)
      : unitsToDecimal(cash, instrument.priceScale)
          .times(new Decimal(10).pow(-instrument.sizeScale))
          .times(instrument.multiplier),
  }
}

function inWords(core: OrderCore, fact: SplitFact): AppliedSplit {
  const { id, numerator, denominator, cashPrice, actor, reason, effectiveUs, tsUs, seq } = fact
  const instrument = core.instruments.at(fact.instrument)
  return {
    ...{ id, instrument: instrument.id, ratio: { numerator, denominator }, actor, reason, effectiveUs, tsUs, seq },
    ...(Number.isNaN(cashPrice)
      ? {}
      : { cashInLieu: new Decimal(cashPrice).times(new Decimal(10).pow(-instrument.priceScale)) }),
  }
}

function requireText(field: string, value: unknown): asserts value is string {
  if (typeof value !== 'string' || value.trim() === '' || value.length > maxText)
    throw invalid(field, `must be text of 1 to ${maxText} characters`)
}

function invalid(field: string, what: string): TradewireError {
  return new TradewireError('TW_INVALID_ARGUMENT', `${field} ${what}`, { details: { field } })
}
