/** The order plane of a configuration: tables, gate, portfolio and core, before any journal is opened or venue connected. */
import { OrderSupport } from '../connector/capabilities.js'
import type { Clock } from '../core/clock.js'
import type { Logger } from '../core/logger.js'
import { InstrumentRegistry } from '../model/instrument-registry.js'
import { CoreNames } from '../oms/core-names.js'
import { OrderCore } from '../oms/order-core.js'
import { composeValidation } from '../oms/validation/config.js'
import type { DepthSource } from '../oms/validation/stages/liquidity.js'
import { type QuoteSource, Validator } from '../oms/validation/validator.js'
import { OrderTable } from '../orders/order-table.js'
import type { RateSource } from '../portfolio/base-currency.js'
import { Portfolio } from '../portfolio/portfolio.js'
import { TOTAL } from '../portfolio/position-fields.js'
import type { MarkSource } from '../portfolio/valuation.js'
import type { ExtraOptions } from '../risk/extra-checks.js'
import { RiskGate } from '../risk/gate.js'
import type { Holdings } from '../risk/scope-books-seed.js'
import type { TradingSystemConfig } from './config.js'
import type { TradingSystemParts } from './options.js'
import { withPreset } from './risk-config.js'

/** What an order plane needs beside its configuration. */
export interface OrderPlaneParts {
  clock: Clock
  logger: Logger
  /** Prices to mark positions with. */
  marks: MarkSource
  rates?: RateSource | undefined
  /** Controls of the host. */
  extra?: ExtraOptions
}

/** Stands in for a connector that the journal knows and this system does not have. */
const absentVenue = { isReady: false, support: new OrderSupport(undefined) }

/** Bounds of what is indexed by account, strategy, connector and instrument. */
export function sizesOf({ limits = {} }: TradingSystemConfig) {
  return {
    account: limits.accounts ?? 16,
    strategy: limits.strategies ?? 256,
    connector: limits.connectors ?? 16,
    instrument: limits.instruments ?? 1_024,
  }
}

/** The smallest power of two that is not below a count, and at least 16: what tables ask for. */
export function powerOfTwo(count: number): number {
  let size = 16
  while (size < count) size *= 2
  return size
}

/** Composes the order plane of a configuration. */
export function composeOrderPlane(
  config: TradingSystemConfig,
  { clock, logger, marks, rates, extra = {} }: OrderPlaneParts,
): OrderCore {
  const { limits = {}, baseCurrency = 'USD' } = config
  const sizes = sizesOf(config)
  const instruments = new InstrumentRegistry()
  const table = new OrderTable({
    capacity: powerOfTwo(limits.orders ?? 8_192),
    ...(limits.trades === undefined ? {} : { tradeCapacity: powerOfTwo(limits.trades) }),
  })
  const names = new CoreNames(table)
  const portfolio = new Portfolio({
    baseCurrency,
    accounting: config.accounting ?? 'average',
    capital: config.capital ?? 0,
    marks,
    accounts: names.accounts,
    strategies: names.strategies,
    ...(limits.trades === undefined ? {} : { historyTrades: Math.min(limits.trades, 8_192) }),
    ...(rates === undefined ? {} : { rates }),
  })
  const gate: RiskGate = new RiskGate({
    table,
    instruments,
    names,
    clock,
    venue: (connector) => core.connectors[connector] ?? absentVenue,
    hasSlot: (connector, isUrgent) => core.sender.hasSlot(connector, isUrgent),
    sizes,
    // Live the clocks of venues are watched unasked.
    limits: { baseCurrency, ...(config.mode === 'live' ? { clock: {} } : {}), ...withPreset(config).risk },
    holdings: (visit) => visitHoldings(portfolio, visit),
    ...extra,
  })
  const core: OrderCore = new OrderCore({ table, gate, portfolio, instruments, names, clock, logger, sizes })
  return core
}

/** What strategies hold. */
function visitHoldings(portfolio: Portfolio, visit: Parameters<Holdings>[0]): void {
  const { table } = portfolio
  for (let slot = 0; slot < table.size; slot++) {
    const strategy = table.strategyOf(slot)
    if (strategy !== TOTAL)
      visit(table.accountOf(slot), strategy, table.instrumentOf(slot).index, portfolio.quantityAt(slot))
  }
}

/** Puts the validation pipeline of a configuration before the gate; none where none is asked for. */
export function composeValidator(
  core: OrderCore,
  { validation }: TradingSystemConfig,
  { calendars, validationStages }: TradingSystemParts,
  quotes: QuoteSource,
  depth: DepthSource,
): void {
  if (validation === undefined) return
  const pipeline = composeValidation(validation, {
    gate: core.gate,
    depth,
    ...(calendars === undefined ? {} : { calendars }),
    ...(validationStages === undefined ? {} : { stages: validationStages }),
  })
  core.validator = new Validator(core, pipeline, quotes)
}
