/**
 * Losses of single accounts and strategies, and of all together, as amounts: since the trading day began, and from the
 * highest profit and loss so far. An entry that reaches a limit is halted: by a daily loss until the next trading day or a
 * person, by a drawdown until a person. Gains after that re-open nothing.
 *
 * Profit and loss count at the conservative side of the quote, fees included, in the base currency; the order in which
 * fills came makes no difference. What is not known changes nothing here: the breakers block what opens then.
 */
import { TradewireError } from '../core/errors.js'
import { Decimal } from '../model/decimal.js'
import { limitsOfName, type ScopedLimits, type ScopeLimits } from './scope-limits.js'

/** Scopes that have a profit and loss. */
export type LossScope = 'global' | 'account' | 'strategy'

/** One entry that is watched. */
export interface LossEntry {
  readonly scope: LossScope
  /** Empty for `global`. */
  readonly name: string
  /** Since the day began; above 0 is a loss. */
  readonly loss: Decimal
  readonly drawdown: Decimal
  readonly maxDailyLoss: Decimal | undefined
  readonly maxDrawdown: Decimal | undefined
  readonly warnAt: number
  readonly isHalted: boolean
}

/** What is told when an entry reaches a level. */
export interface LossEvent {
  readonly scope: LossScope
  readonly name: string
  readonly limit: 'dailyLoss' | 'drawdown'
  readonly level: 'warning' | 'halt'
  readonly message: string
}

/** What survives a restart, as plain data: key, day's start, highest, and what halted the entry. */
export type LossMemory = readonly (readonly [key: string, start: string, peak: string, haltedBy: string])[]

/** Profit and loss of an entry now; undefined when it is not known. */
export interface LossMark {
  readonly scope: LossScope
  readonly name: string
  readonly total: Decimal | undefined
}

interface Account {
  /** Undefined until it is known. */
  start: Decimal | undefined
  peak: Decimal
  latest: Decimal
  haltedBy: '' | 'dailyLoss' | 'drawdown'
  /** Levels that were told, so that each is told once. */
  warned: string
}

const zero = new Decimal(0)

/** See the file's header. */
export class LossLimits {
  #limits: ScopedLimits
  readonly #warnAt: number
  readonly #entries = new Map<string, Account>()
  #hasBegun = false
  /** Told of levels that are reached, and of entries that are open again (`undefined` as event). */
  onLevel: (event: LossEvent) => void = () => {}
  /** Told when the highest of an entry with a limited drawdown rises. */
  onPeak: () => void = () => {}
  onReopened: (scope: LossScope, name: string) => void = () => {}

  constructor(limits: ScopedLimits & { warnAt?: number }) {
    this.#limits = limits
    this.#warnAt = limits.warnAt ?? 0.8
  }

  /** Whether anything is limited. */
  get isEmpty(): boolean {
    const { global, accounts = {}, strategies = {} } = this.#limits
    return ![global, ...Object.values(accounts), ...Object.values(strategies)].some(hasLoss)
  }

  /** Other amounts; what is halted stays so. */
  setLimits(limits: ScopedLimits): void {
    this.#limits = limits
  }

  /**
   * Profit and loss of all entries now, in the base currency. What entries of the first round had before is no loss of this
   * day; those that appear later begin with nothing.
   */
  observe(marks: readonly LossMark[]): void {
    const isFirst = !this.#hasBegun
    this.#hasBegun = true
    for (const { scope, name, total } of marks) {
      const key = keyOf(scope, name)
      let entry = this.#entries.get(key)
      if (entry === undefined) {
        entry = { start: isFirst ? undefined : zero, peak: zero, latest: zero, haltedBy: '', warned: '' }
        this.#entries.set(key, entry)
      }
      if (total !== undefined) this.#mark(scope, name, entry, total)
    }
  }

