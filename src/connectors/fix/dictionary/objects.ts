/**
 * Messages as plain objects, fields and groups by their names: convenient where speed does not matter. The types are those of
 * `types/` (`Messages['D']` of FIX 4.4 and so on).
 *
 * Whole numbers are numbers, Y and N are booleans, data are bytes; everything else is text as on the wire, decimals and times
 * included. Length fields of data are left out when reading and come by themselves when writing.
 */
import { TradewireError } from '../../../core/errors.js'
import type { FixEncoder } from '../codec/encoder.js'
import type { FixMessage } from '../codec/message.js'
import type { FixFieldDefinition } from './definition.js'
import type { FixDictionary } from './dictionary.js'
import { FixForm, formOf } from './field-types.js'
import { type Scope, Section } from './scope.js'

/** A value of a field, or the entries of a group. */
export type FixValue = string | number | boolean | Uint8Array | readonly FixObject[]
/** Fields and groups by name. */
export interface FixObject {
  readonly [name: string]: FixValue | undefined
}

/**
 * The body of a message that a `FixValidator` has passed. Header and trailer are left out, and so are fields that the
 * dictionary does not give the message.
 *
 * @throws TradewireError `TW_INVALID_MODEL` for a message type that the dictionary lacks, or a value that is none of its type.
 */
export function readFixObject(message: FixMessage, dictionary: FixDictionary): FixObject {
  const scope = scopeOf(dictionary, message.msgType)
  const reader = { message, dictionary, lengthTags: lengthTagsOf(dictionary) }
  return readFields(reader, scope, 0, message.fieldCount, 0)
}

interface ObjectReader {
  readonly message: FixMessage
  readonly dictionary: FixDictionary
  readonly lengthTags: ReadonlySet<number>
}

function readFields(reader: ObjectReader, scope: Scope, from: number, to: number, depth: number): FixObject {
  const { message, dictionary, lengthTags } = reader
  const object: Record<string, FixValue> = {}
  for (let index = from; index < to; index++) {
    const tag = message.tags[index]
    if (message.depths[index] !== depth || lengthTags.has(tag)) continue
    const field = dictionary.field(tag)
    if (field === undefined || scope.sectionOf(tag) !== Section.body) continue
    const group = scope.groupOf(tag)
    object[field.name] =
      group === undefined ? readValue(reader, field, index) : readEntries(reader, group, index + 1, to, depth + 1)
  }
  return object
}

function readEntries(
  reader: ObjectReader,
  group: Scope,
  from: number,
  to: number,
  depth: number,
): readonly FixObject[] {
  const { tags, depths } = reader.message
  const entries: FixObject[] = []
  let start = from
  while (start < to && depths[start] >= depth) {
    let next = start + 1
    while (next < to && depths[next] >= depth && !(depths[next] === depth && tags[next] === group.firstTag)) next++
    entries.push(readFields(reader, group, start, next, depth))
    start = next
  }
  return entries
}

function readValue({ message, dictionary }: ObjectReader, field: FixFieldDefinition, index: number): FixValue {
  switch (formOf(field.type, dictionary.application.version)) {
    case FixForm.integer:
    case FixForm.count:
    case FixForm.dayOfMonth:
      return message.intAt(index)
    case FixForm.boolean:
      return message.flagAt(index)
    case FixForm.data:
      return message.bytes.slice(message.valueStarts[index], message.valueEnds[index])
    default:
      return message.stringAt(index)
  }
}

/**
 * Writes the fields of an object, in the order of the dictionary, into a message that `encoder.begin` has begun.
 *
 * @throws TradewireError `TW_INVALID_MODEL` for a name that the message does not have, or a value that does not fit its field.
 */
export function writeFixObject(
  encoder: FixEncoder,
  dictionary: FixDictionary,
  msgType: string,
  object: FixObject,
): void {
  writeFields(encoder, dictionary, scopeOf(dictionary, msgType), object, msgType)
}

function writeFields(
  encoder: FixEncoder,
  dictionary: FixDictionary,
  scope: Scope,
  object: FixObject,
  where: string,
): void {
  const tags = new Map<number, FixValue>()
  for (const [name, value] of Object.entries(object)) {
    if (value === undefined) continue
    const tag = dictionary.field(name)?.tag
    if (tag === undefined || scope.sectionOf(tag) !== Section.body) refuse(where, name, 'is no field of it')
    else tags.set(tag, value)
  }
  const lengthTags = lengthTagsOf(dictionary)
  for (const tag of scope.order) {
    const value = tags.get(tag)
    const field = dictionary.field(tag)
    if (value === undefined || field === undefined) continue
    if (lengthTags.has(tag)) refuse(where, field.name, 'is written by itself with its data')
    const group = scope.groupOf(tag)
    if (group === undefined) writeValue(encoder, dictionary, field, value, where)
    else if (!Array.isArray(value)) refuse(where, field.name, 'is a group and takes an array of entries')
    else {
      encoder.int(tag, value.length)
      for (const entry of value as readonly FixObject[]) {
        if (entry[dictionary.field(group.firstTag)?.name ?? ''] === undefined)
          refuse(where, field.name, `has an entry without its first field ${group.firstTag}`)
        writeFields(encoder, dictionary, group, entry, `${where} ${field.name}`)
      }
    }
  }
}

function writeValue(
  encoder: FixEncoder,
  dictionary: FixDictionary,
  { tag, name, type }: FixFieldDefinition,
  value: FixValue,
  where: string,
): void {
  const form = formOf(type, dictionary.application.version)
  const isNumber =
    form === FixForm.integer || form === FixForm.count || form === FixForm.decimal || form === FixForm.dayOfMonth
  if (form === FixForm.data && value instanceof Uint8Array) {
    const lengthTag = dictionary.dataTags.indexOf(tag)
    if (lengthTag < 0) refuse(where, name, 'is a data field without a length field')
    encoder.data(lengthTag, tag, value)
  } else if (form === FixForm.boolean && typeof value === 'boolean') encoder.flag(tag, value)
  else if (isNumber && typeof value === 'number') encoder.double(tag, value)
  else if (form !== FixForm.boolean && form !== FixForm.data && typeof value === 'string') encoder.string(tag, value)
  else refuse(where, name, `cannot take a ${typeof value}`)
}

function scopeOf(dictionary: FixDictionary, msgType: string): Scope {
  const scope = dictionary.scopeOfType(msgType)
  if (scope !== undefined) return scope
  const problem = `The dictionary ${dictionary.application.version} has no message ${msgType}`
  throw new TradewireError('TW_INVALID_MODEL', problem, { details: { msgType } })
}

/** Tags of the length fields that announce data fields of a dictionary. */
function lengthTagsOf(dictionary: FixDictionary): ReadonlySet<number> {
  const tags = new Set<number>()
  for (const [tag, data] of dictionary.dataTags.entries()) if (data !== 0 && dictionary.field(data)) tags.add(tag)
  return tags
}

function refuse(where: string, name: string, problem: string): never {
  throw new TradewireError('TW_INVALID_MODEL', `Field ${name} of message ${where} ${problem}`, {
    details: { where, name },
  })
}
