/**
 * Validation of a received message by a dictionary, in one pass over its fields and without allocation once the layouts of a
 * peer's messages are known. On the way the fields
 * of repeating groups are told apart from the others (`FixMessage.depths`).
 *
 * Where a message is wrong in several ways, what is reported is, in this order: sections out of order, an unknown MsgType,
 * a required field that is missing, and then the wrong field of the lowest tag: in the header, the trailer, the body, and last
 * inside of groups, where the first one counts. That is the order in which QuickFIX judges, and peers may depend on it.
 */
import { defaultLimits, type FixLimits } from '../codec/limits.js'
import type { FixMessage } from '../codec/message.js'
import { parseCount } from '../codec/numbers.js'
import type { FixDictionary } from './dictionary.js'
import { FixForm, formOf, hasForm, isDecimal } from './field-types.js'
import { type Layout, MAX_LAYOUT_FIELDS } from './layout.js'
import { RejectReason } from './reject-reason.js'
import {
  FORM_MASK,
  GROUP,
  INFO,
  LINK,
  REQUIRED,
  type Scope,
  SECTION_SHIFT,
  SEEN,
  Section,
  slotOf,
  VALUES,
} from './scope.js'
import { hasSingle } from './value-sets.js'

/** What is checked; everything unless switched off. */
export interface FixValidation {
  /** Header, body and trailer follow each other. */
  readonly sectionOrder?: boolean
  /** Fields have a value. */
  readonly emptyFields?: boolean
  /** Tags from 5000 on are in the dictionary. Off: unknown ones are let through. */
  readonly userDefinedFields?: boolean
  /** Fields are those that the dictionary gives the message. Off: others are let through, known or not. */
  readonly messageFields?: boolean
  /** Fields that have a list of values have one of them. */
  readonly values?: boolean
  /** Required fields are there. */
  readonly requiredFields?: boolean
  /** Bounds of repeating groups. */
  readonly limits?: Partial<FixLimits>
}

/** From here on tags are agreed between two parties. */
/** Stamp of a group that no entry has begun of. */
const NO_ENTRY = 0
/** Bits that are set unless any value will do: form (text is 0) and list of values. */
const PLAIN_MASK = FORM_MASK | VALUES
const FIRST_USER_DEFINED = 5_000
/** Deepest nesting of groups: that of the deepest scope. */
const MAX_GROUP_DEPTH = 34

/** Checks messages against a dictionary. Not shared between calls that interleave; many may share a dictionary. */
export class FixValidator {
  readonly dictionary: FixDictionary
  /** What was wrong with the last message. */
  reason: RejectReason = RejectReason.none
  /** The tag it was about (371); undefined where none. */
  refTag: number | undefined

  readonly #sectionOrder: boolean
  readonly #emptyFields: boolean
  readonly #userDefinedFields: boolean
  readonly #messageFields: boolean
  readonly #values: boolean
  readonly #requiredFields: boolean
  readonly #maxGroupEntries: number

  /** The scopes that the current field lies in, from the message inwards, and what is known of each. */
  readonly #scopes: Scope[] = []
  readonly #stamps = new Int32Array(MAX_GROUP_DEPTH)
  readonly #requiredSeen = new Int32Array(MAX_GROUP_DEPTH)
  readonly #countTags = new Int32Array(MAX_GROUP_DEPTH)
  readonly #declared = new Int32Array(MAX_GROUP_DEPTH)
  readonly #entries = new Int32Array(MAX_GROUP_DEPTH)
  #depth = 0
  /** What the walk found of each field, for the layout; and whether the message has a layout that is worth keeping. */
  readonly #infos = new Int32Array(MAX_LAYOUT_FIELDS)
  readonly #links = new Int32Array(MAX_LAYOUT_FIELDS)
  #isLearnable = false

  #orderTag = 0
  #missingTag = 0
  #fieldReason: RejectReason = RejectReason.none
  #fieldTag = 0
  /** Where the wrong field stands in the order of judgement; infinite while none is. */
  #fieldRank = Number.POSITIVE_INFINITY

  constructor(dictionary: FixDictionary, validation: FixValidation = {}) {
    this.dictionary = dictionary
    this.#sectionOrder = validation.sectionOrder ?? true
    this.#emptyFields = validation.emptyFields ?? true
    this.#userDefinedFields = validation.userDefinedFields ?? true
    this.#messageFields = validation.messageFields ?? true
    this.#values = validation.values ?? true
    this.#requiredFields = validation.requiredFields ?? true
    this.#maxGroupEntries = { ...defaultLimits, ...validation.limits }.maxGroupEntries
  }

