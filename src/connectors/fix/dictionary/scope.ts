/**
 * What a message, or an entry of a repeating group, may hold: a hash table from tags to everything that validation asks about
 * a field, so that one lookup a field is enough. Scopes of groups hang below the scope that holds the count field.
 *
 * Components are dissolved here: a field is required where it and every component on the way to it are.
 */
import { TradewireError } from '../../../core/errors.js'
import type { FixDictionaryDefinition, FixFieldDefinition, FixMember } from './definition.js'
import { FixForm, formOf } from './field-types.js'
import { Layouts } from './layout.js'
import type { ValueSets } from './value-sets.js'

/** The parts of a message, in the order in which they follow each other. */
export const Section = { header: 0, body: 1, trailer: 2 } as const
/** A part of a message. */
export type Section = (typeof Section)[keyof typeof Section]

/** Columns of a row of {@link Scope.table}. */
export const TAG = 0
/** Form, and the flags below. */
export const INFO = 1
/** Number of the value set, or of the child scope; -1 for neither. */
export const LINK = 2
/** Stamp of the message or entry in which the field was seen last. */
export const SEEN = 3
/** log2 of the numbers in a row. */
export const ROW_BITS = 2

/** Bits of the form. */
export const FORM_MASK = 15
/** The field is required. */
export const REQUIRED = 16
/** The field counts the entries of a group: LINK is its child scope. */
export const GROUP = 32
/** The field has a set of values: LINK is its number. */
export const VALUES = 64
/** Where the section lies. */
export const SECTION_SHIFT = 8

/** Deepest nesting of components and groups. */
const MAX_DEPTH = 32
const MULTIPLIER = 0x9e3779b1

/** A message or an entry of a group. */
export class Scope {
  /** Rows of four numbers: an open hash table; tag 0 marks a free row. */
  readonly table: Int32Array
  /** How far the hash of a tag is shifted to the right for the number of its row. */
  readonly shift: number
  /** Scopes of the groups in it. */
  readonly children: readonly Scope[]
  /** Tag of the first field of an entry; 0 for a message. */
  readonly firstTag: number
  /** Tags of required fields: header, trailer, body, each from the lowest. */
  readonly required: readonly number[]
  /** Layouts of valid messages of this scope. */
  readonly layouts = new Layouts()
  /** All tags in the order of the dictionary. */
  readonly order: readonly number[]

  constructor(rows: readonly ScopeRow[], children: readonly Scope[]) {
    this.children = children
    this.firstTag = rows[0]?.tag ?? 0
    let bits = 2
    while (2 ** bits < rows.length * 2) bits++
    this.table = new Int32Array(2 ** (bits + ROW_BITS))
    this.shift = 32 - bits
    for (const { tag, info, link } of rows) {
      const slot = freeSlot(this.table, this.shift, tag)
      this.table[slot + TAG] = tag
      this.table[slot + INFO] = info
      this.table[slot + LINK] = link
    }
    const rank = [Section.header, Section.trailer, Section.body]
    this.order = rows.map((row) => row.tag)
    this.required = rows
      .filter((row) => (row.info & REQUIRED) !== 0)
      .map((row) => ({ tag: row.tag, rank: rank.indexOf((row.info >> SECTION_SHIFT) as Section) }))
      .sort((a, b) => a.rank - b.rank || a.tag - b.tag)
      .map((row) => row.tag)
  }

  /** Where the row of a tag begins in {@link table}; -1 when the scope has no such field. */
  find(tag: number): number {
    return slotOf(this.table, this.shift, tag)
  }

  /** The scope of the group of a count tag; undefined when it counts none here. */
  groupOf(countTag: number): Scope | undefined {
    const slot = this.find(countTag)
    return slot >= 0 && (this.table[slot + INFO] & GROUP) !== 0 ? this.children[this.table[slot + LINK]] : undefined
  }

  /** The section of a tag; undefined when the scope has no such field. */
  sectionOf(tag: number): Section | undefined {
    const slot = this.find(tag)
    return slot < 0 ? undefined : (((this.table[slot + INFO] >> SECTION_SHIFT) & 3) as Section)
  }

  /** Forgets what was seen, here and below: stamps begin anew. */
  clearSeen(): void {
    for (let slot = SEEN; slot < this.table.length; slot += 4) this.table[slot] = 0
    for (const child of this.children) child.clearSeen()
  }
}

