/**
 * Who may change limits, and how far: every change names an actor and a reason, gets a version, and is told to the owner,
 * who puts it on record. Ceilings are fixed when the book is made: nothing can be set above them while the system runs.
 * An override loosens limits for a while and ends by itself.
 */
import { TradewireError } from '../core/errors.js'
import { Decimal, type DecimalInput } from '../model/decimal.js'
import { requirePerson } from '../model/person.js'
import { CompiledLimits, type RiskLimits } from './limits.js'
import { LimitAdder, type LimitTarget, limitPatch, type NamedLimit } from './named-limits.js'

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
  /** Puts a change on record, with what {@link LimitBook.save} gives after it. */
  record?(change: LimitChange, saved: SavedLimits): void
  /** Refuses, by an error, changes that name what there is not. */
  requireNames?(patch: LimitPatch): void
  /** Epoch microseconds now, for changes that do not say when they are made. */
  nowUs?(): number
  /** Whether an actor may make a change; everybody with a name may unless given. */
  authorize?(actor: string, change: LimitPatch): boolean
}

/** Who changes limits, and why. `tsUs`: when, epoch microseconds; now unless given. */
export interface LimitActor {
  actor: string
  reason: string
  tsUs?: number
}

/** What of limits has to survive a restart. */
export interface SavedLimits {
  version: number
  patch: LimitPatch
  override: Override | null
}

interface Override {
  readonly patch: LimitPatch
  readonly untilUs: number
}

/** See the file's header. Limits can be changed field by field, or added one by one: see {@link LimitAdder}. */
export class LimitBook extends LimitAdder<readonly [who: LimitActor], number> {
  readonly #options: LimitBookOptions
  #base: RiskLimits
  #override: Override | undefined
  #version = 1
  readonly #history: LimitChange[] = []

