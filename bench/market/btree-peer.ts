/** Books of two sorted-btree maps of prices, as a program without a book of its own would keep them. */
import { PeerMissing } from '../types.js'

/** The part of sorted-btree that is used. */
interface Tree {
  readonly size: number
  set(key: number, value: number): boolean
  delete(key: number): boolean
  minKey(): number | undefined
}

type TreeConstructor = new () => Tree

/** Loads the package. @throws PeerMissing when it is not installed. */
export async function loadTree(): Promise<TreeConstructor> {
  try {
    const module = (await import('sorted-btree')) as { default: TreeConstructor | { default: TreeConstructor } }
    return typeof module.default === 'function' ? module.default : module.default.default
  } catch (cause) {
    throw new PeerMissing('sorted-btree is not installed below bench/', { cause })
  }
}

/** A book with the crossing rule of the stream. Bids are kept negated: the best is first on both sides. */
export class BTreeBook {
  readonly #bids: Tree
  readonly #asks: Tree

  constructor(Tree: TreeConstructor) {
    this.#bids = new Tree()
    this.#asks = new Tree()
  }

  set(side: number, price: number, quantity: number): void {
    const own = side === 0 ? this.#bids : this.#asks
    const key = side === 0 ? -price : price
    if (quantity === 0) {
      own.delete(key)
      return
    }
    if (!own.set(key, quantity)) return
    const other = side === 0 ? this.#asks : this.#bids
    for (let best = other.minKey(); best !== undefined && best <= -key; best = other.minKey()) other.delete(best)
  }

  get bestBid(): number {
    return -(this.#bids.minKey() ?? 0)
  }

  get bestAsk(): number {
    return this.#asks.minKey() ?? 0
  }

  get levels(): number {
    return this.#bids.size + this.#asks.size
  }
}
