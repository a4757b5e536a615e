/**
 * Who may change limits, and how far: every change names an actor and a reason, gets a version, and is told to the owner,
 * who puts it on record. Ceilings are fixed when the book is made: nothing can be set above them while the system runs.
 * An override loosens limits for a while and ends by itself.
 */
import { TradewireError } from '../core/errors.js'
import { Decimal, type DecimalInput } from '../model/decimal.js'
import type { RiskLimits } from './limits.js'

/** A change of limits as it goes on record. */
export interface LimitChange {
  /** Rises by 1 with every change. */
  version: number
  kind: 'change' | 'override' | 'expiry'
  actor: string
  reason: string
  /** Epoch microseconds. */
  tsUs: number
  /** The fields that were set, as they were given. */
  patch: RiskLimits
  /** When an override ends, epoch microseconds. */
  untilUs?: number
}

/** Limits that can be changed while a system runs. Other controls are fixed when it starts. */
export type LimitPatch = Pick<
  RiskLimits,
  | 'maxOrderQuantity'
  | 'maxOrderNotional'
  | 'maxPosition'
  | 'maxOpenOrders'
  | 'priceCollarPercent'
  | 'global'
  | 'accounts'
  | 'strategies'
  | 'connectors'
  | 'groups'
>

const changeable: readonly (keyof LimitPatch)[] = [
  'maxOrderQuantity',
  'maxOrderNotional',
  'maxPosition',
  'maxOpenOrders',
  'priceCollarPercent',
  'global',
  'accounts',
  'strategies',
  'connectors',
  'groups',
]

/** What a book is made of. */
export interface LimitBookOptions {
  /** Limits of the start. */
  limits: RiskLimits
  /** Nothing may be set above these, and nothing that is bounded here may be left out. */
  ceilings?: LimitPatch
  /** Puts limits into force. What it throws leaves everything as it was. */
  apply(limits: RiskLimits): void
  /** Puts a change on record. */
  record?(change: LimitChange): void
  /** Whether an actor may make a change; everybody with a name may unless given. */
  authorize?(actor: string, change: LimitPatch): boolean
}

interface Override {
  readonly patch: LimitPatch
  readonly untilUs: number
}

/** See the file's header. */
export class LimitBook {
  readonly #options: LimitBookOptions
  #base: RiskLimits
  #override: Override | undefined
  #version = 1
  readonly #history: LimitChange[] = []

  /** @throws TradewireError `TW_INVALID_CONFIG` when the limits of the start are above a ceiling. */
  constructor(options: LimitBookOptions) {
    this.#options = options
    this.#base = options.limits
    this.#requireBelow(options.limits)
  }

  /** Of the latest change; 1 at the start. */
  get version(): number {
    return this.#version
  }

