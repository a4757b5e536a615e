/**
 * The stream of book changes that every variant applies: a middle that walks, geometric depth, a fifth of deletions, and
 * levels of the other side removed where a new one crosses them. The generator is that of the C++ peer, so that all of
 * them end with the same book and the same sum of best prices.
 */

/** Changes by index: side (0 bid, 1 ask), price in ticks, quantity (0 deletes). */
export interface DeltaStream {
  readonly side: Uint8Array
  readonly price: Float64Array
  readonly quantity: Float64Array
}

/** What a variant must arrive at. */
export interface StreamOutcome {
  /** Sum of the best bid and ask, 0 where there is none, after every change. */
  readonly check: number
  readonly bid: number
  readonly ask: number
  readonly levels: number
}

/** Changes in a stream. */
export const deltas = 2_000_000

/** The first `count` changes; those of the C++ peer unless another seed is given. */
export function createStream(count: number, seed = 0x9e3779b9): DeltaStream {
  const stream = { side: new Uint8Array(count), price: new Float64Array(count), quantity: new Float64Array(count) }
  let state = seed
  const next = (): number => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return state >>> 0
  }
  let middle = 1_000_000
  for (let i = 0; i < count; i++) {
    if (next() % 50 === 0) middle += next() & 1 ? 1 : -1
    let distance = 0
    while ((next() & 7) < 6 && distance < 400) distance++
    const side = next() & 1
    stream.side[i] = side
    stream.price[i] = side === 0 ? middle - 1 - distance : middle + distance
    stream.quantity[i] = next() % 5 === 0 ? 0 : 1 + (next() % 1000)
  }
  return stream
}

/**
 * The first changes of many symbols: change i is one of symbol `i % symbols`. Each symbol has a market of its own, so that
 * what a book has to do is what a single one has to do.
 */
export function createInterleaved(count: number, symbols: number): DeltaStream {
  const stream = { side: new Uint8Array(count), price: new Float64Array(count), quantity: new Float64Array(count) }
  const each = Math.ceil(count / symbols)
  for (let symbol = 0; symbol < symbols; symbol++) {
    const own = createStream(each, 0x9e3779b9 + Math.imul(symbol, 0x85ebca6b))
    for (let i = symbol, at = 0; i < count; i += symbols, at++) {
      stream.side[i] = own.side[at]
      stream.price[i] = own.price[at]
      stream.quantity[i] = own.quantity[at]
    }
  }
  return stream
}

/** The outcome by the obvious way: two sorted lists of prices. */
export function expectedOutcome({ side, price, quantity }: DeltaStream): StreamOutcome {
  const bids: number[] = []
  const asks: number[] = []
  let check = 0
  for (let i = 0; i < side.length; i++) {
    // Asks are kept negated, so that the best is last on both sides.
    const [own, other, rank] = side[i] === 0 ? [bids, asks, price[i]] : [asks, bids, -price[i]]
    let at = own.length
    while (at > 0 && own[at - 1] > rank) at--
    const isKnown = own[at - 1] === rank
    if (quantity[i] === 0) {
      if (isKnown) own.splice(at - 1, 1)
    } else if (!isKnown) {
      own.splice(at, 0, rank)
      while (other.length > 0 && -other[other.length - 1] <= rank) other.pop()
    }
    check += (bids.at(-1) ?? 0) - (asks.at(-1) ?? 0)
  }
  return { check, bid: bids.at(-1) ?? 0, ask: -(asks.at(-1) ?? 0), levels: bids.length + asks.length }
}

/** Throws unless a variant ended where it must. */
export function verify(name: string, actual: StreamOutcome, expected: StreamOutcome): void {
  for (const field of ['check', 'bid', 'ask', 'levels'] as const) {
    if (actual[field] !== expected[field]) {
      throw new Error(`${name}: ${field} is ${actual[field]} instead of ${expected[field]}`)
    }
  }
}
