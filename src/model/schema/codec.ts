/**
 * Building blocks of model schemas. A codec says once, for both directions, how a value looks in JSON: decimals as text,
 * times and sequences as integers. `schema` reads untrusted JSON, `toJson` writes what `schema` reads.
 *
 * `toJson` never throws: a value of the wrong type is passed on as it is, so that the schema, which checks everything that
 * is written too, refuses it and names its field.
 */
import * as v from 'valibot'
import { type Decimal, type DecimalInput, isPlainDecimal, numberToText, textToNumber, toDecimal } from '../decimal.js'
import { MAX_DECIMAL_LENGTH } from '../limits.js'
import { isPlainObject } from './json.js'
import { expected, type Schema, show, showType } from './parse.js'
import { unknownField } from './unknown-field.js'

/** How a value looks in JSON. */
export interface Codec<Value> {
  readonly schema: Schema<Value>
  readonly toJson: (value: Value) => unknown
}

/** The codec of a field that may be absent. */
export interface OptionalCodec<Value> extends Codec<Value> {
  readonly isOptional: true
}

/** One codec for each field of a model, and none else. */
export type Fields<Model> = {
  readonly [Name in keyof Model]-?: Record<never, never> extends Pick<Model, Name>
    ? OptionalCodec<Exclude<Model[Name], undefined>>
    : Codec<Model[Name]>
}

const asItIs = (value: unknown): unknown => value

/** A field that may be absent. Present but undefined counts as absent only when writing. */
export function optional<Value>(codec: Codec<Value>): OptionalCodec<Value> {
  return { ...codec, isOptional: true }
}

/** Text without control characters, of a length between `min` and `max`. */
export function text<Value extends string = string>(max: number, min = 1): Codec<Value> {
  const what = min === 0 ? `text of at most ${max} characters` : `text of ${min} to ${max} characters`
  const schema = v.pipe(
    v.string(expected('text')),
    v.check((value) => value.length >= min && value.length <= max, lengthMessage(what)),
    v.check((value) => !hasControlCharacter(value), 'must not contain control characters'),
  )
  return { schema: schema as unknown as Schema<Value>, toJson: asItIs }
}

/** Text of several lines: anything of at most `max` characters. */
export function longText(max: number): Codec<string> {
  const check = v.check<string, ReturnType<typeof lengthMessage>>(
    (value) => value.length <= max,
    lengthMessage(`text of at most ${max} characters`),
  )
  return { schema: v.pipe(v.string(expected('text')), check), toJson: asItIs }
}

function lengthMessage(what: string): (issue: v.BaseIssue<unknown>) => string {
  return (issue) => `must be ${what}, got ${(issue.input as string).length}`
}

function hasControlCharacter(value: string): boolean {
  for (let i = 0; i < value.length; i++) {
    const code = value.charCodeAt(i)
    if (code < 32 || code === 127) return true
  }
  return false
}

/** One of a list of words. */
export function oneOf<const Word extends string>(words: readonly Word[]): Codec<Word> {
  const what = words.length === 1 ? `"${words[0]}"` : `one of ${words.map((word) => `"${word}"`).join(', ')}`
  return { schema: v.picklist(words, expected(what)), toJson: asItIs }
}

/** True or false. */
export const flag: Codec<boolean> = { schema: v.boolean(expected('true or false')), toJson: asItIs }

/** A safe integer within bounds. */
export function integer(min = -Number.MAX_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER): Codec<number> {
  const bounds =
    max < Number.MAX_SAFE_INTEGER ? ` from ${min} to ${max}` : min > -Number.MAX_SAFE_INTEGER ? ` from ${min}` : ''
  const message = expected(`a whole number${bounds}`)
  return {
    schema: v.pipe(
      v.number(message),
      v.check((value) => Number.isSafeInteger(value) && value >= min && value <= max, message),
      v.transform(unsignedZero),
    ),
    toJson: unsignedZero,
  }
}

const unsignedZero = (value: number): number => (value === 0 ? 0 : value)

/** Unix epoch microseconds. */
export const timeUs: Codec<number> = integer()

/** Bounds of a decimal field. */
export interface DecimalBounds {
  min?: number
  max?: number
  /** Excludes `min` itself. */
  isAbove?: boolean
}

function boundsText({ min, max, isAbove }: DecimalBounds): string {
  const lower = min === undefined ? '' : isAbove ? ` above ${min}` : ` of at least ${min}`
  return max === undefined ? lower : `${lower}${lower === '' ? '' : ' and'} at most ${max}`
}

function decimalTextSchema(message: (issue: v.BaseIssue<unknown>) => string, bounds: DecimalBounds) {
  return v.pipe(
    v.string(message),
    v.check(
      (value) => value.length <= MAX_DECIMAL_LENGTH && isPlainDecimal(value) && isDecimalWithin(value, bounds),
      message,
    ),
  )
}

/** A double, as its shortest decimal text. Text with more digits than a double carries is refused, not rounded. */
export function double(bounds: DecimalBounds = {}): Codec<number> {
  const message = expected(`a decimal number as text${boundsText(bounds)}`)
  const schema = v.pipe(
    decimalTextSchema(message, bounds),
    v.rawTransform<string, number>(({ dataset, addIssue, NEVER }) => {
      const value = textToNumber(dataset.value)
      if (value !== undefined) return value
      addIssue({ message: `must have no more digits than a double carries, got ${show(dataset.value)}` })
      return NEVER
    }),
  )
  return { schema, toJson: (value) => (Number.isFinite(value) ? numberToText(value) : value) }
}

