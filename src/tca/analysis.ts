/**
 * Transaction cost analysis of recorded orders against the tape of the market: one pass over the fills, then one over the
 * orders. Pure: the same record and tape give the same report.
 */
import { TradewireError } from '../core/errors.js'
import { FillSums, Sum } from './fill-sums.js'
import { Groups } from './groups.js'
import { OrderJudge } from './order-judge.js'
import { FILL_INTS, type OrderRecord } from './order-record.js'
import type { OrderCost, TcaReport, VenueScorecard } from './report.js'
import type { MarketTape } from './tape.js'

/** Options of {@link analyze}. */
export interface TcaOptions {
  /** Currency of the money figures, for titles only; `USD` unless given. */
  readonly currency?: string
  /** Markout horizons in milliseconds, ascending; 1,000, 10,000, 60,000 and 300,000 unless given. At most 16. */
  readonly horizonsMs?: readonly number[]
  /** Which of them tells realised spread and impact; the third, or the last of fewer, unless given. */
  readonly realizedHorizonMs?: number
  /** How many orders the report lists one by one; 10,000 unless given. All count in the groups. */
  readonly maxOrders?: number
}

interface Horizons {
  readonly us: readonly number[]
  readonly realized: number
}

/**
 * Analyzes what was recorded.
 *
 * @throws TradewireError `TW_INVALID_ARGUMENT` for horizons that are none.
 */
export function analyze(record: OrderRecord, tape: MarketTape, options: TcaOptions = {}): TcaReport {
  const { currency = 'USD', horizonsMs = [1_000, 10_000, 60_000, 300_000], maxOrders = 10_000 } = options
  const horizons = checkHorizons(horizonsMs, options.realizedHorizonMs)
  const byOrder = new FillSums(record.orderCount, horizons.us.length)
  const byVenue = new FillSums(record.venues.list.length, horizons.us.length)
  const lastFillUs = new Float64Array(record.orderCount).fill(Number.NaN)
  const fillCount = sumFills(record, tape, horizons.us, byOrder, byVenue, lastFillUs)
  const judge = new OrderJudge(record, tape, byOrder, lastFillUs, horizons.realized)
  const groups = new Groups(record, byOrder, horizons.us.length, horizons.realized)
  const orders: OrderCost[] = []
  for (let i = 0; i < record.orderCount; i++) {
    const order = judge.judge(i)
    groups.add(i, order)
    if (i < maxOrders) orders.push(order)
  }
  return {
    currency,
    horizonsMs: [...horizonsMs],
    realizedHorizonMs: horizonsMs[horizons.realized] ?? 0,
    ...groups.reports(),
    venues: scorecards(record, byVenue, horizons.realized),
    orders,
    orderCount: record.orderCount,
    fillCount,
    tapeLosses: tape.losses,
  }
}

function checkHorizons(horizonsMs: readonly number[], realizedMs: number | undefined): Horizons {
  const isGood =
    horizonsMs.length <= 16 && horizonsMs.every((ms, i) => ms > (horizonsMs[i - 1] ?? 0) && Number.isFinite(ms))
  if (!isGood)
    throw new TradewireError(
      'TW_INVALID_ARGUMENT',
      `horizonsMs must be at most 16 ascending times above 0, is ${JSON.stringify(horizonsMs)}`,
    )
  const realized = realizedMs === undefined ? Math.min(2, horizonsMs.length - 1) : horizonsMs.indexOf(realizedMs)
  if (realizedMs !== undefined && realized < 0)
    throw new TradewireError('TW_INVALID_ARGUMENT', `realizedHorizonMs must be one of horizonsMs, is ${realizedMs}`)
  return { us: horizonsMs.map((ms) => ms * 1000), realized }
}

