/** What our trades and fees paid, by account and currency: our side of a comparison of balances. */

import { Decimal } from '../model/decimal.js'
import type { AssetClass, Instrument } from '../model/instrument.js'
import { TOTAL } from '../portfolio/position-table.js'
import { rowFigures } from '../portfolio/valuation.js'
import type { LocalCash } from '../reconcile/inputs.js'
import type { OrderCore } from './order-core.js'

/** Contracts pay the profit when they are closed; everything else changes hands for its value. */
const contracts: ReadonlySet<AssetClass> = new Set(['crypto_perpetual', 'future', 'option', 'spread', 'cfd'])

/** Sums over all positions. Positive: received. */
export function localCash(core: OrderCore): LocalCash[] {
  const { portfolio } = core.ledger
  const { table } = portfolio
  const sums = new Map<string, { account: string; currency: string; paid: Decimal }>()
  const add = (account: string, currency: string, amount: Decimal) => {
    const key = `${account}|${currency}`
    const known = sums.get(key)
    if (known === undefined) sums.set(key, { account, currency, paid: amount })
    else known.paid = known.paid.plus(amount)
  }
  for (let slot = 0; slot < table.size; slot++) {
    if (table.strategyOf(slot) !== TOTAL) continue
    const instrument = table.instrumentOf(slot)
    const account = core.names.account(table.accountOf(slot))
    const { fees, realizedGross, quantity, averagePrice } = rowFigures(table, portfolio.fees, slot)
    const open = averagePrice === undefined || isContract(instrument) ? zero : quantity.times(averagePrice)
    add(account, instrument.settlementCurrency, realizedGross.minus(open.times(instrument.multiplier)).minus(fees))
    for (const [currency, fee] of portfolio.fees.others.get(slot) ?? []) add(account, currency, fee.negated())
  }
  return [...sums.values()].map(({ account, currency, paid }) => ({ account, currency, paid: paid.toFixed() }))
}

/** Currencies that are bought and sold themselves: a balance in one of them moves with positions, too, and is not compared. */
export function tradedCurrencies(core: OrderCore): Set<string> {
  const currencies = new Set<string>()
  for (const { definition } of core.instruments)
    if (definition.baseCurrency !== undefined) currencies.add(definition.baseCurrency)
  return currencies
}

const zero = new Decimal(0)

function isContract(instrument: Instrument): boolean {
  return contracts.has(instrument.definition.assetClass)
}
