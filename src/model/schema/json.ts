/**
 * What untrusted input may look like at all, before any schema looks at it: plain JSON data of bounded depth and size,
 * without the keys by which JavaScript objects are tampered with.
 */

/** A value that JSON can carry. */
export type JsonValue = null | boolean | number | string | JsonValue[] | { [key: string]: JsonValue }
/** A JSON object. */
export type JsonObject = { [key: string]: JsonValue }

/** Bounds of one input. */
export interface InputLimits {
  /** Objects and arrays within each other. */
  depth: number
  /** Entries of one array, and keys of one object. */
  entries: number
  /** Values altogether. */
  values: number
  /** UTF-16 units of one text. */
  textLength: number
}

/** Bounds that every model fits: the largest are order books and the bodies of news. */
export const inputLimits: InputLimits = { depth: 12, entries: 100_000, values: 1_000_000, textLength: 1_000_000 }

/** What is wrong with an input, and where. */
export interface InputFault {
  path: string
  problem: string
}

const tamperingKeys: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype'])

/** What was found out about an input. */
export interface InputInspection {
  /** The first thing wrong with it; undefined where nothing is. */
  fault: InputFault | undefined
  /** How many values it has, as far as it was looked at. */
  values: number
}

/** Looks for the first fault of an input by these bounds. Values are not looked at otherwise. */
export function inspectInput(input: unknown, limits: InputLimits = inputLimits): InputInspection {
  let values = 0

  function visit(value: unknown, path: string, depth: number): InputFault | undefined {
    if (++values > limits.values)
      return { path, problem: `is beyond the ${limits.values} values that one input may have` }
    if (typeof value === 'string') {
      if (value.length <= limits.textLength) return undefined
      return { path, problem: `must be at most ${limits.textLength} characters long, got ${value.length}` }
    }
    if (typeof value !== 'object' || value === null) return undefined
    if (depth >= limits.depth) return { path, problem: `is nested deeper than ${limits.depth} levels` }
    return Array.isArray(value) ? visitArray(value, path, depth) : visitObject(value, path, depth)
  }

  function visitArray(list: readonly unknown[], path: string, depth: number): InputFault | undefined {
    if (list.length > limits.entries) {
      return { path, problem: `must have at most ${limits.entries} entries, got ${list.length}` }
    }
    for (let i = 0; i < list.length; i++) {
      const fault = visit(list[i], joinPath(path, i), depth + 1)
      if (fault !== undefined) return fault
    }
    return undefined
  }

  function visitObject(object: object, path: string, depth: number): InputFault | undefined {
    if (!isPlainObject(object)) return { path, problem: 'must be plain data, got an instance of a class' }
    const keys = Object.keys(object)
    if (keys.length > limits.entries) {
      return { path, problem: `must have at most ${limits.entries} fields, got ${keys.length}` }
    }
    for (const key of keys) {
      if (tamperingKeys.has(key)) return { path: joinPath(path, key), problem: 'is not allowed as the name of a field' }
      const fault = visit((object as Record<string, unknown>)[key], joinPath(path, key), depth + 1)
      if (fault !== undefined) return fault
    }
    return undefined
  }

  const fault = visit(input, '', 0)
  return { fault, values }
}

/** An object made by a literal or by JSON.parse, of this or another realm. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || Object.getPrototypeOf(prototype) === null
}

/** `changes.3.price`: the way fields are named in messages. Long keys are cut. */
export function joinPath(path: string, key: string | number): string {
  const step = typeof key === 'string' && key.length > 64 ? `${key.slice(0, 64)}…` : String(key)
  return path === '' ? step : `${path}.${step}`
}

/** A copy of plain data; what is no plain object or list (decimals) is immutable and stays. */
export function copyOfPlain<T>(value: T): T {
  if (Array.isArray(value)) return value.map(copyOfPlain) as T
  if (!isPlainObject(value)) return value
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, copyOfPlain(part)])) as T
}