  #mark(scope: LossScope, name: string, entry: Account, total: Decimal): void {
    if (entry.start === undefined) {
      entry.start = total
      entry.peak = total
    }
    entry.latest = total
    const { maxDailyLoss, maxDrawdown, warnAt } = this.#limitsOf(scope, name) ?? {}
    if (total.gt(entry.peak)) {
      entry.peak = total
      if (maxDrawdown !== undefined) this.onPeak()
    }
    this.#judge(scope, name, entry, 'dailyLoss', entry.start.minus(total), maxDailyLoss, warnAt)
    this.#judge(scope, name, entry, 'drawdown', entry.peak.minus(total), maxDrawdown, warnAt)
  }

  #judge(
    scope: LossScope,
    name: string,
    entry: Account,
    limit: LossEvent['limit'],
    loss: Decimal,
    most: ScopeLimits['maxDailyLoss'],
    warnAt = this.#warnAt,
  ): void {
    if (most === undefined) return
    const isHalt = loss.gte(most) && loss.gt(0)
    if (!isHalt && !loss.gte(new Decimal(most).mul(warnAt))) {
      if (entry.warned === limit) entry.warned = ''
      return
    }
    if (isHalt ? entry.haltedBy !== '' : entry.warned === limit || loss.lte(0)) return
    if (isHalt) entry.haltedBy = limit
    entry.warned = limit
    const what = limit === 'dailyLoss' ? 'daily loss' : 'drawdown'
    const message = `${what} of ${scope === 'global' ? 'everything' : `${scope} ${name}`} is ${loss.toFixed()}, the limit ${String(most)}`
    this.onLevel({ scope, name, limit, level: isHalt ? 'halt' : 'warning', message })
  }

  /** A trading day begins: losses count from here, and what a daily loss halted is open again. */
  roll(): void {
    for (const [key, entry] of this.#entries) {
      entry.start = entry.latest
      entry.warned = ''
      if (entry.haltedBy === 'dailyLoss') this.#reopen(key, entry)
    }
  }

  /**
   * A person re-opens an entry: losses count from now.
   *
   * @throws TradewireError `TW_INVALID_ARGUMENT` where none is halted by that name.
   */
  reset(scope: LossScope, name: string): void {
    const key = keyOf(scope, name)
    const entry = this.#entries.get(key)
    if (entry === undefined || entry.haltedBy === '')
      throw new TradewireError('TW_INVALID_ARGUMENT', `No loss limit halts ${scope} ${name}`)
    entry.start = entry.latest
    entry.peak = entry.latest
    entry.warned = ''
    this.#reopen(key, entry)
  }

  #reopen(key: string, entry: Account): void {
    entry.haltedBy = ''
    const [scope, name] = partsOf(key)
    this.onReopened(scope, name)
  }

  /** Entries that a loss halts. */
  halted(): { scope: LossScope; name: string; by: string }[] {
    return [...this.#entries].flatMap(([key, { haltedBy }]) => {
      const [scope, name] = partsOf(key)
      return haltedBy === '' ? [] : [{ scope, name, by: haltedBy }]
    })
  }

  /** All entries that are watched, for displays. */
  report(): LossEntry[] {
    return [...this.#entries].flatMap(([key, { start, peak, latest, haltedBy }]) => {
      const [scope, name] = partsOf(key)
      const limits = this.#limitsOf(scope, name)
      if (limits === undefined) return []
      const { maxDailyLoss, maxDrawdown, warnAt = this.#warnAt } = limits
      return {
        scope,
        name,
        loss: (start ?? latest).minus(latest),
        drawdown: peak.minus(latest),
        maxDailyLoss: maxDailyLoss === undefined ? undefined : new Decimal(maxDailyLoss),
        maxDrawdown: maxDrawdown === undefined ? undefined : new Decimal(maxDrawdown),
        warnAt,
        isHalted: haltedBy !== '',
      }
    })
  }

  /** What has to survive a restart. */
  save(): LossMemory {
    return [...this.#entries].flatMap(([key, { start, peak, haltedBy }]) =>
      start === undefined ? [] : [[key, start.toFixed(), peak.toFixed(), haltedBy] as const],
    )
  }

  /** Takes what {@link save} gave. */
  restore(memory: LossMemory): void {
    this.#entries.clear()
    this.#hasBegun = true
    for (const [key, start, peak, haltedBy] of memory)
      this.#entries.set(key, {
        start: new Decimal(start),
        peak: new Decimal(peak),
        latest: new Decimal(start),
        haltedBy: haltedBy === 'drawdown' || haltedBy === '' ? haltedBy : 'dailyLoss',
        warned: '',
      })
  }

  #limitsOf(scope: LossScope, name: string): ScopeLimits | undefined {
    const { global, accounts, strategies } = this.#limits
    if (scope === 'global') return global
    return limitsOfName(scope === 'account' ? accounts : strategies, name)
  }
}

function hasLoss(limits: ScopeLimits | undefined): boolean {
  return limits?.maxDailyLoss !== undefined || limits?.maxDrawdown !== undefined
}

function keyOf(scope: LossScope, name: string): string {
  return scope === 'global' ? 'global' : `${scope} ${name}`
}

function partsOf(key: string): [LossScope, string] {
  const cut = key.indexOf(' ')
  return cut < 0 ? ['global', ''] : [key.slice(0, cut) as LossScope, key.slice(cut + 1)]
}
