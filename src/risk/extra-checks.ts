/**
 * The controls of a gate that were configured beside those that every order passes, in one list; and the hooks by which they
 * learn what happens to exposure.
 */
import { OrderFlag } from '../orders/codes.js'
import * as Field from '../orders/order-fields.js'
import { DailyCounts } from './daily-counts.js'
import type { ExposureSplit, ExposureWatch } from './exposure.js'
import { type EquitySource, ExposureLimits } from './exposure-limits.js'
import { BuyingPower } from './funds.js'
import type { GateCheck, GateParts, OwnCheck } from './gate-check.js'
import type { RiskLimits } from './limits.js'
import { cashMargin, type MarginModel, regTMargin } from './measures/margin.js'
import { OwnChecks } from './own-checks.js'
import { ParentLimits } from './parent-limits.js'
import { PriceWindow } from './price-window.js'
import { isProtectiveExit } from './protective-exit.js'
import { ReentryGuard } from './reentry-guard.js'
import { Restrictions } from './restrictions.js'
import { RunawayGuard } from './runaway-guard.js'
import { ScopeBooks } from './scope-books.js'
import { type Holdings, requireSeedable, seedBook } from './scope-books-seed.js'
import { SelfMatchGuard } from './self-match.js'
import type { Subject } from './subject.js'
import { TriggerRules } from './trigger-rules.js'
import { VarLimit } from './var-limit.js'

/** What a host adds to the configured controls. */
export interface ExtraOptions {
  /** Synchronous checks of the host. */
  checks?: readonly OwnCheck[]
  /** A margin model of the host, in place of `buyingPower.model`. */
  marginModel?: MarginModel
  /** What strategies hold, for limits of strategies that come while the system runs. */
  holdings?: Holdings
}

/** See the file's header. */
export class ExtraChecks implements ExposureWatch {
  /** Positions by scope; none are kept of scopes without limits. */
  readonly books: ScopeBooks
  readonly exposureLimits: ExposureLimits
  readonly daily: DailyCounts
  readonly funds: BuyingPower | undefined
  readonly restrictions: Restrictions | undefined
  readonly priceWindow: PriceWindow | undefined
  readonly varLimit: VarLimit | undefined
  readonly #parts: GateParts
  readonly #list: GateCheck[] = []
  /** Those that want to see every order. */
  readonly #seers: GateCheck[] = []
  readonly #reentry: ReentryGuard | undefined
  readonly #selfMatch: SelfMatchGuard | undefined
  readonly #holdings: Holdings | undefined
  #needsValue: boolean
  #parents: ParentLimits | undefined

