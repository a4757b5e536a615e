/** The quotes that the ring benchmarks publish: fractional prices, computed from a count as if just decoded. */

/** Instruments among the quotes, a power of two. */
export const instrumentCount = 64

/** Quotes published between two drains, as if decoded from one read of a socket. */
export const burst = 256

/** A quote as an object, the form in which event emitters carry it. */
export interface QuoteObject {
  instrument: number
  bid: number
  ask: number
  bidSize: number
  askSize: number
  tsEventUs: number
  tsRecvUs: number
  sequence: number
}

/** A new object of quote number `count`. */
export function quoteObject(count: number): QuoteObject {
  const bid = 100 + (count & 1023) * 0.25
  const size = 100 + (count & 255)
  const timeUs = 1.7e15 + count
  return {
    instrument: count & 63,
    bid,
    ask: bid + 0.25,
    bidSize: size,
    askSize: size,
    tsEventUs: timeUs,
    tsRecvUs: timeUs + 150,
    sequence: count,
  }
}

/** Writes quote number `count` into an object. */
export function rewrite(quote: QuoteObject, count: number): void {
  const bid = 100 + (count & 1023) * 0.25
  const size = 100 + (count & 255)
  const timeUs = 1.7e15 + count
  quote.instrument = count & 63
  quote.bid = bid
  quote.ask = bid + 0.25
  quote.bidSize = size
  quote.askSize = size
  quote.tsEventUs = timeUs
  quote.tsRecvUs = timeUs + 150
  quote.sequence = count
}

/** Elapsed nanoseconds of a call. */
export function timed(action: () => void): number {
  const start = process.hrtime.bigint()
  action()
  return Number(process.hrtime.bigint() - start)
}

/** Elapsed nanoseconds of the second of two calls. */
export function timedAgain(action: () => void): number {
  action()
  return timed(action)
}
