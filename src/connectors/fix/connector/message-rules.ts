/**
 * What the messages of one version may hold, as questions that a writer of messages asks: which fields a type has, which it
 * needs, which values a field may have. All differences between versions that are differences of fields come from here.
 */
import type { FixDictionary } from '../dictionary/dictionary.js'
import { Section } from '../dictionary/scope.js'

const noTags: ReadonlySet<number> = new Set()

/** Answers for one dictionary. May be shared. */
export class MessageRules {
  readonly dictionary: FixDictionary
  readonly #bodies = new Map<string, ReadonlySet<number>>()
  readonly #required = new Map<string, ReadonlySet<number>>()
  readonly #entries = new Map<string, ReadonlyMap<number, number>>()

  constructor(dictionary: FixDictionary) {
    this.dictionary = dictionary
  }

  /** Version of the application messages, e.g. `FIX.4.4`. */
  get version(): string {
    return this.dictionary.application.version
  }

  /** Whether executions are corrected and busted by ExecTransType (20): FIX 4.0 to 4.2. */
  get hasTransactionTypes(): boolean {
    return this.fieldsOf('8').has(20)
  }

  has(msgType: string): boolean {
    return this.dictionary.message(msgType) !== undefined
  }

  /** Tags that the body of a type may hold outside of groups. */
  fieldsOf(msgType: string): ReadonlySet<number> {
    let tags = this.#bodies.get(msgType)
    if (tags === undefined) {
      const scope = this.dictionary.scopeOfType(msgType)
      tags = scope === undefined ? noTags : new Set(scope.order.filter((tag) => scope.sectionOf(tag) === Section.body))
      this.#bodies.set(msgType, tags)
    }
    return tags
  }

  allows(msgType: string, tag: number): boolean {
    return this.fieldsOf(msgType).has(tag)
  }

  requires(msgType: string, tag: number): boolean {
    let tags = this.#required.get(msgType)
    if (tags === undefined) {
      tags = new Set(this.dictionary.scopeOfType(msgType)?.required)
      this.#required.set(msgType, tags)
    }
    return tags.has(tag)
  }

  /** Whether a field may have a value, and exists at all. */
  allowsValue(tag: number, value: string): boolean {
    return this.dictionary.allows(tag, value)
  }

  /** The places of tags within an entry of a group; undefined when the type has no such group. */
  entryOrder(msgType: string, countTag: number): ReadonlyMap<number, number> | undefined {
    const key = `${msgType}:${countTag}`
    let places = this.#entries.get(key)
    if (places === undefined) {
      const group = this.dictionary.scopeOfType(msgType)?.groupOf(countTag)
      if (group === undefined) return undefined
      places = new Map(group.order.map((tag, place) => [tag, place]))
      this.#entries.set(key, places)
    }
    return places
  }
}
