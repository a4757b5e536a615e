/** The simulated TWS as the conformance kit moves it. */

import type { OrderType, TimeInForce } from '../../model/order-types.js'
import type {
  ConformanceFill,
  ConformanceMessage,
  ConformanceOptions,
  ConformanceOrder,
  ConformanceVenue,
} from '../../testing/conformance/index.js'
import { defaultListings } from '../../testing/tws/catalogue.js'
import { TwsGateway } from '../../testing/tws/gateway.js'
import { blankOrder } from '../../testing/tws/order-fields.js'
import type { TwsOrder } from '../../testing/tws/tws-order.js'
import { execIdOf } from '../../testing/tws/tws-order.js'
import { IbkrConnector } from './ibkr-connector.js'
import { splitExecId } from './messages.js'
import { fromTws } from './order-mapping.js'

const account = 'DU1234567'
const aapl = 265_598

/** A gateway that does as a case says. */
export class TwsConformanceVenue implements ConformanceVenue {
  readonly symbol = 'AAPL'
  readonly price = 227.5
  readonly account = account
  readonly gateway: TwsGateway
  #pranks: { message: ConformanceMessage; fate: 'drop' | 'double' | { delayMs: number } }[] = []
  #dropping: string | undefined

  private constructor(gateway: TwsGateway) {
    this.gateway = gateway
    gateway.tamper = (way, _session, fields) => this.#fateOf(way, fields)
  }

  static async open(): Promise<TwsConformanceVenue> {
    const listings = defaultListings.filter(({ contract }) => contract.conId === aapl || contract.symbol === 'MSFT')
    return new TwsConformanceVenue(
      await TwsGateway.open({
        quoteIntervalMs: 0,
        accounts: [account],
        listings,
        cash: '10000000',
        messagesPerSecond: 1_000,
      }),
    )
  }

  quote(bid: number, ask: number, size: number): void {
    this.gateway.board.quote(aapl, bid, ask, size)
  }

  trade(price: number, quantity: number): void {
    this.gateway.board.quote(aapl, price - 0.01, price + 0.01, 100_000)
    this.gateway.board.trade(aapl, price, quantity)
  }

  fill(orderId: string, quantity: number): void {
    const order = this.#order(orderId)
    const price = Number(order.fields.lmtPrice)
    this.gateway.board.trade(aapl, price, quantity, order.fields.action === 'BUY' ? -1 : 1)
  }

  orders(): ConformanceOrder[] {
    return this.gateway.orders.orders.map((order) => {
      const { fields, status } = order
      const { type, timeInForce } = fromTws(fields.orderType, fields.tif, fields.lmtPrice)
      const number = (text: string) => (text === '' ? Number.NaN : Number(text))
      return {
        id: order.permId,
        ...(fields.orderRef === '' ? {} : { wireId: fields.orderRef }),
        side: fields.action === 'BUY' ? 'buy' : 'sell',
        type: type as OrderType,
        timeInForce: timeInForce as TimeInForce,
        quantity: Number(fields.totalQuantity),
        price: number(fields.lmtPrice),
        triggerPrice: number(fields.orderType.startsWith('TRAIL') ? '' : fields.auxPrice),
        displayQuantity: number(fields.displaySize),
        postOnly: false,
        reduceOnly: false,
        filled: order.instrument.quantityNumber(order.filledUnits),
        state:
          status === 'Filled'
            ? 'filled'
            : status === 'Cancelled'
              ? 'canceled'
              : status === 'Inactive'
                ? 'rejected'
                : 'working',
      }
    })
  }

  fills(): ConformanceFill[] {
    return this.gateway.orders.executions.map((execution) => ({
      id: splitExecId(execIdOf(execution)).base,
      orderId: execution.order.permId,
      side: execution.order.fields.action === 'BUY' ? 'buy' : 'sell',
      quantity: execution.order.instrument.quantityNumber(execution.quantityUnits),
      price: execution.order.instrument.priceNumber(execution.priceUnits),
    }))
  }

  position(): number {
    return this.gateway.accountBook.position(account, aapl)?.quantity ?? 0
  }

  messages(): number {
    return this.gateway.counters.orderMessages
  }

  cut(): void {
    this.gateway.cut()
  }

  close(): Promise<void> {
    return this.gateway.close()
  }

  sessions(): number {
    return this.gateway.sessions.size
  }