  /** @throws TradewireError `TW_INVALID_CONFIG` when the limits of the start are above a ceiling. */
  constructor(options: LimitBookOptions) {
    super()
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
   * Sets limits for good. What an override allows beyond them ends with it; where it is the stricter one it stays.
   *
   * @throws TradewireError `TW_UNAUTHORIZED` without an actor, and for one who may not; `TW_INVALID_CONFIG` above a ceiling, for a limit that
   * is none, or one that cannot be changed while the system runs. Nothing has changed then.
   */
  change(patch: LimitPatch, who: LimitActor): number {
    this.#requireAllowed(patch, who)
    const base = { ...this.#base, ...patch }
    new CompiledLimits(base)
    const override = stricterThan(patch, this.#override)
    this.#requireGood(base, override)
    this.#options.apply({ ...base, ...override?.patch })
    this.#base = base
    this.#override = override
    return this.#note({ kind: 'change', patch, ...who, tsUs: this.#timeOf(who) })
  }

  /** Adds one limit; its version. Errors as {@link change}. */
  protected override take(target: LimitTarget, limit: NamedLimit, who: LimitActor): number {
    requirePerson(who, 'changes limits')
    return this.change(limitPatch(this.#base, target, limit), who)
  }

  #timeOf({ tsUs }: LimitActor): number {
    return tsUs ?? this.#options.nowUs?.() ?? Number.NaN
  }

  /** Sets limits until a time, in place of an override before. Ceilings hold. Errors as {@link change}. */
  override(patch: LimitPatch, who: LimitActor & { untilUs: number }): number {
    this.#requireAllowed(patch, who)
    const tsUs = this.#timeOf(who)
    if (!(who.untilUs > tsUs))
      throw new TradewireError('TW_INVALID_ARGUMENT', 'untilUs must lie in the future: an override ends by itself')
    const override = { patch, untilUs: who.untilUs }
    this.#requireGood(this.#base, override)
    this.#options.apply({ ...this.#base, ...patch })
    this.#override = override
    return this.#note({ kind: 'override', patch, ...who, tsUs })
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
  save(): SavedLimits {
    const patch: Record<string, unknown> = {}
    for (const name of changeable)
      if (this.#base[name] !== this.#options.limits[name]) patch[name] = this.#base[name] ?? null
    return { version: this.#version, patch: patch as LimitPatch, override: this.#override ?? null }
  }

  /**
   * Takes what {@link save} gave. What an actor changed stands, as long as it is below the ceilings of now; otherwise nothing
   * changes, and false is returned: the configuration holds. `change`: the one that it follows, for the history.
   */
  restore(saved: SavedLimits, nowUs: number, change?: LimitChange): boolean {
    this.#version = Math.max(this.#version, saved.version)
    if (change !== undefined && this.#history.at(-1)?.version !== change.version) this.#remember(change)
    // JSON has no undefined: a limit that was taken away is null there.
    const patch = Object.fromEntries(Object.entries(saved.patch).map(([name, value]) => [name, value ?? undefined]))
    const base = { ...this.#options.limits, ...patch }
    const override = saved.override !== null && nowUs < saved.override.untilUs ? saved.override : undefined
    try {
      this.#requireGood(base, override)
    } catch (error) {
      // What is above a ceiling of now gives way; what is no limit at all is an error.
      if (error instanceof AboveCeiling) return false
      throw error
    }
    this.#options.apply({ ...base, ...override?.patch })
    this.#base = base
    this.#override = override
    return true
  }

  /** Takes changes of an earlier session into the history: those that it does not have. */
  recall(changes: readonly LimitChange[]): void {
    for (const change of changes) if (change.version > (this.#history.at(-1)?.version ?? 1)) this.#remember(change)
  }

  #requireAllowed(patch: LimitPatch, who: LimitActor): void {
    requirePerson(who, 'changes limits')
    if (typeof patch !== 'object' || patch === null)
      throw new TradewireError('TW_INVALID_ARGUMENT', 'What is changed must be an object of limits')
    const { actor } = who
    if (this.#options.authorize?.(actor, patch) === false)
      throw new TradewireError('TW_UNAUTHORIZED', `"${actor}" may not change limits`)
    for (const name of Object.keys(patch))
      if (!(changeable as readonly string[]).includes(name))
        throw new TradewireError(
          'TW_INVALID_CONFIG',
          `risk.${name} cannot be changed while the system runs; what can is ${changeable.join(', ')}`,
        )
    this.#options.requireNames?.(patch)
  }

  /**
   * Limits must be good with and without the override: it ends by itself, and what it covers holds then.
   *
   * @throws TradewireError as {@link change}.
   */
  #requireGood(base: RiskLimits, override: Override | undefined): void {
    const both = override === undefined ? [base] : [base, { ...base, ...override.patch }]
    for (const limits of both) new CompiledLimits(limits)
    for (const limits of both) this.#requireBelow(limits)
  }

  #requireBelow(limits: RiskLimits): void {
    const [fault] = aboveOf(limits, this.#options.ceilings ?? {})
    if (fault === undefined) return
    const { at, value, ceiling } = fault
    throw new AboveCeiling(
      'TW_INVALID_CONFIG',
      `risk.${at} must be at most ${String(ceiling)}, the ceiling; got ${value === undefined ? 'no limit' : String(value)}`,
    )
  }

  #note(change: Omit<LimitChange, 'version'>): number {
    this.#version++
    const noted = { version: this.#version, ...change }
    this.#remember(noted)
    this.#options.record?.(noted, this.save())
    return this.#version
  }

  #remember(change: LimitChange): void {
    this.#history.push(change)
    if (this.#history.length > 1_000) this.#history.shift()
  }
}

class AboveCeiling extends TradewireError {}

/** An override without what it allows beyond a change: whoever tightens a limit means it, whatever was allowed before. */
function stricterThan(patch: LimitPatch, override: Override | undefined): Override | undefined {
  if (override === undefined) return undefined
  const kept = Object.entries(override.patch).filter(([name, value]) => {
    const set = patch[name as keyof LimitPatch]
    return set === undefined || aboveOf({ [name]: value }, { [name]: set }).length === 0
  })
  return kept.length === 0 ? undefined : { ...override, patch: Object.fromEntries(kept) }
}

/** Where limits are above others, or leave out what those bound. */
function aboveOf(
  limits: object,
  ceilings: object,
): { at: string; value: DecimalInput | undefined; ceiling: DecimalInput }[] {
  return leavesOf(ceilings).flatMap(([path, ceiling]) =>
    valuesAt(limits, path).flatMap(([at, value]) =>
      value !== undefined && new Decimal(value).lte(ceiling) ? [] : [{ at, value, ceiling }],
    ),
  )
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