  /** Checks a message and marks its groups, whatever is wrong with it. Returns what is wrong; {@link refTag} says where. */
  validate(message: FixMessage): RejectReason {
    const { dictionary } = this
    const scope = dictionary.scope(message.msgTypeCode) ?? dictionary.scopeOfType(message.msgType)
    const layout = scope?.layouts.candidate(message)
    if (layout !== undefined && this.#fits(message, layout)) {
      this.refTag = undefined
      this.reason = RejectReason.none
      return RejectReason.none
    }
    this.#depth = 0
    this.#isLearnable = scope !== undefined && message.fieldCount <= MAX_LAYOUT_FIELDS
    this.#scopes[0] = scope ?? dictionary.bareScope
    this.#stamps[0] = dictionary.nextStamp()
    this.#requiredSeen[0] = 0
    this.#orderTag = 0
    this.#missingTag = 0
    this.#fieldReason = RejectReason.none
    this.#fieldRank = Number.POSITIVE_INFINITY
    this.#walk(message)
    while (this.#depth > 0) this.#closeGroup()
    this.#checkRequired(0)
    if (this.#isLearnable && this.#orderTag === 0 && this.#missingTag === 0 && this.#fieldReason === RejectReason.none)
      scope?.layouts.learn(message, this.#infos, this.#links)
    return this.#conclude(scope !== undefined)
  }

  /** Whether a message has exactly a layout that was found valid, and values that may stand there. Marks its groups. */
  #fits(message: FixMessage, layout: Layout): boolean {
    const { tags, valueStarts, valueEnds, depths, fieldCount, bytes } = message
    const { tags: expected, infos, links, depths: known } = layout
    const singles = this.dictionary.valueSets.singles
    const checksValues = this.#values ? VALUES : 0
    for (let index = 0; index < fieldCount; index++) {
      if (tags[index] !== expected[index]) return false
      depths[index] = known[index]
      const info = infos[index]
      const from = valueStarts[index]
      const to = valueEnds[index]
      if (from === to) return false
      if ((info & PLAIN_MASK) === 0) continue
      if (to - from === 1 && (info & checksValues) !== 0) {
        if (!hasSingle(singles, links[index], bytes[from])) return false
      } else if ((info & PLAIN_MASK) === FixForm.decimal) {
        if (!isDecimal(bytes, from, to)) return false
      } else if ((info & GROUP) !== 0) {
        if (links[index] > this.#maxGroupEntries || parseCount(bytes, from, to) !== links[index]) return false
      } else if (!this.#isAllowed(info, links[index], bytes, from, to)) return false
    }
    layout.misses = 0
    return true
  }

  #conclude(isKnown: boolean): RejectReason {
    this.reason = RejectReason.none
    this.refTag = undefined
    if (this.#orderTag !== 0 && this.#sectionOrder) {
      this.reason = RejectReason.tagOutOfOrder
      this.refTag = this.#orderTag
    } else if (!isKnown) this.reason = RejectReason.invalidMsgType
    else if (this.#missingTag !== 0 && this.#requiredFields) {
      this.reason = RejectReason.requiredTagMissing
      this.refTag = this.#missingTag
    } else if (this.#fieldReason !== RejectReason.none) {
      this.reason = this.#fieldReason
      this.refTag = this.#fieldTag
    }
    return this.reason
  }

  /**
   * One pass over the fields. The scope that fields are looked up in is kept in local variables and taken anew where groups
   * begin, go on or end; everything else about groups is in the methods below.
   */
  #walk(message: FixMessage): void {
    const { tags, valueStarts, valueEnds, depths, fieldCount, bytes } = message
    const singles = this.dictionary.valueSets.singles
    const checksValues = this.#values ? VALUES : 0
    let depth = 0
    let { table, shift, firstTag } = this.#scopes[0]
    let stamp = this.#stamps[0]
    let section: number = Section.header
    for (let index = 0; index < fieldCount; index++) {
      const tag = tags[index]
      let slot = slotOf(table, shift, tag)
      if (depth > 0 && (slot < 0 || tag === firstTag || table[slot + SEEN] === stamp || stamp === NO_ENTRY)) {
        slot = this.#place(tag)
        depth = this.#depth
        ;({ table, shift, firstTag } = this.#scopes[depth])
        stamp = this.#stamps[depth]
      }
      if (slot < 0) {
        depths[index] = this.#unknown(message, index)
        if (section === Section.header) section = Section.body
        continue
      }
      depths[index] = depth
      const info = table[slot + INFO]
      if (index < MAX_LAYOUT_FIELDS) {
        this.#infos[index] = info
        this.#links[index] = table[slot + LINK]
      }
      if (info >> SECTION_SHIFT !== section) {
        if (info >> SECTION_SHIFT > section) section = info >> SECTION_SHIFT
        else if (this.#orderTag === 0) this.#orderTag = tag
      }
      if (table[slot + SEEN] === stamp) this.#wrong(RejectReason.tagAppearsMoreThanOnce, tag)
      else if ((info & REQUIRED) !== 0) this.#requiredSeen[depth]++
      table[slot + SEEN] = stamp
      const from = valueStarts[index]
      const to = valueEnds[index]
      if (to - from === 1 && (info & checksValues) !== 0) {
        if (!hasSingle(singles, table[slot + LINK], bytes[from])) this.#notAllowed(info, tag, bytes, from, to)
      } else if ((info & PLAIN_MASK) === FixForm.decimal) {
        if (!isDecimal(bytes, from, to)) this.#notAllowed(info, tag, bytes, from, to)
      } else if ((info & PLAIN_MASK) !== 0 || from === to)
        this.#checkValue(info, table[slot + LINK], tag, bytes, from, to)
      if ((info & GROUP) !== 0) {
        this.#openGroup(message, index, this.#scopes[depth].children[table[slot + LINK]])
        depth = this.#depth
        ;({ table, shift, firstTag } = this.#scopes[depth])
        stamp = NO_ENTRY
      }
    }
  }

  /**
   * Where a tag stands while groups are open: in the innermost one if it may, as the begin of an entry or a part of it; else
   * the groups end that it does not belong to. -1 when it belongs nowhere; groups then stay open.
   */
  #place(tag: number): number {
    for (;;) {
      const depth = this.#depth
      const scope = this.#scopes[depth]
      const slot = scope.find(tag)
      if (depth === 0) return slot
      if (slot < 0) {
        if (!this.#isOutside(tag, false)) return -1
      } else if (tag === scope.firstTag) {
        this.#beginEntry()
        return slot
      } else if (this.#entries[depth] === 0) {
        this.#wrong(RejectReason.groupFieldsOutOfOrder, tag)
        this.#beginEntry()
        return slot
      } else if (scope.table[slot + SEEN] !== this.#stamps[depth] || !this.#isOutside(tag, true)) return slot
      this.#closeGroup()
    }
  }

  /** Whether a scope around the innermost group may hold a tag; `isRepeated` asks for one that does not hold it yet. */
  #isOutside(tag: number, isRepeated: boolean): boolean {
    for (let depth = this.#depth - 1; depth >= 0; depth--) {
      const scope = this.#scopes[depth]
      const slot = scope.find(tag)
      if (slot < 0) continue
      if (!isRepeated || tag === scope.firstTag || scope.table[slot + SEEN] !== this.#stamps[depth]) return true
    }
    return false
  }

  #beginEntry(): void {
    const depth = this.#depth
    if (this.#entries[depth] > 0) this.#checkRequired(depth)
    this.#entries[depth]++
    this.#stamps[depth] = this.dictionary.nextStamp()
    this.#requiredSeen[depth] = 0
  }

  #openGroup({ bytes, valueStarts, valueEnds, tags }: FixMessage, index: number, child: Scope): void {
    const declared = parseCount(bytes, valueStarts[index], valueEnds[index])
    if (index < MAX_LAYOUT_FIELDS) this.#links[index] = declared
    if (declared > this.#maxGroupEntries) this.#wrong(RejectReason.incorrectNumInGroup, tags[index])
    const depth = ++this.#depth
    this.#scopes[depth] = child
    this.#declared[depth] = declared
    this.#countTags[depth] = tags[index]
    this.#entries[depth] = 0
    this.#stamps[depth] = NO_ENTRY
  }

  #closeGroup(): void {
    const depth = this.#depth
    if (this.#entries[depth] > 0) this.#checkRequired(depth)
    if (this.#entries[depth] !== this.#declared[depth])
      this.#wrong(RejectReason.incorrectNumInGroup, this.#countTags[depth], depth - 1)
    this.#depth = depth - 1
  }

  /** Notes the first required field that the scope at a depth lacks. One missing outside of groups goes before those inside. */
  #checkRequired(depth: number): void {
    const { required, table } = this.#scopes[depth]
    if (this.#requiredSeen[depth] === required.length) return
    if (depth > 0 && this.#missingTag !== 0) return
    const scope = this.#scopes[depth]
    const missing = required.find((tag) => table[scope.find(tag) + SEEN] !== this.#stamps[depth])
    if (missing !== undefined) this.#missingTag = missing
  }

  /** Everything about a value that the walk over the fields does not check itself. */
  #checkValue(info: number, link: number, tag: number, bytes: Uint8Array, from: number, to: number): void {
    if (from === to || !this.#isAllowed(info, link, bytes, from, to)) this.#notAllowed(info, tag, bytes, from, to)
  }

  /** Whether a value that is not empty is one of the list of its field, or has its form where there is no list. */
  #isAllowed(info: number, link: number, bytes: Uint8Array, from: number, to: number): boolean {
    const form = (info & FORM_MASK) as FixForm
    if (!this.#values || (info & VALUES) === 0) return hasForm(form, bytes, from, to)
    const sets = this.dictionary.valueSets
    return form === FixForm.values ? sets.hasAll(link, bytes, from, to) : sets.has(link, bytes, from, to)
  }

  /** A value that may not stand there: notes what is wrong with it, if anything is. */
  #notAllowed(info: number, tag: number, bytes: Uint8Array, from: number, to: number): void {
    if (from === to && this.#emptyFields) this.#wrong(RejectReason.tagWithoutValue, tag)
    else if (!hasForm((info & FORM_MASK) as FixForm, bytes, from, to))
      this.#wrong(RejectReason.incorrectDataFormat, tag)
    else if (from < to) this.#wrong(RejectReason.valueOutOfRange, tag)
  }

  /** Judges a field that the message does not have, and returns its depth: that of the next field which is known. */
  #unknown(message: FixMessage, index: number): number {
    const { tags, fieldCount } = message
    this.#isLearnable = false
    this.#judgeUnknown(message, index, tags[index])
    for (let next = index + 1; next < fieldCount; next++)
      for (let depth = this.#depth; depth >= 0; depth--) if (this.#scopes[depth].find(tags[next]) >= 0) return depth
    return 0
  }

  /** Its value comes first, as far as the dictionary knows the field, and then whether it may be there at all. */
  #judgeUnknown(message: FixMessage, index: number, tag: number): void {
    if (this.#rankOf(tag, this.#depth) >= this.#fieldRank) return
    const { dictionary } = this
    const field = dictionary.fieldFor(tag, message.msgType)
    const isUserDefined = field === undefined && tag >= FIRST_USER_DEFINED
    if (tag > 0 && !(isUserDefined ? this.#userDefinedFields : this.#messageFields)) return
    const from = message.valueStarts[index]
    const to = message.valueEnds[index]
    if (from === to && this.#emptyFields) this.#wrong(RejectReason.tagWithoutValue, tag)
    else if (field === undefined) this.#wrong(RejectReason.invalidTagNumber, tag)
    else if (!hasForm(formOf(field.type, dictionary.application.version), message.bytes, from, to))
      this.#wrong(RejectReason.incorrectDataFormat, tag)
    else if (this.#values && field.values !== undefined && !field.values.includes(message.stringAt(index)))
      this.#wrong(RejectReason.valueOutOfRange, tag)
    else this.#wrong(RejectReason.tagNotDefinedForMessage, tag)
  }

  /** Notes what is wrong with a field at a depth, unless something that goes before it is. */
  #wrong(reason: RejectReason, tag: number, depth: number = this.#depth): void {
    const rank = this.#rankOf(tag, depth)
    if (rank >= this.#fieldRank) return
    this.#fieldRank = rank
    this.#fieldReason = reason
    this.#fieldTag = tag
  }

  #rankOf(tag: number, depth: number): number {
    if (depth > 0) return IN_GROUP_RANK
    const section = this.#scopes[0].sectionOf(tag) ?? (laterHeaderTags.has(tag) ? Section.header : Section.body)
    return sectionRanks[section] * SECTION_RANK + tag
  }
}

/** Ranks of sections lie further apart than tags. */
const SECTION_RANK = 2 ** 32
const IN_GROUP_RANK = 4 * SECTION_RANK
/** Header fields that came in after FIX 4.0: in the header also where the version does not know them. */
const laterHeaderTags: ReadonlySet<number> = new Set([
  142, 143, 144, 145, 212, 213, 347, 369, 370, 627, 628, 629, 630, 1128, 1129,
])
const sectionRanks = { [Section.header]: 0, [Section.trailer]: 1, [Section.body]: 2 } as const