  refuse(isRefusing: boolean): void {
    this.gateway.refuse(isRefusing)
  }

  hang(isHanging: boolean): void {
    this.gateway.isHanging = isHanging
  }

  silence(): void {
    this.gateway.silence()
  }

  rejectNext(reason: string): void {
    this.gateway.orders.rejectNext = reason
  }

  dropNext(message: ConformanceMessage): void {
    this.#pranks.push({ message, fate: 'drop' })
  }

  duplicateNext(message: ConformanceMessage): void {
    this.#pranks.push({ message, fate: 'double' })
  }

  delayNext(message: ConformanceMessage, delayMs: number): void {
    this.#pranks.push({ message, fate: { delayMs } })
  }

  cancelByVenue(orderId: string): void {
    this.gateway.orders.cancelOrder(this.#order(orderId), 'by the exchange')
  }

  correct(fillId: string, price: number): void {
    const execution = this.gateway.orders.executions.find((each) => splitExecId(execIdOf(each)).base === fillId)
    if (execution === undefined) throw new Error(`no execution ${fillId}`)
    this.gateway.orders.correct(execution, price.toFixed(2))
  }

  foreignOrder(side: 'buy' | 'sell', quantity: number, price: number): string {
    const [listing] = this.gateway.listings
    if (listing === undefined) throw new Error('no listing')
    const fields = blankOrder()
    fields.action = side === 'buy' ? 'BUY' : 'SELL'
    fields.totalQuantity = String(quantity)
    fields.orderType = 'LMT'
    fields.lmtPrice = price.toFixed(2)
    fields.tif = 'DAY'
    return this.gateway.orders.placeByHand(listing, fields).permId
  }

  garbage(): void {
    const bytes = Uint8Array.from([0, 0, 0, 9, 51, 0, 120, 0, 0, 52, 0, 50, 0, 0, 0, 0, 4, 57, 57, 57, 0])
    for (const session of this.gateway.sessions) session.sendRaw(bytes)
  }

  /** The message of the protocol that a word of the kit means. */
  #fateOf(way: 'in' | 'out', fields: readonly (string | number)[]) {
    const [prank] = this.#pranks
    // TWS tells of one change twice, by openOrder and orderStatus: who loses the one loses the other.
    if (way === 'out' && this.#dropping !== undefined && this.#isAbout(fields, this.#dropping)) return 'drop' as const
    if (prank === undefined || !matches(prank.message, way, fields, this.gateway)) return 'pass' as const
    this.#pranks.shift()
    if (prank.fate === 'drop' && prank.message === 'accepted') {
      this.#dropping = String(fields[1])
      this.gateway.time.nextTurn(() => {
        this.#dropping = undefined
      })
    }
    return prank.fate
  }

  #isAbout(fields: readonly (string | number)[], orderId: string): boolean {
    return (Number(fields[0]) === 5 || Number(fields[0]) === 3) && String(fields[1]) === orderId
  }

  #order(permId: string): TwsOrder {
    const order = this.gateway.orders.orders.find((each) => each.permId === permId)
    if (order === undefined) throw new Error(`TWS has no order ${permId}`)
    return order
  }
}

function matches(
  message: ConformanceMessage,
  way: 'in' | 'out',
  fields: readonly (string | number)[],
  gateway: TwsGateway,
): boolean {
  const id = Number(fields[0])
  if (way === 'in') {
    if (message === 'cancel') return id === 4
    const isKnown = gateway.orders.orders.some(({ orderId }) => orderId === Number(fields[1]))
    return id === 3 && ((message === 'new' && !isKnown) || (message === 'replace' && isKnown))
  }
  if (message === 'fill') return id === 11
  if (message === 'canceled') return id === 3 && fields[2] === 'Cancelled'
  if (message === 'replaced') return id === 5
  return message === 'accepted' && id === 5
}

/** Over a real socket. */
export const twsConformance: ConformanceOptions<TwsConformanceVenue> = {
  venue: () => TwsConformanceVenue.open(),
  create: ({ gateway }, settings) =>
    new IbkrConnector({
      port: gateway.port,
      clientId: 7,
      contracts: ['AAPL'],
      resubscribeAfterMs: 50,
      // A case sends 50 orders at once, and more than TWS takes in a second; the limit of TWS has tests of its own.
      pacing: { windows: [{ limit: 1_000, windowMs: 1_000 }] },
      ...settings,
    }),
}