  constructor(parts: GateParts, limits: RiskLimits, options: ExtraOptions, equity: EquitySource) {
    const list = this.#list
    this.#parts = parts
    const { runaway, reentry, selfMatch, restrictions, triggers, priceWindow, valueAtRisk, buyingPower } = limits
    // The runaway guard stands first: it counts what the others refuse, and halts.
    if (runaway) list.push(new RunawayGuard(parts, runaway))
    if (restrictions !== undefined) {
      this.restrictions = new Restrictions(parts, restrictions)
      list.push(this.restrictions)
    }
    if (triggers) list.push(new TriggerRules(parts, triggers))
    if (priceWindow) {
      this.priceWindow = new PriceWindow(parts, priceWindow)
      list.push(this.priceWindow)
    }
    this.books = new ScopeBooks({ ...parts, limits })
    this.exposureLimits = new ExposureLimits(this.books, parts, equity)
    this.daily = new DailyCounts(this.books, parts)
    this.#holdings = options.holdings
    if (this.#hasBooks) list.push(this.exposureLimits, this.daily)
    const model = options.marginModel ?? (buyingPower ? modelOf(buyingPower.model) : undefined)
    if (model !== undefined) {
      const maxAgeMs = buyingPower ? buyingPower.maxAgeMs : undefined
      this.funds = new BuyingPower(parts, { model, ...(maxAgeMs === undefined ? {} : { maxAgeMs }) })
      list.push(this.funds)
    }
    if (valueAtRisk) {
      this.varLimit = new VarLimit(parts, valueAtRisk)
      list.push(this.varLimit)
    }
    if (reentry) {
      this.#reentry = new ReentryGuard(parts, reentry)
      list.push(this.#reentry)
    }
    if (selfMatch) {
      this.#selfMatch = new SelfMatchGuard(parts, selfMatch)
      list.push(this.#selfMatch)
    }
    this.#needsValue = this.#hasBooks || this.funds !== undefined || this.varLimit !== undefined
    if (options.checks !== undefined && options.checks.length > 0) list.push(new OwnChecks(parts, options.checks))
    this.#seers.push(...list.filter((check) => check.seen !== undefined))
  }

  /** Whether there is any. */
  get isEmpty(): boolean {
    return this.#list.length === 0
  }

  /** Whether any of them has to know of changes of exposure. */
  get needsWatch(): boolean {
    return this.#hasBooks || this.#reentry !== undefined || this.#selfMatch !== undefined || this.funds !== undefined
  }

  get #hasBooks(): boolean {
    return this.books.books.length > 0
  }

  /**
   * Other limits of scopes, and limits of scopes that had none: those count what is held, works and was ordered today from
   * now on. `read` reads an order of the table.
   *
   * @throws TradewireError `TW_INVALID_CONFIG` for a scope whose positions are not known any more. Nothing has changed then.
   */
  setLimits(limits: RiskLimits, read: (row: number) => Subject): void {
    const known = new Set(this.books.books.map(({ kind }) => kind))
    const { global, accounts, connectors, strategies } = limits
    const wanted = { global, account: accounts, connector: connectors, strategy: strategies }
    const missing = Object.entries(wanted).flatMap(([kind, given]) =>
      given === undefined || known.has(kind as keyof typeof wanted) ? [] : [kind],
    )
    requireSeedable(missing, this.#parts, this.#holdings)
    const hadBooks = this.#hasBooks
    for (const book of this.books.setLimits(limits))
      seedBook(this.books, book, this.#parts, this.daily, this.#holdings, read)
    if (hadBooks || !this.#hasBooks) return
    this.#needsValue = true
    this.#list.unshift(this.exposureLimits, this.daily)
    this.#seers.push(this.daily)
  }

  /** Parents and their children; made when first asked for. */
  get parents(): ParentLimits {
    if (this.#parents === undefined) {
      this.#parents = new ParentLimits(this.#parts)
      this.add(this.#parents)
    }
    return this.#parents
  }

  /** Adds a control. */
  add(check: GateCheck): void {
    this.#list.push(check)
    if (check.seen !== undefined) this.#seers.push(check)
  }

  /** The verdict of all, given that of the controls before them; every control learns of it. */
  judge(row: number, order: Subject, before: number, isNew: boolean): number {
    const list = this.#list
    let verdict = before
    if (this.#needsValue) this.#parts.valuer.value(order)
    if (verdict === 0) {
      const isBlind = this.#isBlindExit(order)
      for (let i = 0; i < list.length && verdict === 0; i++) {
        const control = list[i] as GateCheck
        if (!isBlind || control.needsPrices !== true) verdict = control.check(row, order, isNew)
      }
    }
    const seers = this.#seers
    for (let i = 0; i < seers.length; i++) (seers[i] as Required<GateCheck>).seen(row, order, verdict, isNew)
    return verdict
  }

  /** Every verdict on an order, for explanations: changes nothing. */
  verdicts(row: number, order: Subject): number[] {
    this.#parts.valuer.value(order)
    const isBlind = this.#isBlindExit(order)
    return this.#list
      .filter(({ needsPrices }) => !isBlind || needsPrices !== true)
      .map((check) => check.check(row, order, true))
      .filter((verdict) => verdict !== 0)
  }

  /**
   * Whether the order protects a position while there is no good price. Asked after the controls that look for one. What has
   * no price at all has no value then.
   */
  #isBlindExit(order: Subject): boolean {
    if ((order.flags & OrderFlag.protective) === 0 || !Number.isNaN(order.referenceUnits)) return false
    if (!isProtectiveExit(order, this.#parts.exposure)) return false
    if (Number.isNaN(order.unitValue)) order.unitValue = 0
    return true
  }

  /** A verdict in the words of the control that gave it; undefined where none of these did. */
  describe(row: number, order: Subject, verdict: number): { limit: string; observed: string } | undefined {
    this.#parts.valuer.value(order)
    const check = this.#list.find((each) => each.describe !== undefined && each.check(row, order, true) === verdict)
    return check?.describe?.(verdict, order)
  }

  onReserved(at: number, units: number): void {
    this.books.onReserved(at, units)
    this.#fundsChanged(at)
    this.#selfMatch?.orders.add(at)
  }

  onWorking(at: number, units: number): void {
    this.books.onWorking(at, units)
    this.#fundsChanged(at)
  }

  onTraded(at: number, signedUnits: number): void {
    this.books.onTraded(at, signedUnits)
    this.#fundsChanged(at)
    this.#reentry?.filled(at)
  }

  onAdjusted(account: number, instrument: number, signedUnits: number): void {
    this.books.onAdjusted(account, instrument, signedUnits)
    this.funds?.changed(account, instrument)
  }

  #fundsChanged(at: number): void {
    const { funds } = this
    if (funds === undefined) return
    const { cells } = this.#parts.table
    funds.changed(cells[at + Field.account] | 0, cells[at + Field.instrument] | 0)
  }

  onSplit(split: ExposureSplit): void {
    this.books.onSplit(split)
    for (const [account] of split.accounts) this.funds?.changed(account, split.instrument)
  }

  onOpen(at: number, isOpen: boolean): void {
    this.books.onOpen(at, isOpen)
    if (this.#selfMatch === undefined) return
    if (isOpen) this.#selfMatch.orders.add(at)
    else this.#selfMatch.orders.remove(at)
  }
}

function modelOf(model: 'cash' | 'reg-t' = 'cash'): MarginModel {
  return model === 'cash' ? cashMargin : regTMargin()
}
