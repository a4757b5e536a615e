/**
 * Watches how far limits are used, and losses of accounts and strategies: warns at soft levels, halts at loss limits, and
 * says when an entry is open again. Part of the risk desk, which calls it every time everything is looked at.
 */
import type { OrderCore } from '../oms/order-core.js'
import type { PortfolioStanding } from '../portfolio/standing.js'
import type { AlertCenter } from '../risk/alerts/alert-center.js'
import { type LimitUse, limitUse } from '../risk/limit-use.js'
import type { RiskLimits } from '../risk/limits.js'
import { LossLimits, type LossScope } from '../risk/loss-limits.js'

/** What a monitor works with. */
export interface LimitMonitorParts {
  core: OrderCore
  alerts: AlertCenter
  limits: RiskLimits
}

/** See the file's header. */
export class LimitMonitor {
  readonly losses: LossLimits
  readonly #parts: LimitMonitorParts
  /** Limits whose use is told of now. */
  #told = new Set<string>()
  #equity = Number.NaN
  /** Raised with everything that a restart has to find again. */
  version = 0

  constructor(parts: LimitMonitorParts) {
    this.#parts = parts
    this.losses = new LossLimits(parts.limits)
    this.losses.onLevel = ({ scope, name, limit, level, message }) => {
      const isHalt = level === 'halt'
      parts.alerts.raise({
        kind: 'loss',
        key: `${limit} ${scope} ${name}`,
        severity: isHalt ? 'critical' : 'warning',
        message,
      })
      this.version++
      if (isHalt) this.apply()
    }
    this.losses.onPeak = () => {
      this.version++
    }
    this.losses.onReopened = (scope, name) => {
      for (const limit of ['dailyLoss', 'drawdown']) parts.alerts.resolve('loss', `${limit} ${scope} ${name}`)
      this.version++
      if (scope !== 'global') this.#setState(scope, name, 'ACTIVE')
    }
  }

  /** Whether there is anything to watch. */
  get isNeeded(): boolean {
    return this.#parts.core.gate.extras.books.books.length > 0 || !this.losses.isEmpty
  }

  /** Whether losses of everything together halt the system. */
  get haltsAll(): boolean {
    return this.losses.halted().some(({ scope }) => scope === 'global')
  }

  /** The use of every limit now, the fullest first. */
  use(): LimitUse[] {
    const { gate, names, instruments, sizes } = this.#parts.core
    return limitUse({
      gate,
      names,
      instruments: [...instruments].slice(0, sizes.instrument),
      counts: { account: names.accounts.size, strategy: names.strategies.size, connector: names.connectors.size },
      equity: this.#equity,
      losses: this.losses.report(),
    })
  }

  /** Judges losses. `equity`: that of the standing; NaN when it is not known. */
  judge(standing: PortfolioStanding, equity: number): void {
    const { total } = standing
    this.#equity = equity
    if (this.losses.isEmpty) return
    this.losses.observe([
      { scope: 'global', name: '', total },
      ...standing.byAccount.map((each) => ({ scope: 'account' as const, ...each })),
      ...standing.byStrategy.map((each) => ({ scope: 'strategy' as const, ...each })),
    ])
  }

  /** Tells what is at its soft level and beyond; each once, until it is below again. */
  tellUse(): void {
    if (!this.isNeeded) return
    const { alerts } = this.#parts
    const told = new Set<string>()
    for (const { limit, of, used, most, share, level } of this.use()) {
      if (level === 'ok') break
      // Losses are told of where they are judged, in exact amounts.
      if (limit === 'dailyLoss' || limit === 'drawdown') continue
      const key = `${limit} ${of}`
      told.add(key)
      if (this.#told.has(key)) continue
      const message = `${limit} of ${of} is used to ${Math.floor(share * 100)} %: ${used} of ${most}`
      alerts.raise({ kind: 'limit', key, severity: 'warning', message })
    }
    for (const key of this.#told) if (!told.has(key)) alerts.resolve('limit', key)
    this.#told = told
  }

  /** Puts what losses ask for into force: states of accounts and strategies; the owner asks for that of everything. */
  apply(): void {
    for (const { scope, name } of this.losses.halted()) if (scope !== 'global') this.#setState(scope, name, 'HALTED')
  }

  #setState(scope: Exclude<LossScope, 'global'>, name: string, state: 'HALTED' | 'ACTIVE'): void {
    const { gate, names } = this.#parts.core
    const index = (scope === 'account' ? names.accounts : names.strategies).find(name)
    if (index >= 0) gate.states.setBreaker(scope, index, state)
  }
}
