/**
 * Checking untrusted input against a schema: strict, bounded, with an error that names each bad field and what to do.
 */
import * as v from 'valibot'
import { TradewireError } from '../../core/errors.js'
import { inspectInput, joinPath } from './json.js'

/** A schema that makes a `Value` of untrusted input. */
export type Schema<Value> = v.GenericSchema<unknown, Value>
/** What a schema makes. */
export type SchemaValue<S extends v.GenericSchema> = v.InferOutput<S>

/** One bad field. */
export interface FieldFault {
  /** `changes.3.price`; empty for the input as a whole. */
  field: string
  /** What is wrong with it and what is expected instead. */
  problem: string
}

/** Faults named in one error; more are only counted. */
const mostFaultsNamed = 10

/** An input with more values is told its first fault only: the list of all could be far larger than the input. */
const mostValuesListed = 10_000

/** Every fault of an input, in the order of its fields; the value where there is none. */
export function checkInput<Value>(schema: Schema<Value>, input: unknown): { value: Value } | { faults: FieldFault[] } {
  const { fault, values } = inspectInput(input)
  if (fault !== undefined) return { faults: [{ field: fault.path, problem: fault.problem }] }
  const result = v.safeParse(schema, input, { abortEarly: values > mostValuesListed, abortPipeEarly: true })
  return result.success ? { value: result.output } : { faults: result.issues.map(faultOf) }
}

/**
 * Untrusted input as a value of its schema. Unknown fields, wrong types and values out of range are refused.
 *
 * @throws TradewireError `TW_INVALID_MODEL`; `details.field` is the path of the first bad field, `details.faults` lists
 * them. The message shows no more of a text than its first characters.
 */
export function parseStrict<Value>(schema: Schema<Value>, input: unknown, what: string): Value {
  const result = checkInput(schema, input)
  if ('value' in result) return result.value
  throw faultError('TW_INVALID_MODEL', what, result.faults)
}

/** The error over a list of faults, at least one. */
export function faultError(
  code: 'TW_INVALID_MODEL' | 'TW_INVALID_CONFIG',
  what: string,
  faults: readonly FieldFault[],
): TradewireError {
  const named = faults.slice(0, mostFaultsNamed)
  const more = faults.length > named.length ? `; and ${faults.length - named.length} more` : ''
  const text = named.map(({ field, problem }) => (field === '' ? problem : `${field} ${problem}`)).join('; ')
  return new TradewireError(code, `${what}: ${text}${more}`, {
    details: { what, field: named[0]?.field ?? '', faults: named, faultCount: faults.length },
  })
}

function faultOf(issue: v.BaseIssue<unknown>): FieldFault {
  let field = ''
  for (const { key } of issue.path ?? []) field = joinPath(field, typeof key === 'number' ? key : String(key))
  return { field, problem: issue.message }
}

/** A value for a message: numbers and short texts as they are, of everything else the type. */
export function show(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (value === null) return 'null'
  if (typeof value === 'string') return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value)
  if (typeof value === 'number') return Object.is(value, -0) ? '-0' : String(value)
  if (typeof value === 'boolean') return String(value)
  if (typeof value === 'bigint') return `${value}n`
  if (Array.isArray(value)) return 'a list'
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}

/** As {@link show}, without the value: for places where a secret may have been put by mistake. */
export function showType(value: unknown): string {
  return typeof value === 'string' ? 'text' : typeof value === 'number' ? 'a number' : show(value)
}

/** The message of a schema: what is expected, and what was got. */
export function expected(what: string): (issue: v.BaseIssue<unknown>) => string {
  return (issue) => `must be ${what}, got ${show(issue.input)}`
}
