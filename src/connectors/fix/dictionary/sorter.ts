/**
 * A message in the order of tags: header, body and trailer each from the lowest tag to the highest, entries of groups under
 * their count field with their members in the order of the dictionary. Peers that compare messages byte by byte, and acceptance
 * tests, want it; nothing else needs it, and it takes its time.
 */
import { TradewireError } from '../../../core/errors.js'
import type { FixEncoder } from '../codec/encoder.js'
import { GarbledReason, garbledText } from '../codec/garbled.js'
import { FixMessage } from '../codec/message.js'
import type { FixDictionary } from './dictionary.js'
import { type Scope, Section } from './scope.js'
import { FixValidator } from './validator.js'

/** BeginString, BodyLength, MsgType: the encoder's own. */
const firstFields = 3

/** Rewrites messages in the order of tags. */
export class FixSorter {
  readonly #message: FixMessage
  readonly #validator: FixValidator

  constructor(dictionary: FixDictionary) {
    this.#message = new FixMessage({ dataTags: dictionary.dataTags })
    this.#validator = new FixValidator(dictionary)
  }

  /**
   * Writes the message at `from` to `to` into another encoder, which is left ready to send. Fields that the dictionary does
   * not know go with the body.
   *
   * @throws TradewireError `TW_INVALID_ARGUMENT` when the bytes are no message.
   */
  sort(bytes: Uint8Array, from: number, to: number, target: FixEncoder): void {
    const message = this.#message
    const reason = message.read(bytes, from, to)
    if (reason !== GarbledReason.none)
      throw new TradewireError('TW_INVALID_ARGUMENT', `Not a FIX message: ${garbledText(reason)}`)
    this.#validator.validate(message)
    const { dictionary } = this.#validator
    const scope = dictionary.scopeOfType(message.msgType) ?? dictionary.bareScope
    target.begin(message.msgType)
    const fields = this.#fieldsAt(firstFields, message.fieldCount - 1, 0)
    const sectionOf = (index: number) => scope.sectionOf(message.tags[index]) ?? Section.body
    fields.sort((a, b) => sectionOf(a) - sectionOf(b) || this.#rankOf(a) - this.#rankOf(b))
    this.#write(fields, scope, 0, message.fieldCount - 1, target)
    target.end()
  }

  /** The tag that a field is sorted by: that of its length field for data, which has to follow it. */
  #rankOf(index: number): number {
    const { tags } = this.#message
    const before = index > 0 ? tags[index - 1] : 0
    return this.#validator.dictionary.dataTags[before] === tags[index] ? before + 0.5 : tags[index]
  }

  /** Indexes of the fields of a depth, in the order of the message. */
  #fieldsAt(from: number, to: number, depth: number): number[] {
    const indexes: number[] = []
    for (let index = from; index < to; index++) if (this.#message.depths[index] === depth) indexes.push(index)
    return indexes
  }

  /** Writes fields of a depth in the order given, groups of deeper fields after their count fields. */
  #write(fields: readonly number[], scope: Scope, depth: number, end: number, target: FixEncoder): void {
    const { bytes, tags, valueStarts, valueEnds } = this.#message
    for (const index of fields) {
      target.raw(tags[index], bytes, valueStarts[index], valueEnds[index])
      const group = scope.groupOf(tags[index])
      if (group !== undefined) this.#writeEntries(index + 1, group, depth + 1, end, target)
    }
  }

  #writeEntries(from: number, group: Scope, depth: number, end: number, target: FixEncoder): void {
    const { tags, depths } = this.#message
    let start = from
    while (start < end && depths[start] >= depth) {
      let next = start + 1
      while (next < end && depths[next] >= depth && !(depths[next] === depth && tags[next] === group.firstTag)) next++
      const fields = this.#fieldsAt(start, next, depth)
      const rank = new Map(group.order.map((tag, place) => [tag, place]))
      fields.sort((a, b) => (rank.get(tags[a]) ?? rank.size) - (rank.get(tags[b]) ?? rank.size))
      this.#write(fields, group, depth, next, target)
      start = next
    }
  }
}