/** Adds every fill to the sums of its order and of its venue. Returns how many count. */
function sumFills(
  record: OrderRecord,
  tape: MarketTape,
  horizonsUs: readonly number[],
  byOrder: FillSums,
  byVenue: FillSums,
  lastFillUs: Float64Array,
): number {
  const { fills, fillInts, orders, orderInts } = record
  let count = 0
  for (let i = 0; i < record.fillCount; i++) {
    const order = fillInts[i * FILL_INTS] as number
    if (order < 0) continue
    count++
    const venue = fillInts[i * FILL_INTS + 1] as number
    const instrument = orderInts[order * 6] as number
    const sign = orderInts[order * 6 + 1] as number
    const tsUs = fills.tsUs[i] as number
    const price = fills.price[i] as number
    const quantity = fills.quantity[i] as number
    const fee = fills.fee[i] as number
    const isMaker = fillInts[i * FILL_INTS + 2] === 1
    // Venues add up different instruments and currencies: their sums are in money.
    const scale = (orders.multiplier[order] as number) * (orders.rate[order] as number)
    const feeMoney = Number.isNaN(fee) ? 0 : fee * (orders.rate[order] as number)
    const row = tape.quoteBefore(instrument, tsUs)
    const bid = tape.bidAt(instrument, row)
    const ask = tape.askAt(instrument, row)
    addFill(byOrder, order, 1, sign, price, quantity, Number.isNaN(fee) ? 0 : fee, Number.isNaN(fee), isMaker, bid, ask)
    addFill(byVenue, venue, scale, sign, price, quantity, feeMoney, Number.isNaN(fee), isMaker, bid, ask)
    const mid = Math.abs((bid + ask) / 2)
    for (let h = 0; mid > 0 && h < horizonsUs.length; h++) {
      const later = tape.midLater(instrument, tsUs + (horizonsUs[h] as number), h + 1)
      if (Number.isNaN(later)) continue
      const cost = sign * quantity * (price - later)
      byOrder.addMarkout(order, h, cost, quantity * mid)
      byVenue.addMarkout(venue, h, cost * scale, quantity * mid * scale)
    }
    if (!(tsUs <= (lastFillUs[order] as number))) lastFillUs[order] = tsUs
  }
  return count
}

/** Adds one fill to one row of sums. `scale` turns prices into money. */
function addFill(
  sums: FillSums,
  row: number,
  scale: number,
  sign: number,
  price: number,
  quantity: number,
  fee: number,
  isFeeUnknown: boolean,
  isMaker: boolean,
  bid: number,
  ask: number,
): void {
  const { cells } = sums
  const at = row * sums.stride
  const value = quantity * price * scale
  cells[at + Sum.quantity] = (cells[at + Sum.quantity] as number) + quantity
  cells[at + Sum.value] = (cells[at + Sum.value] as number) + value
  cells[at + Sum.notional] = (cells[at + Sum.notional] as number) + Math.abs(value)
  cells[at + Sum.fees] = (cells[at + Sum.fees] as number) + fee
  cells[at + Sum.fills] = (cells[at + Sum.fills] as number) + 1
  if (isFeeUnknown) cells[at + Sum.feesUnknown] = (cells[at + Sum.feesUnknown] as number) + 1
  if (isMaker) cells[at + Sum.maker] = (cells[at + Sum.maker] as number) + quantity
  const mid = (bid + ask) / 2
  if (Number.isNaN(mid)) return
  const weighted = quantity * scale
  cells[at + Sum.weight] = (cells[at + Sum.weight] as number) + weighted * Math.abs(mid)
  cells[at + Sum.quoted] = (cells[at + Sum.quoted] as number) + weighted * (ask - bid)
  cells[at + Sum.effective] = (cells[at + Sum.effective] as number) + 2 * sign * weighted * (price - mid)
  if (!(ask > bid)) return
  cells[at + Sum.captureWeight] = (cells[at + Sum.captureWeight] as number) + quantity
  cells[at + Sum.capture] = (cells[at + Sum.capture] as number) + (quantity * sign * (mid - price)) / ((ask - bid) / 2)
}

function scorecards(record: OrderRecord, sums: FillSums, realized: number): VenueScorecard[] {
  return record.venues.list.map((venue, i) => {
    const routed = record.routed[i]
    const quantity = sums.get(i, Sum.quantity)
    const notional = sums.get(i, Sum.notional)
    const rated = routed !== undefined && routed.sent > 0
    return {
      venue,
      fills: sums.get(i, Sum.fills),
      quantity,
      notional,
      makerShare: quantity > 0 ? sums.get(i, Sum.maker) / quantity : null,
      feesBps: notional > 0 ? (sums.get(i, Sum.fees) / notional) * 10_000 : null,
      spread: sums.spread(i, realized),
      ordersSent: routed?.sent ?? 0,
      fillRate: rated ? routed.filled / routed.ordered : null,
      rejectRate: rated ? routed.rejected / routed.sent : null,
      ackLatencyUs: percentiles(routed?.acks ?? []),
      fillLatencyUs: percentiles(routed?.fills ?? []),
    }
  })
}

function percentiles(samples: readonly number[]): { p50: number; p95: number } | null {
  if (samples.length === 0) return null
  const sorted = Float64Array.from(samples).sort()
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] as number
  return { p50: at(0.5), p95: at(0.95) }
}
