/**
 * The entries of a repeating group, one after the other. A dictionary must have told the fields of groups apart before
 * (`FixValidator.validate`); an entry then begins at each field with the tag of the group's first one.
 *
 *   if (group.open(message, 268))
 *     while (group.next()) price[group.index] = group.double(270)
 *
 * One object serves any number of groups; a group within an entry needs an object of its own: `inner.openWithin(group, 453)`.
 */
import { TradewireError } from '../../../core/errors.js'
import type { FixMessage } from './message.js'
import { parseCount } from './numbers.js'

/** A cursor over the entries of a repeating group. */
export class FixGroup {
  /** Number of entries that the group declares; 0 when the message has no such group. */
  count = 0
  /** Which entry the cursor is on, from 0. */
  index = -1
  /** The fields of this entry, those of groups within it included, lie at these indexes of the message: from, to (excluded). */
  from = 0
  to = 0

  #message: FixMessage | undefined
  #depth = 0
  #firstTag = 0
  /** Where the fields of the group end. */
  #end = 0

  /** Goes before the first entry of the group of a count tag outside of groups; false when the message has no entry of it. */
  open(message: FixMessage, countTag: number): boolean {
    return this.#open(message, message.find(countTag), message.fieldCount, 1)
  }

  /** Goes before the first entry of a group within the entry that `outer` is on. */
  openWithin(outer: FixGroup, countTag: number): boolean {
    return this.#open(outer.#messageOf(), outer.find(countTag), outer.to, outer.#depth + 1)
  }

  #open(message: FixMessage, at: number, end: number, depth: number): boolean {
    this.#message = message
    this.#depth = depth
    this.index = -1
    this.count = 0
    if (at < 0) return false
    let last = at + 1
    while (last < end && message.depths[last] >= depth) last++
    this.from = at + 1
    this.to = at + 1
    this.#end = last
    if (last === at + 1) return false
    this.#firstTag = message.tags[at + 1]
    this.count = parseCount(message.bytes, message.valueStarts[at], message.valueEnds[at])
    return true
  }

  /** Goes on to the next entry; false behind the last one. */
  next(): boolean {
    const from = this.to
    if (from >= this.#end) return false
    const { tags, depths } = this.#messageOf()
    let to = from + 1
    while (to < this.#end && (tags[to] !== this.#firstTag || depths[to] !== this.#depth)) to++
    this.from = from
    this.to = to
    this.index++
    return true
  }

  /** Index in the message of the field of a tag in this entry, groups within it left out; -1 where there is none. */
  find(tag: number): number {
    const { tags, depths } = this.#messageOf()
    for (let index = this.from; index < this.to; index++)
      if (tags[index] === tag && depths[index] === this.#depth) return index
    return -1
  }

  /** As the method of {@link FixMessage} of this name, within this entry. */
  has(tag: number): boolean {
    return this.find(tag) >= 0
  }

  /** As the method of {@link FixMessage} of this name, within this entry. */
  string(tag: number): string | undefined {
    const index = this.find(tag)
    return index < 0 ? undefined : this.#messageOf().stringAt(index)
  }

  /** As the method of {@link FixMessage} of this name, within this entry. */
  int(tag: number): number {
    const index = this.find(tag)
    return index < 0 ? Number.NaN : this.#messageOf().intAt(index)
  }

  /** As the method of {@link FixMessage} of this name, within this entry. */
  double(tag: number): number {
    const index = this.find(tag)
    return index < 0 ? Number.NaN : this.#messageOf().doubleAt(index)
  }

  /** As the method of {@link FixMessage} of this name, within this entry. */
  units(tag: number, scale: number): number {
    const index = this.find(tag)
    return index < 0 ? Number.NaN : this.#messageOf().unitsAt(index, scale)
  }

  /** As the method of {@link FixMessage} of this name, within this entry. */
  char(tag: number): number {
    const index = this.find(tag)
    return index < 0 ? 0 : this.#messageOf().charAt(index)
  }

  /** As the method of {@link FixMessage} of this name, within this entry. */
  flag(tag: number): boolean {
    const index = this.find(tag)
    return index >= 0 && this.#messageOf().flagAt(index)
  }

  /** As the method of {@link FixMessage} of this name, within this entry. */
  timestampUs(tag: number): number {
    const index = this.find(tag)
    return index < 0 ? Number.NaN : this.#messageOf().timestampUsAt(index)
  }

  #messageOf(): FixMessage {
    if (this.#message === undefined) throw new TradewireError('TW_INVALID_STATE', 'Open the group before reading it')
    return this.#message
  }
}
