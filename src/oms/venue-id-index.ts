/**
 * Finds the place of an order in a ring by what its venue called it: lists of places in flat arrays, one list for every hash of
 * connector and id. Every order that is forgotten takes one id out and puts one in; a Map would move all of its entries for
 * that, again and again.
 */

const none = -1

/** Ids by place, and places by id. */
export class VenueIdIndex {
  readonly #mask: number
  readonly #ids: (string | number | undefined)[]
  readonly #connectors: Int32Array
  /** By list: its first place. */
  readonly #first: Int32Array
  /** By place: the list that it is in, and the places before and after it there. */
  readonly #list: Int32Array
  readonly #before: Int32Array
  readonly #after: Int32Array

  /** Room for places below `capacity`, a power of two. */
  constructor(capacity: number) {
    this.#mask = capacity - 1
    this.#ids = new Array<string | number | undefined>(capacity).fill(undefined)
    this.#connectors = new Int32Array(capacity)
    this.#first = new Int32Array(capacity).fill(none)
    this.#list = new Int32Array(capacity)
    this.#before = new Int32Array(capacity).fill(none)
    this.#after = new Int32Array(capacity).fill(none)
  }

  /** The venue's id of the order at a place, text or a whole number; undefined where it gave none, or no order is there. */
  idAt(place: number): string | number | undefined {
    return this.#ids[place]
  }

  /** The place of the order that a connector's venue knows by an id, the latest of several; -1 when there is none. */
  placeOf(connector: number, id: string | number): number {
    let place = this.#first[this.#listOf(connector, id)]
    while (place !== none && (this.#ids[place] !== id || this.#connectors[place] !== connector))
      place = this.#after[place]
    return place
  }

  /** Puts an order at a place, instead of the one that was there. */
  set(place: number, connector: number, id: string | number | undefined): void {
    this.#remove(place)
    if (id === undefined) return
    const list = this.#listOf(connector, id)
    this.#ids[place] = id
    this.#connectors[place] = connector
    this.#list[place] = list
    const after = this.#first[list]
    this.#before[place] = none
    this.#after[place] = after
    if (after !== none) this.#before[after] = place
    this.#first[list] = place
  }

  #remove(place: number): void {
    if (this.#ids[place] === undefined) return
    const before = this.#before[place]
    const after = this.#after[place]
    if (before === none) this.#first[this.#list[place]] = after
    else this.#after[before] = after
    if (after !== none) this.#before[after] = before
    this.#ids[place] = undefined
  }

  /** Ids that follow each other lie side by side; the upper bits are folded in for venues that count in steps. */
  #listOf(connector: number, id: string | number): number {
    const key = typeof id === 'number' ? id ^ Math.imul(id / 0x1_0000_0000, 0x85ebca6b) : hashOfText(id)
    const folded = key ^ (key >>> 9) ^ (key >>> 18)
    return (folded ^ Math.imul(connector, 0x9e3779b1)) & this.#mask
  }
}

function hashOfText(text: string): number {
  let hash = 0
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash, 31) + text.charCodeAt(at)
  return hash
}