  /** What is in force. */
  get limits(): RiskLimits {
    return { ...this.#base, ...this.#override?.patch }
  }

  /** The latest 1,000 changes, oldest first. */
  get history(): readonly LimitChange[] {
    return this.#history
  }

  /**
   * Sets limits for good.
   *
   * @throws TradewireError `TW_UNAUTHORIZED` for an actor who may not; `TW_INVALID_CONFIG` above a ceiling, for a limit that
   * is none, or one that cannot be changed while the system runs. Nothing has changed then.
   */
  change(patch: LimitPatch, who: { actor: string; reason: string; tsUs: number }): number {
    this.#requireAllowed(patch, who.actor)
    const base = { ...this.#base, ...patch }
    this.#requireBelow({ ...base, ...this.#override?.patch })
    this.#options.apply({ ...base, ...this.#override?.patch })
    this.#base = base
    return this.#note({ kind: 'change', patch, ...who })
  }

  /** Sets limits until a time, in place of an override before. Ceilings hold. Errors as {@link change}. */
  override(patch: LimitPatch, who: { actor: string; reason: string; tsUs: number; untilUs: number }): number {
    this.#requireAllowed(patch, who.actor)
    if (!(who.untilUs > who.tsUs))
      throw new TradewireError('TW_INVALID_ARGUMENT', 'untilUs must lie in the future: an override ends by itself')
    this.#requireBelow({ ...this.#base, ...patch })
    this.#options.apply({ ...this.#base, ...patch })
    this.#override = { patch, untilUs: who.untilUs }
    return this.#note({ kind: 'override', patch, ...who })
  }

  /** Time passes: an override that is over ends. */
  advance(nowUs: number): void {
    const over = this.#override
    if (over === undefined || nowUs < over.untilUs) return
    this.#options.apply(this.#base)
    this.#override = undefined
    this.#note({ kind: 'expiry', actor: 'system', reason: 'the override is over', tsUs: nowUs, patch: over.patch })
  }

  /** What has to survive a restart: what was changed since the start, as plain data. */
  save(): { version: number; patch: LimitPatch; override: Override | null } {
    const patch: Record<string, unknown> = {}
    for (const name of changeable)
      if (this.#base[name] !== this.#options.limits[name]) patch[name] = this.#base[name] ?? null
    return { version: this.#version, patch: patch as LimitPatch, override: this.#override ?? null }
  }

  /**
   * Takes what {@link save} gave. The tighter of what was saved and what the configuration says cannot be told in general:
   * what an actor changed stands, as long as it is below the ceilings; otherwise the configuration does.
   */
  restore(saved: { version: number; patch: LimitPatch; override: Override | null }, nowUs: number): void {
    this.#version = saved.version
    const base = { ...this.#base, ...saved.patch }
    const override = saved.override !== null && nowUs < saved.override.untilUs ? saved.override : undefined
    this.#requireBelow({ ...base, ...override?.patch })
    this.#options.apply({ ...base, ...override?.patch })
    this.#base = base
    this.#override = override
  }

  #requireAllowed(patch: LimitPatch, actor: string): void {
    if (actor === '' || this.#options.authorize?.(actor, patch) === false)
      throw new TradewireError('TW_UNAUTHORIZED', `"${actor}" may not change limits`)
    for (const name of Object.keys(patch))
      if (!(changeable as readonly string[]).includes(name))
        throw new TradewireError(
          'TW_INVALID_CONFIG',
          `risk.${name} cannot be changed while the system runs; what can is ${changeable.join(', ')}`,
        )
  }

  #requireBelow(limits: RiskLimits): void {
    const { ceilings = {} } = this.#options
    for (const [path, ceiling] of leavesOf(ceilings)) {
      for (const [at, value] of valuesAt(limits, path)) {
        if (value !== undefined && new Decimal(value).lte(ceiling)) continue
        throw new TradewireError(
          'TW_INVALID_CONFIG',
          `risk.${at} must be at most ${String(ceiling)}, the ceiling; got ${value === undefined ? 'no limit' : String(value)}`,
        )
      }
    }
  }

  #note(change: Omit<LimitChange, 'version'>): number {
    this.#version++
    const noted = { version: this.#version, ...change }
    this.#history.push(noted)
    if (this.#history.length > 1_000) this.#history.shift()
    this.#options.record?.(noted)
    return this.#version
  }
}

type Leaf = [path: readonly string[], value: DecimalInput]

/** Amounts of a tree of limits with their paths. Lists and words are none. */
function leavesOf(tree: object, path: readonly string[] = []): Leaf[] {
  return Object.entries(tree).flatMap(([name, value]): Leaf[] => {
    if (value === undefined || Array.isArray(value) || typeof value === 'boolean') return []
    const isTree = typeof value === 'object' && !Decimal.isDecimal(value)
    return isTree ? leavesOf(value as object, [...path, name]) : [[[...path, name], value as DecimalInput]]
  })
}

/** What limits say at a path: a table where the ceiling has one amount is bounded in all of its entries. */
function valuesAt(limits: object, path: readonly string[]): [path: string, value: DecimalInput | undefined][] {
  let value: unknown = limits
  for (const name of path) value = (value as Record<string, unknown> | undefined)?.[name]
  const text = path.join('.')
  // The collar switched off is no limit at all.
  if (value === undefined || value === null || value === false) return [[text, undefined]]
  if (typeof value !== 'object' || Decimal.isDecimal(value)) return [[text, value as DecimalInput]]
  return leavesOf(value).map(([below, amount]) => [`${text}.${below.join('.')}`, amount])
}