/** Where the row of a tag begins in the table of a scope; -1 when it has none. */
export function slotOf(table: Int32Array, shift: number, tag: number): number {
  const mask = table.length - 1
  let slot = (Math.imul(tag, MULTIPLIER) >>> shift) << ROW_BITS
  for (let found = table[slot]; found !== tag; found = table[slot]) {
    if (found === 0) return -1
    slot = (slot + 4) & mask
  }
  return tag > 0 ? slot : -1
}

function freeSlot(table: Int32Array, shift: number, tag: number): number {
  const mask = table.length - 1
  let slot = (Math.imul(tag, MULTIPLIER) >>> shift) << ROW_BITS
  while (table[slot] !== 0) slot = (slot + 4) & mask
  return slot
}

interface ScopeRow {
  readonly tag: number
  info: number
  readonly link: number
}

/** What scopes of a dictionary share. */
export interface ScopeSource {
  readonly definition: FixDictionaryDefinition
  readonly fieldsByName: ReadonlyMap<string, FixFieldDefinition>
  readonly valueSets: ValueSets
}

/** A run of members with the section they stand in, and the dictionary that defines their names. */
export interface ScopePart {
  readonly source: ScopeSource
  readonly members: readonly FixMember[]
  readonly section: Section
}

/** Builds the scope of a message. Where a tag comes twice, the first place counts, required if either is. */
export function buildScope(parts: readonly ScopePart[]): Scope {
  return new ScopeBuilder(0).build(parts)
}

class ScopeBuilder {
  readonly #rows = new Map<number, ScopeRow>()
  readonly #children: Scope[] = []
  readonly #depth: number

  constructor(depth: number) {
    this.#depth = depth
  }

  build(parts: readonly ScopePart[]): Scope {
    for (const { source, members, section } of parts) this.#add(source, members, section, true, this.#depth)
    return new Scope([...this.#rows.values()], this.#children)
  }

  #add(source: ScopeSource, members: readonly FixMember[], section: Section, required: boolean, depth: number): void {
    if (depth > MAX_DEPTH) {
      const problem = `Components and groups of ${source.definition.version} nest deeper than ${MAX_DEPTH}: one of them holds itself`
      throw new TradewireError('TW_INVALID_MODEL', problem, { details: { version: source.definition.version } })
    }
    for (const member of members) {
      const isRequired = required && member.required
      if (member.kind === 'component') {
        const inner = source.definition.components.get(member.name)
        if (inner === undefined) throw unknownName('component', member.name, source)
        this.#add(source, inner, section, isRequired, depth + 1)
        continue
      }
      const field = source.fieldsByName.get(member.name)
      if (field === undefined) throw unknownName('field', member.name, source)
      const known = this.#rows.get(field.tag)
      if (known !== undefined) {
        if (isRequired) known.info |= REQUIRED
        continue
      }
      const info =
        formOf(field.type, source.definition.version) | (section << SECTION_SHIFT) | (isRequired ? REQUIRED : 0)
      if (member.kind === 'group') this.#addGroup(source, field.tag, info, member.members, section, depth)
      else this.#addField(source, field, info)
    }
  }

  #addField(source: ScopeSource, { tag, values }: FixFieldDefinition, info: number): void {
    const hasValues = values !== undefined && tag !== MSG_TYPE
    const link = hasValues ? source.valueSets.add(values) : -1
    this.#rows.set(tag, { tag, info: hasValues ? info | VALUES : info, link })
  }

  #addGroup(
    source: ScopeSource,
    tag: number,
    info: number,
    members: readonly FixMember[],
    section: Section,
    depth: number,
  ): void {
    // The count is a count whatever early versions call its type.
    const counted = (info & ~FORM_MASK) | FixForm.count | GROUP
    const child = new ScopeBuilder(depth + 1).build([{ source, members, section }])
    if (child.firstTag === 0) {
      const problem = `Group ${tag} of ${source.definition.version} has no fields`
      throw new TradewireError('TW_INVALID_MODEL', problem, { details: { tag, version: source.definition.version } })
    }
    this.#rows.set(tag, { tag, info: counted, link: this.#children.length })
    this.#children.push(child)
  }
}

/** MsgType is checked against the messages, not against its own list of values. */
const MSG_TYPE = 35

function unknownName(kind: string, name: string, { definition }: ScopeSource): TradewireError {
  return new TradewireError(
    'TW_INVALID_MODEL',
    `The dictionary ${definition.version} names a ${kind} ${name} that it does not define`,
    {
      details: { version: definition.version, kind, name },
    },
  )
}
