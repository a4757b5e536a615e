/**
 * The order stream every engine of the matching benchmark runs: the same xorshift numbers, drawn in the same order, as the
 * C++ peers draw, so that trades, volume and refused cancels have to agree.
 *
 * 45 % limit orders at a geometric distance from a slowly wandering mid, 45 % cancels of one of the last thousand limit
 * orders (many of which are gone), 10 % immediate-or-cancel orders that reach through the touch.
 */

/** Operation codes of {@link OrderStream}. */
export const StreamOperation = { limit: 0, cancel: 1, immediate: 2 } as const

/** Operations as parallel arrays; the index of a limit order is its number. Prices are ticks. */
export interface OrderStream {
  readonly length: number
  readonly operation: Uint8Array
  /** 1 buy, -1 sell. */
  readonly side: Int8Array
  readonly price: Int32Array
  readonly quantity: Int32Array
  /** Which order a cancel is for, -1 for none. */
  readonly target: Int32Array
}

const SEED = 0x12345678
const RECENT = 4096

/** Makes the first `length` operations. */
export function makeOrderStream(length: number): OrderStream {
  let state = SEED
  const draw = (): number => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return state >>> 0
  }
  const stream: OrderStream = {
    length,
    operation: new Uint8Array(length),
    side: new Int8Array(length),
    price: new Int32Array(length),
    quantity: new Int32Array(length),
    target: new Int32Array(length),
  }
  const recent = new Int32Array(RECENT)
  let limits = 0
  let mid = 5000
  for (let index = 0; index < length; index++) {
    const percent = draw() % 100
    if (draw() % 200 === 0) mid = Math.max(3000, Math.min(7000, mid + ((draw() & 1) === 1 ? 1 : -1)))
    const isBuy = (draw() & 1) === 0
    let distance = 0
    while ((draw() & 7) < 6 && distance < 100) distance++
    stream.quantity[index] = 1 + (draw() % 100)
    const back = draw() % 1000
    stream.side[index] = isBuy ? 1 : -1
    if (percent < 45) {
      stream.operation[index] = StreamOperation.limit
      stream.price[index] = isBuy ? mid - 1 - distance : mid + distance
      recent[limits++ & (RECENT - 1)] = index
    } else if (percent < 90) {
      stream.operation[index] = StreamOperation.cancel
      stream.target[index] = limits > back ? recent[(limits - 1 - back) & (RECENT - 1)] : -1
    } else {
      stream.operation[index] = StreamOperation.immediate
      stream.price[index] = isBuy ? mid + 5 : mid - 6
    }
  }
  return stream
}
