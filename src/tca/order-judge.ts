/** The figures of one order from the sums of its fills and from the tape. */
import type { FillSums } from './fill-sums.js'
import { Sum } from './fill-sums.js'
import { ORDER_INTS, type OrderRecord } from './order-record.js'
import type { OrderCost, ShortfallBps } from './report.js'
import type { MarketTape } from './tape.js'

/** The prices an order is judged by; NaN where one is not known. */
interface Benchmarks {
  readonly decision: number
  readonly arrival: number
  readonly end: number
  readonly endUs: number
}

/** Judges orders one by one. */
export class OrderJudge {
  readonly #record: OrderRecord
  readonly #tape: MarketTape
  readonly #sums: FillSums
  readonly #lastFillUs: Float64Array
  readonly #realized: number

  constructor(record: OrderRecord, tape: MarketTape, sums: FillSums, lastFillUs: Float64Array, realized: number) {
    this.#record = record
    this.#tape = tape
    this.#sums = sums
    this.#lastFillUs = lastFillUs
    this.#realized = realized
  }

  /** The figures of an order. */
  judge(i: number): OrderCost {
    const { orders, orderInts, ids, symbols, algorithms, strategies, accounts } = this.#record
    const at = i * ORDER_INTS
    const instrument = orderInts[at] as number
    const sign = orderInts[at + 1] as number
    const quantity = orders.quantity[i] as number
    const filled = this.#sums.get(i, Sum.quantity)
    const average = filled > 0 ? this.#sums.get(i, Sum.value) / filled : Number.NaN
    const benchmarks = this.#benchmarks(i, instrument)
    const { decision, arrival, end, endUs } = benchmarks
    const arrivalUs = orders.arrivalUs[i] as number
    // The trade that filled the order belongs to its interval.
    const vwap = this.#tape.vwap(instrument, arrivalUs, endUs + 1)
    const twap = this.#tape.twap(instrument, arrivalUs, endUs)
    const marketVolume = this.#tape.volume(instrument, arrivalUs, endUs + 1)
    const slippage = (benchmark: number) => orNull(((sign * (average - benchmark)) / Math.abs(benchmark)) * 10_000)
    return {
      id: ids[i] as string,
      symbol: symbols.list[orderInts[at + 2] as number] as string,
      side: sign > 0 ? 'buy' : 'sell',
      algorithm: algorithms.list[orderInts[at + 3] as number] as string,
      strategy: strategies.list[orderInts[at + 4] as number] as string,
      account: accounts.list[orderInts[at + 5] as number] as string,
      quantity,
      filledQuantity: filled,
      fillRate: filled / quantity,
      fills: this.#sums.get(i, Sum.fills),
      averagePrice: orNull(average),
      decisionPrice: orNull(decision),
      arrivalPrice: orNull(arrival),
      endPrice: orNull(end),
      arrivalUs,
      endUs,
      isOpen: Number.isNaN(orders.endUs[i] as number),
      ...this.#shortfall(i, sign, quantity, filled, benchmarks),
      slippageBps: {
        decision: slippage(decision),
        arrival: slippage(arrival),
        vwap: slippage(vwap),
        twap: slippage(twap),
      },
      intervalVwap: orNull(vwap),
      intervalTwap: orNull(twap),
      marketVolume,
      participation: marketVolume > 0 ? filled / marketVolume : null,
      fees: this.#sums.get(i, Sum.fees),
      feesUnknown: this.#sums.get(i, Sum.feesUnknown),
      spread: this.#sums.spread(i, this.#realized),
    }
  }

  #benchmarks(i: number, instrument: number): Benchmarks {
    const { orders } = this.#record
    const tape = this.#tape
    const given = (price: number, atUs: number) => (Number.isNaN(price) ? tape.midAt(instrument, atUs) : price)
    const arrivalUs = orders.arrivalUs[i] as number
    const arrival = given(orders.arrivalPrice[i] as number, arrivalUs)
    const decidedUs = orders.decisionUs[i] as number
    // Decided on arrival: one price, also where the arrival price was given.
    const decided = decidedUs === arrivalUs ? arrival : tape.midAt(instrument, decidedUs)
    const decision = orders.decisionPrice[i] as number
    const toldUs = orders.endUs[i] as number
    const lastUs = this.#lastFillUs[i] as number
    const endUs = Number.isNaN(toldUs) ? (Number.isNaN(lastUs) ? arrivalUs : lastUs) : toldUs
    return {
      decision: Number.isNaN(decision) ? (Number.isNaN(decided) ? arrival : decided) : decision,
      arrival,
      end: given(orders.endPrice[i] as number, endUs),
      endUs,
    }
  }

  #shortfall(i: number, sign: number, quantity: number, filled: number, { decision, arrival, end }: Benchmarks) {
    const { orders } = this.#record
    const rate = orders.rate[i] as number
    const scale = (orders.multiplier[i] as number) * rate
    const unfilled = Math.max(0, quantity - filled)
    const fees = this.#sums.get(i, Sum.fees) * rate
    const paper = quantity * Math.abs(decision) * scale
    const trading = sign * (this.#sums.get(i, Sum.value) - filled * arrival) * scale
    // Nothing is left to be priced where all was filled.
    const missed = (from: number) => (unfilled === 0 ? 0 : sign * unfilled * (end - from) * scale)
    const delay = sign * filled * (arrival - decision) * scale
    const bps = (amount: number) => orNull((amount / paper) * 10_000)
    const form = (delayCost: number, opportunity: number): ShortfallBps => ({
      delay: bps(delayCost),
      trading: bps(trading),
      opportunity: bps(opportunity),
      fees: bps(fees),
    })
    const total = delay + trading + missed(decision) + fees
    return {
      paperNotional: orNull(paper),
      totalCost: orNull(total),
      totalBps: bps(total),
      cfa: form(delay, missed(decision)),
      wagnerEdwards: form(sign * quantity * (arrival - decision) * scale, missed(arrival)),
    }
  }
}

function orNull(value: number): number | null {
  return Number.isFinite(value) ? value : null
}
