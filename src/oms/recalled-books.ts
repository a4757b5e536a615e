/** Reads what a connector's venue is known to have had out of the order table and the portfolio. */
import type { BaseConnector } from '../connector/base-connector.js'
import type { RecalledBooks, RecalledFill, RecalledOrder, RecalledPosition } from '../connector/recalled-books.js'
import type { Decimal } from '../model/decimal.js'
import { type SideSign, StatusCode } from '../orders/codes.js'
import { factsOf, inFlightRequests, lifecycle } from '../orders/derive.js'
import { Fact, isClosed } from '../orders/lifecycle.js'
import * as Field from '../orders/order-fields.js'
import * as TradeField from '../orders/trade-fields.js'
import { TOTAL } from '../portfolio/position-fields.js'
import { positionAt } from '../portfolio/position-view.js'
import { LocalBooks } from './local-books.js'
import type { OrderCore } from './order-core.js'

/** Money in 10^-8, as simulated venues count it. */
const moneyUnits = (amount: Decimal): number => Math.round(amount.toNumber() * 1e8)

/** What our journal tells of the orders and positions at a connector. */
export function recalledBooks(core: OrderCore, connector: BaseConnector): RecalledBooks {
  const books = new LocalBooks(core)
  const orders: RecalledOrder[] = []
  let highWater = core.turn.recorder.lastSeq
  for (const row of books.rows(connector)) {
    const order = recalledOrder(core, row)
    if (order === undefined) continue
    orders.push(order)
    if (typeof order.venueOrderId === 'number') highWater = Math.max(highWater, order.venueOrderId)
    for (const { exec } of order.fills) if (typeof exec === 'number') highWater = Math.max(highWater, exec)
  }
  const held = new Set(books.positions(connector).map(({ account, instrument }) => `${account} ${instrument}`))
  return { orders, positions: recalledPositions(core, held), highWater }
}

/** Undefined for an order that the venue never confirmed: it has not come. */
function recalledOrder(core: OrderCore, row: number): RecalledOrder | undefined {
  const { table, names } = core
  const { cells } = table
  const facts = factsOf(table, row)
  const fills = recalledFills(core, row)
  const venueOrderId = table.venueOrderId(row)
  const isKnown = (cells[row + Field.facts] & Fact.accepted) !== 0 || venueOrderId !== undefined || fills.length > 0
  if (!isKnown) return undefined
  const cycle = lifecycle(table, row)
  const { changes, isCancelAsked } = requests(core, row)
  return {
    number: cells[row + Field.number],
    clientOrderId: names.clientOrderId(row),
    venueOrderId,
    instrument: cells[row + Field.instrument],
    account: names.account(cells[row + Field.account]),
    sideSign: cells[row + Field.side] as SideSign,
    type: cells[row + Field.type],
    timeInForce: cells[row + Field.timeInForce],
    quantityUnits: cells[row + Field.quantity],
    priceUnits: cells[row + Field.price],
    triggerUnits: cells[row + Field.trigger],
    trailingAmountUnits: cells[row + Field.trailingAmount],
    trailingBasisPoints: cells[row + Field.trailingBasisPoints],
    displayUnits: cells[row + Field.display],
    expireTimeUs: cells[row + Field.expireUs],
    flags: cells[row + Field.flags],
    selfTradePrevention: cells[row + Field.selfTrade],
    isTriggered: (facts & Fact.triggered) !== 0,
    isOpen: !isClosed(cycle),
    state: endings[cycle] ?? 'working',
    createdUs: cells[row + Field.createdUs],
    fills,
    changes,
    isCancelAsked,
  }
}

const endings: Readonly<Record<number, RecalledOrder['state']>> = {
  [StatusCode.FILLED]: 'filled',
  [StatusCode.CANCELED]: 'canceled',
  [StatusCode.EXPIRED]: 'expired',
  [StatusCode.REJECTED]: 'rejected',
}

function recalledFills({ table, ledger }: OrderCore, row: number): RecalledFill[] {
  const { trades } = table
  const fills: RecalledFill[] = []
  for (let at = table.cells[row + Field.firstTrade]; at >= 0; at = trades.cells[at + TradeField.next]) {
    const quantityUnits = trades.cells[at + TradeField.effective]
    if (quantityUnits <= 0) continue
    const currency = trades.cells[at + TradeField.feeCurrency]
    fills.push({
      exec: trades.exec(at),
      quantityUnits,
      priceUnits: trades.priceOf(at),
      feeUnits: trades.cells[at + TradeField.fee],
      feeCurrency: currency >= 0 ? ledger.portfolio.currencies.name(currency) : '',
      liquidity: trades.cells[at + TradeField.liquidity],
      tsUs: trades.cells[at + TradeField.ts],
    })
  }
  return fills
}

function requests({ table }: OrderCore, row: number): Pick<RecalledOrder, 'changes' | 'isCancelAsked'> {
  const { cells } = table
  const inFlight = inFlightRequests(table, row)
  const changes: number[] = []
  let isCancelAsked = false
  for (let bit = 0; inFlight >>> bit !== 0; bit++) {
    if (((inFlight >>> bit) & 1) === 0) continue
    if (((cells[row + Field.requestIsCancel] >>> bit) & 1) === 1) isCancelAsked = true
    else changes.push(cells[row + Field.requestBase] + bit)
  }
  return { changes, isCancelAsked }
}

function recalledPositions({ ledger }: OrderCore, held: ReadonlySet<string>): RecalledPosition[] {
  const { portfolio } = ledger
  const { table } = portfolio
  const found: RecalledPosition[] = []
  for (let slot = 0; slot < table.size; slot++) {
    const instrument = table.instrumentOf(slot)
    const account = portfolio.accounts.name(table.accountOf(slot))
    if (table.strategyOf(slot) !== TOTAL || !held.has(`${account} ${instrument.index}`)) continue
    const { position, feesByCurrency } = positionAt(portfolio, slot)
    found.push({
      account,
      instrument: instrument.index,
      quantityUnits: portfolio.quantityAt(slot),
      averagePriceUnits:
        position.averagePrice === undefined
          ? Number.NaN
          : position.averagePrice.toNumber() * 10 ** instrument.priceScale,
      realizedUnits: moneyUnits(position.realizedGross),
      fees: feesByCurrency.map(({ currency, amount }) => ({
        currency,
        units: moneyUnits(amount),
      })),
    })
  }
  return found
}
