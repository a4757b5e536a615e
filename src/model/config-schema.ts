/**
 * Schemas for configuration: plain JSON data, checked at once and as a whole, so that one start tells all mistakes. An
 * unknown option is an error that lists the known ones and says which was probably meant.
 *
 * Numbers are numbers here, unlike in the JSON of models: people write configuration. Money is decimal text or a number
 * and stays exact. Bounds are named in the message.
 */
import * as v from 'valibot'
import type { TradewireError } from '../core/errors.js'
import { isPlainDecimal, numberToText, toDecimal } from './decimal.js'
import { MAX_DECIMAL_LENGTH } from './limits.js'
import { strictObject } from './schema/codec.js'
import { isPlainObject } from './schema/json.js'
import { checkInput, expected, faultError, type Schema, show, showType } from './schema/parse.js'

export type { Schema, SchemaValue } from './schema/parse.js'

/** The longest time that an option may ask for: about 24 days, what timers can wait. */
export const MAX_DURATION_MS = 2_000_000_000

/**
 * Configuration as a value of its schema, defaults filled in.
 *
 * @throws TradewireError `TW_INVALID_CONFIG`; `details.field` is the path of the first bad option, `details.faults` lists
 * them all. Values of secrets are never shown.
 */
export function parseConfig<Value>(schema: Schema<Value>, input: unknown, what: string): Value {
  const result = checkInput(schema, input)
  if ('value' in result) return result.value
  throw faultError('TW_INVALID_CONFIG', what, result.faults) satisfies TradewireError
}

/** Options by name, and no others. */
export function options<const Entries extends v.ObjectEntries>(entries: Entries) {
  return strictObject(entries)
}

/** An option that may be left out (or be undefined): its value is then `value`. */
export function withDefault<const S extends v.GenericSchema>(schema: S, value: v.InferInput<S>) {
  return v.optional(schema, value as never)
}

/** An option that may be left out, and is then absent. */
export function optional<const S extends v.GenericSchema>(schema: S) {
  return v.exactOptional(schema)
}

/** A whole number within bounds. */
export function wholeNumber(min: number, max = Number.MAX_SAFE_INTEGER) {
  const message = expected(`a whole number ${bounds(min, max, Number.MAX_SAFE_INTEGER)}`)
  return v.pipe(
    v.number(message),
    v.check((value) => Number.isSafeInteger(value) && value >= min && value <= max, message),
  )
}

/** A whole number from 1. */
export function positiveInteger(max = Number.MAX_SAFE_INTEGER) {
  return wholeNumber(1, max)
}

/** A finite number within bounds. */
export function realNumber(min: number, max: number) {
  const message = expected(`a number ${bounds(min, max, Number.POSITIVE_INFINITY)}`)
  return v.pipe(
    v.number(message),
    v.check((value) => Number.isFinite(value) && value >= min && value <= max, message),
  )
}

/** A share of something, from 0 to 1: 0.05 is 5 %. */
export function fraction() {
  return realNumber(0, 1)
}

/** A time span in milliseconds, above 0 unless `min` says otherwise. */
export function durationMs(min = Number.MIN_VALUE, max = MAX_DURATION_MS) {
  const lower = min === Number.MIN_VALUE ? 'above 0' : `of at least ${min}`
  const message = expected(`a number of milliseconds ${lower} and at most ${max}`)
  return v.pipe(
    v.number(message),
    v.check((value) => value >= min && value <= max, message),
  )
}

/** An amount as decimal text or as a number; comes out as plain decimal text. */
export function amount(limits: { min?: string; max?: string } = {}) {
  const { min, max } = limits
  const lower = min === undefined ? '' : ` of at least ${min}`
  const message = expected(
    `a decimal number${lower}${max === undefined ? '' : `${lower === '' ? '' : ' and'} at most ${max}`}`,
  )
  return v.pipe(
    v.custom<string | number>((value) => isAmount(value), message),
    v.transform((value) => (typeof value === 'number' ? numberToText(value === 0 ? 0 : value) : value)),
    v.check((value) => {
      const exact = toDecimal(value)
      return (min === undefined || exact.gte(min)) && (max === undefined || exact.lte(max))
    }, message),
  )
}

function isAmount(value: unknown): boolean {
  if (typeof value === 'number') return Number.isFinite(value)
  return typeof value === 'string' && value.length <= MAX_DECIMAL_LENGTH && isPlainDecimal(value)
}

/** True or false. */
export function flag() {
  return v.boolean(expected('true or false'))
}

