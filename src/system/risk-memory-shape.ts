/**
 * Checks what risk controls kept over a restart before anything of it is taken: text out of a journal that may be damaged, or
 * written by something else. A part that is missing was not kept then; a part that is wrong refuses the start, for nobody
 * knows what it held back. What breakers kept is left to them: they halt over what they cannot read.
 */
import { TradewireError } from '../core/errors.js'
import { isPlainDecimal } from '../model/decimal.js'
import { isPlainObject } from '../model/schema/json.js'
import { show } from '../model/schema/parse.js'
import type { BreakerMemory } from '../risk/breakers/breaker.js'
import type { DailyMemory } from '../risk/daily-counts.js'
import type { LimitChange, SavedLimits } from '../risk/limit-book.js'
import type { LossMemory } from '../risk/loss-limits.js'
import { TradingState, type TradingStateName } from '../risk/trading-state.js'
import type { GroupStateChange } from './group-states.js'

/** Somebody re-opened a breaker. */
export interface BreakerReset {
  readonly name: string
  readonly actor: string
  readonly reason: string
  readonly rebase: boolean
  readonly tsUs: number
}

/** Entry, instrument and units of a position by scope. */
type BookPosition = readonly [number, number, number]

/** Everything that a restart finds again. */
export interface SavedRisk {
  /** In the snapshot at an orderly end. */
  closed?: boolean
  capital?: string
  limits?: SavedLimits
  limitChanges?: readonly LimitChange[]
  resets?: BreakerReset[]
  losses?: LossMemory
  groups?: Record<string, TradingStateName>
  breakers?: BreakerMemory
  daily?: DailyMemory
  /** By key; by position before books had keys. */
  books?: Readonly<Record<string, readonly BookPosition[]>> | readonly (readonly BookPosition[])[]
}

/** A decision on record. */
export interface SavedDecision {
  change?: LimitChange
  saved?: SavedLimits
  groupState?: GroupStateChange
}

type Check = (value: unknown, path: string) => void

const must =
  (what: string, isGood: (value: unknown) => boolean): Check =>
  (value, path) => {
    if (isGood(value)) return
    const field = path === '' ? 'what was kept' : path
    throw new TradewireError('TW_JOURNAL_CORRUPT', `${field} must be ${what}, got ${show(value)}`)
  }

const text = must('text', (value) => typeof value === 'string')
const flag = must('true or false', (value) => typeof value === 'boolean')
const number = must('a number', (value) => typeof value === 'number' && Number.isFinite(value))
const count = must('a whole number from 0', (value) => Number.isSafeInteger(value) && (value as number) >= 0)
const decimal = must('a decimal number as text', (value) => typeof value === 'string' && isPlainDecimal(value))
const stateName = must('a trading state', (value) => typeof value === 'string' && Object.hasOwn(TradingState, value))
const object = must('an object', isPlainObject)
const anything: Check = () => {}

/** A time that may not have been known, which JSON writes as null. */
const time: Check = (value, path) => {
  if (value !== null) number(value, path)
}

/** Fields by name, each there or not; fields of other releases are left alone. */
const fields =
  (checks: Readonly<Record<string, Check>>, required: readonly string[] = []): Check =>
  (value, path) => {
    object(value, path)
    const own = value as Record<string, unknown>
    for (const [name, check] of Object.entries(checks))
      if (own[name] !== undefined || required.includes(name)) check(own[name], path === '' ? name : `${path}.${name}`)
  }

const listOf =
  (item: Check): Check =>
  (value, path) => {
    must('a list', Array.isArray)(value, path)
    for (const [i, each] of (value as unknown[]).entries()) item(each, `${path}.${i}`)
  }

const mapOf =
  (item: Check): Check =>
  (value, path) => {
    object(value, path)
    for (const [name, each] of Object.entries(value as object)) item(each, `${path}.${name}`)
  }

/** A list of so many things at least, each with a check of its own; the last one goes for the rest. */
const tuple =
  (...items: Check[]): Check =>
  (value, path) => {
    must(`a list of ${items.length}`, (given) => Array.isArray(given) && given.length >= items.length)(value, path)
    for (const [i, each] of (value as unknown[]).entries())
      (items[Math.min(i, items.length - 1)] as Check)(each, `${path}.${i}`)
  }

const nullable =
  (check: Check): Check =>
  (value, path) => {
    if (value !== null) check(value, path)
  }

const limitChange = fields({ version: count, kind: text, actor: text, reason: text, tsUs: time, patch: object }, [
  'version',
])
const savedLimits = fields(
  {
    version: count,
    patch: object,
    override: nullable(fields({ patch: object, untilUs: number }, ['patch', 'untilUs'])),
  },
  ['version', 'patch', 'override'],
)
const positions = listOf(tuple(count, count, number))
const bookKey: Check = (value, path) => (typeof value === 'number' ? count : text)(value, path)

const memoryCheck = fields({
  closed: flag,
  capital: decimal,
  limits: savedLimits,
  limitChanges: listOf(limitChange),
  resets: listOf(fields({ name: text, actor: text, reason: text, rebase: flag, tsUs: time }, ['name', 'actor'])),
  losses: listOf(tuple(text, decimal, decimal, text)),
  groups: mapOf(stateName),
  breakers: anything,
  daily: fields({ day: text, counts: listOf(tuple(bookKey, count, number, number, number)) }, ['day', 'counts']),
  books: (value, path) => (Array.isArray(value) ? listOf(positions) : mapOf(positions))(value, path),
})

const decisionCheck = fields({
  change: limitChange,
  saved: savedLimits,
  groupState: fields({ group: text, state: stateName, actor: text, reason: text }, ['group', 'state']),
})

function read<Value>(json: string, check: Check): Value {
  const value = parsed(json)
  // The text is not shown: nobody knows what it is.
  if (value === undefined) throw new TradewireError('TW_JOURNAL_CORRUPT', 'what was kept is no JSON')
  check(value, '')
  return value as Value
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return undefined
  }
}

/** What risk controls kept. @throws TradewireError `TW_JOURNAL_CORRUPT` naming the field that is wrong. */
export function readRiskMemory(json: string): SavedRisk {
  return read(json, memoryCheck)
}

/** A decision about risk. Errors as {@link readRiskMemory}. */
export function readRiskDecision(json: string): SavedDecision {
  return read(json, decisionCheck)
}

/** What was kept of the positions of a book, by its key; where books had none, by its place among as many. */
export function savedPositions(
  books: SavedRisk['books'],
  place: number,
  key: string,
  count: number,
): readonly BookPosition[] | undefined {
  if (!isByPlace(books)) return books !== undefined && Object.hasOwn(books, key) ? books[key] : undefined
  return books.length === count ? books[place] : undefined
}

function isByPlace(books: SavedRisk['books']): books is readonly (readonly BookPosition[])[] {
  return Array.isArray(books)
}
