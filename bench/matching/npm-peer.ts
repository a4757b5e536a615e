/** The npm package nodejs-order-book over the same stream. */
import { PeerMissing, type Variant } from '../types.js'
import { runEngine, verify } from './engine-run.js'
import { makeOrderStream, type OrderStream, StreamOperation } from './order-stream.js'

type Library = typeof import('nodejs-order-book')

async function load(): Promise<Library> {
  try {
    return await import('nodejs-order-book')
  } catch (cause) {
    throw new PeerMissing('nodejs-order-book is not installed in bench/', { cause })
  }
}

function runLibrary({ OrderBook, Side }: Library, stream: OrderStream) {
  const book = new OrderBook()
  let volume = 0
  let rejects = 0
  const { operation, side, price, quantity, target } = stream
  const start = process.hrtime.bigint()
  for (let index = 0; index < stream.length; index++) {
    if (operation[index] === StreamOperation.cancel) {
      if (book.cancel(String(target[index])) === undefined) rejects++
      continue
    }
    const isImmediate = operation[index] === StreamOperation.immediate
    const result = book.limit({
      id: String(index),
      side: side[index] > 0 ? Side.BUY : Side.SELL,
      size: quantity[index],
      price: price[index],
      timeInForce: (isImmediate ? 'IOC' : 'GTC') as never,
    })
    volume += quantity[index] - result.quantityLeft
  }
  return { elapsedNs: Number(process.hrtime.bigint() - start), outcome: { volume, rejects } }
}

/** nodejs-order-book as a peer; its volume and rejects have to be ours. */
export function npmPeer(operations: number): Variant {
  return {
    name: 'nodejs-order-book',
    async prepare() {
      const library = await load()
      const stream = makeOrderStream(operations)
      verify('nodejs-order-book', runLibrary(library, stream).outcome, runEngine(stream).outcome)
      return { operations, run: () => runLibrary(library, stream).elapsedNs }
    },
  }
}