/** A Decimal, as plain text. */
export function decimal(bounds: DecimalBounds = {}): Codec<Decimal> {
  return {
    schema: v.pipe(
      boundedDecimalText(bounds),
      v.transform((value) => toDecimal(value)),
    ),
    toJson: anyDecimalToText,
  }
}

/** An amount as text, number or Decimal; as plain text in JSON, and left as text when read. */
export function amount(bounds: DecimalBounds = {}): Codec<DecimalInput> {
  return { schema: boundedDecimalText(bounds), toJson: anyDecimalToText }
}

/** Decimal text that stays text on both sides. */
export function decimalText(bounds: DecimalBounds = {}): Codec<string> {
  return { schema: boundedDecimalText(bounds), toJson: asItIs }
}

function boundedDecimalText(bounds: DecimalBounds) {
  return decimalTextSchema(expected(`a decimal number as text${boundsText(bounds)}`), bounds)
}

function isDecimalWithin(value: string, { min, max, isAbove }: DecimalBounds): boolean {
  if (min === undefined && max === undefined) return true
  const exact = toDecimal(value)
  if (min !== undefined && !(isAbove ? exact.gt(min) : exact.gte(min))) return false
  return max === undefined || exact.lte(max)
}

function anyDecimalToText(value: DecimalInput): unknown {
  if (typeof value === 'string') return value
  try {
    return typeof value === 'number' ? numberToText(value) : toDecimal(value).toFixed()
  } catch {
    return String(value)
  }
}

/** A calendar day as `YYYY-MM-DD`. */
export const day: Codec<string> = {
  schema: v.pipe(
    v.string(expected('a day as YYYY-MM-DD')),
    v.check((value) => isDay(value), expected('a day as YYYY-MM-DD')),
  ),
  toJson: asItIs,
}

const daysInMonth: readonly number[] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

function isDay(value: string): boolean {
  const parts = /^(\d{4})-(\d{2})-(\d{2})$/.exec(value)
  if (parts === null) return false
  const [year, month, dayOfMonth] = [Number(parts[1]), Number(parts[2]), Number(parts[3])]
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
  const last = month === 2 && isLeap ? 29 : (daysInMonth[month - 1] ?? 0)
  return dayOfMonth >= 1 && dayOfMonth <= last
}

/** A list of at most `max` items. */
export function list<Item>(item: Codec<Item>, max: number): Codec<Item[]> {
  const schema = v.pipe(
    v.array(item.schema, expected('a list')),
    v.maxLength(max, (issue) => `must have at most ${max} entries, got ${issue.received}`),
  )
  return { schema, toJson: (items) => (Array.isArray(items) ? items.map(item.toJson) : items) }
}

/** Values by free names, at most `max`. */
export function map<Value>(value: Codec<Value>, max: number): Codec<Record<string, Value>> {
  const name = text(128).schema as v.GenericSchema<string, string>
  const schema = v.pipe(
    plainObject,
    v.record(name, value.schema),
    v.check((entries) => Object.keys(entries).length <= max, `must have at most ${max} entries`),
  )
  return {
    schema: schema as unknown as Schema<Record<string, Value>>,
    toJson: (entries) => mapFields(entries, (_, entry) => value.toJson(entry as Value)),
  }
}

/** A rule over several fields of a model. */
export interface CrossFieldRule<Model> {
  /** The field that the error names. */
  field: keyof Model & string
  problem: string
  holds: (model: Model) => boolean
}

/** An object with exactly these fields. */
export function record<Model extends object>(
  fields: Fields<Model>,
  rules: readonly CrossFieldRule<Model>[] = [],
): Codec<Model> {
  const codecs = new Map(Object.entries(fields) as [string, Codec<unknown> & { isOptional?: true }][])
  const entries = Object.fromEntries(
    [...codecs].map(([name, { schema, isOptional }]) => [name, isOptional ? v.exactOptional(schema) : schema]),
  )
  const object = strictObject(entries)
  const schema =
    rules.length === 0
      ? object
      : v.pipe(object as v.GenericSchema<object>, crossFieldCheck(rules as readonly CrossFieldRule<never>[]))
  return {
    schema: schema as unknown as Schema<Model>,
    toJson: (model) => mapFields(model, (name, value) => codecs.get(name)?.toJson(value) ?? value),
  }
}

function crossFieldCheck(rules: readonly CrossFieldRule<never>[]) {
  return v.rawCheck<object>(({ dataset, addIssue }) => {
    if (!dataset.typed || dataset.issues !== undefined) return
    const input = dataset.value as never
    for (const { field: key, problem, holds } of rules) {
      if (!holds(input)) {
        addIssue({ message: problem, path: [{ type: 'object', origin: 'value', input, key, value: input[key] }] })
      }
    }
  })
}

/** An object with exactly these entries, whose errors say what is missing, unknown, or probably meant. */
export function strictObject<Entries extends v.ObjectEntries>(entries: Entries) {
  const names = Object.keys(entries)
  return v.pipe(
    plainObject,
    v.strictObject(entries, (issue) =>
      issue.expected === 'never' ? unknownField(String(issue.path?.at(-1)?.key), names) : 'is missing',
    ),
  )
}

/** Any plain object: lists are objects too in JavaScript, but never a model. */
const plainObject = v.custom<object>(isPlainObject, (issue) => `must be an object, got ${showType(issue.input)}`)

function mapFields(object: object, convert: (name: string, value: unknown) => unknown): unknown {
  if (!isPlainObject(object)) return object
  const json: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(object)) {
    if (value === undefined) continue
    Object.defineProperty(json, name, {
      value: convert(name, value),
      enumerable: true,
      configurable: true,
      writable: true,
    })
  }
  return json
}
