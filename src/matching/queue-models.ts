/**
 * Where in the queue a simulated order stands when only trades and level quantities are known, not the orders.
 *
 * Trades at the price consume the queue from the front. A level that shrinks by more than was traded had cancels: the
 * models differ in how likely those are to have stood in front of the order. With `front` ahead and `back` behind:
 *
 * ```
 * riskAverse   all cancels were behind, as long as there is anything behind (the default: fills latest)
 * power1, power3            p(behind) = back^n / (back^n + front^n)
 * power2_n2, power3_n3      p(behind) = (back / (back + front))^2,  1 - (front / (front + back))^3
 * log, log2                 p(behind) = f(back) / (f(back) + f(front)),  f(back) / f(back + front),   f(x) = ln(1 + x)
 * ```
 * The rules are those of hftbacktest's queue models (MIT). Quantities may be integers or decimals; the logarithmic models
 * are the only ones whose last digit may depend on the JavaScript engine.
 */

/** Names of the queue models. */
export type QueueModelName = 'riskAverse' | 'power1' | 'power3' | 'power2_n2' | 'power3_n3' | 'log' | 'log2'

/** Probability that a cancelled unit stood behind the order. */
type ProbabilityBehind = (front: number, back: number) => number

// biome-ignore lint/plugin: documented above; the default model does not use it
const logarithm = (quantity: number): number => Math.log(1 + quantity)

const probabilities: Record<Exclude<QueueModelName, 'riskAverse'>, ProbabilityBehind> = {
  power1: (front, back) => back / (back + front),
  power3: (front, back) => {
    const cubed = back * back * back
    return cubed / (cubed + front * front * front)
  },
  power2_n2: (front, back) => {
    const share = back / (back + front)
    return share * share
  },
  power3_n3: (front, back) => {
    const share = front / (front + back)
    return 1 - share * share * share
  },
  log: (front, back) => logarithm(back) / (logarithm(back) + logarithm(front)),
  log2: (front, back) => logarithm(back) / logarithm(back + front),
}

/** All queue models, the default first. */
export const queueModelNames: readonly QueueModelName[] = [
  'riskAverse',
  ...(Object.keys(probabilities) as Exclude<QueueModelName, 'riskAverse'>[]),
]

/** Position of one order in the queue at its price. Reusable: `reset` starts it over. */
export class QueuePosition {
  /** Quantity ahead of the order. */
  front = 0
  private tradedSinceDepth = 0
  private readonly probability: ProbabilityBehind | undefined

  /** @param model how cancels are shared out between front and back of the queue. */
  constructor(model: QueueModelName = 'riskAverse') {
    this.probability = model === 'riskAverse' ? undefined : probabilities[model]
  }

  /** The order joins the end of a queue of `front`. A replace that loses priority does the same. */
  reset(front: number): this {
    this.front = front
    this.tradedSinceDepth = 0
    return this
  }

  /**
   * A trade of `quantity` at the order's price that hits its side.
   *
   * @param lot the result is rounded to multiples of it.
   * @returns what the trade leaves for this order, at most `quantity`; the caller caps it by what is open.
   */
  trade(quantity: number, lot = 1): number {
    this.tradedSinceDepth += quantity
    this.front -= quantity
    if (this.front >= 0) return 0
    const executed = Math.round(-this.front / lot) * lot
    this.front = 0
    return executed
  }

  /** The quantity shown at the order's price (the order itself not counted) changed from `previous` to `next`. */
  depth(previous: number, next: number): void {
    const canceled = previous - next - this.tradedSinceDepth
    this.tradedSinceDepth = 0
    if (this.probability === undefined || canceled < 0 || this.front === 0) {
      this.front = Math.min(this.front, next)
      return
    }
    const front = this.front
    const back = previous - front
    const behind = back > 0 ? this.probability(front, back) : 0
    const estimate = front - (1 - behind) * canceled + Math.min(back - behind * canceled, 0)
    this.front = Math.max(0, Math.min(estimate, next))
  }
}