/** Text of 1 to `max` characters. */
export function text(max = 1_024) {
  return v.pipe(
    v.string((issue) => `must be text, got ${showType(issue.input)}`),
    v.check(
      (value) => value.length >= 1 && value.length <= max,
      (issue) => `must be text of 1 to ${max} characters, got ${issue.input.length}`,
    ),
  )
}

/** Text of a form; `what` names it: "a currency such as USD". */
export function pattern(form: RegExp, what: string) {
  const message = expected(what)
  return v.pipe(
    v.string(message),
    v.check((value) => form.test(value), message),
  )
}

/** As {@link text}, for what must not be shown: no message ever contains the value. */
export function secret(max = 8_192) {
  const message = `must be text of 1 to ${max} characters (the value is not shown)`
  return v.pipe(
    v.string(message),
    v.check((value) => value.length >= 1 && value.length <= max, message),
  )
}

/** One of a list of words. */
export function oneOf<const Word extends string>(words: readonly Word[]) {
  return v.picklist(words, expected(`one of ${words.map((word) => `"${word}"`).join(', ')}`))
}

/** A list of at most `max` entries. */
export function list<const S extends v.GenericSchema>(item: S, max = 10_000) {
  return v.pipe(
    v.array(item, (issue) => `must be a list, got ${showType(issue.input)}`),
    v.maxLength(max, (issue) => `must have at most ${max} entries, got ${issue.received}`),
  )
}

/** Values by free names, at most `max`. */
export function mapOf<const S extends v.GenericSchema>(value: S, max = 10_000) {
  return v.pipe(
    v.custom<Record<string, unknown>>(isPlainObject, (issue) => `must be an object, got ${showType(issue.input)}`),
    v.record(v.string(), value),
    v.check((entries) => Object.keys(entries).length <= max, `must have at most ${max} entries`),
  )
}

/** One shape or another, told apart by the word in one field: `{ type: 'twap', ... }`. */
export function variant<const Key extends string, const Shapes extends readonly [Shape<Key>, ...Shape<Key>[]]>(
  key: Key,
  shapes: Shapes,
) {
  const words = shapes.map((shape) => shape.word)
  const byWord = new Map(shapes.map((shape) => [shape.word, shape.schema]))
  const message = `must be one of ${words.map((word) => `"${word}"`).join(', ')}`
  return v.pipe(
    v.custom<Record<string, unknown>>(isPlainObject, (issue) => `must be an object, got ${showType(issue.input)}`),
    v.rawCheck(({ dataset, addIssue }) => {
      if (!dataset.typed || byWord.has(dataset.value[key] as string)) return
      const value = dataset.value[key]
      const path = [{ type: 'object', origin: 'value', input: dataset.value, key, value }] as const
      addIssue({ message: `${message}, got ${show(value)}`, path: [...path] })
    }),
    v.lazy((input) => byWord.get((input as Record<Key, string>)[key]) ?? v.never()) as v.GenericSchema<
      Record<string, unknown>
    >,
  ) as unknown as Schema<v.InferOutput<Shapes[number]['schema']>>
}

/** One shape of a {@link variant}: `word` is what its field says, `schema` has the field as `oneOf([word])`. */
export interface Shape<Key extends string> {
  word: string
  schema: v.GenericSchema<unknown, Record<Key, string>>
}

function bounds(min: number, max: number, unbounded: number): string {
  return max >= unbounded ? `of at least ${min}` : `from ${min} to ${max}`
}

/** What a schema says, or `false` to switch it off. */
export function orFalse<const S extends v.GenericSchema>(schema: S) {
  return v.lazy((input) => (input === false ? v.literal(false) : schema)) as v.GenericSchema<
    unknown,
    v.InferOutput<S> | false
  >
}

/** One amount for everything, or amounts by name. */
export function amountOrMap(limits: { min?: string; max?: string } = {}) {
  const single = amount(limits)
  const table = mapOf(amount(limits))
  return v.lazy((input) => (isPlainObject(input) ? table : single)) as v.GenericSchema<
    unknown,
    string | Record<string, string>
  >
}

/** One value for everything, or values by name. */
export function oneOrMap<const S extends v.GenericSchema>(value: S) {
  const table = mapOf(value)
  return v.lazy((input) => (isPlainObject(input) ? table : value)) as v.GenericSchema<
    unknown,
    v.InferOutput<S> | Record<string, v.InferOutput<S>>
  >
}
