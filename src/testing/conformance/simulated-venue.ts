/** The venue of a conformance run as a simulated exchange with a book of its own; everything optional but the sockets. */
import type { ConnectorOptions } from '../../connector/connector-options.js'
import { SimulatedConnector, type SimulatedConnectorOptions } from '../../connectors/sim/simulated-connector.js'
import { SimulatedVenue } from '../../connectors/sim/venue.js'
import type { VenueOrder } from '../../connectors/sim/venue-order.js'
import type { Time } from '../../core/time.js'
import type { Instrument, InstrumentDefinition } from '../../model/instrument.js'
import type { Side } from '../../model/order-types.js'
import { OrderFlag, sideOf, sideSign, TifCode, TypeCode, tifOf, typeOf } from '../../orders/codes.js'
import { testShare } from '../builders.js'
import type { ConformanceOptions } from './run.js'
import type { ConformanceFill, ConformanceMessage, ConformanceOrder, ConformanceVenue } from './venue.js'

const account = 'PAPER'
/** Accounts of those who make the market. */
const maker = 'MAKER'
const taker = 'TAKER'

/** What a run over the simulated exchange may be given. */
export interface SimulatedConformanceOptions {
  /** The instrument to trade; a share unless given. */
  instrument?: InstrumentDefinition
  /** Options of the connector beside those of the kit. */
  connector?: SimulatedConnectorOptions
  /** Makes the connector; the plain one unless given. */
  make?: (options: SimulatedConnectorOptions) => SimulatedConnector
}

/** Options for `runConformance` and `describeConformance` over the simulated exchange, on virtual time. */
export function simulatedConformance(
  options: SimulatedConformanceOptions = {},
): ConformanceOptions<SimulatedConformanceVenue> {
  const { instrument = testShare, connector, make = (each) => new SimulatedConnector(each) } = options
  return {
    time: 'virtual',
    venue: (time) => new SimulatedConformanceVenue(time, instrument),
    create: (venue, settings) => venue.connect(make, settings, connector),
  }
}

/** A simulated exchange that does as a case says. */
export class SimulatedConformanceVenue implements ConformanceVenue {
  readonly symbol: string
  readonly price = 100
  readonly pushesAll = true
  readonly #venue: SimulatedVenue
  readonly #instrument: Instrument
  readonly #makers: number[] = []
  #connector: SimulatedConnector | undefined

  constructor(time: Time, definition: InstrumentDefinition) {
    this.#venue = new SimulatedVenue({ time })
    this.#instrument = this.#venue.list(definition, 'book').instrument
    this.symbol = definition.symbol
  }

  /** Makes the connector of a case. */
  connect(
    make: (options: SimulatedConnectorOptions) => SimulatedConnector,
    connection: ConnectorOptions,
    options: SimulatedConnectorOptions = {},
  ): SimulatedConnector {
    this.#connector = make({ ...options, venue: this.#venue, accounts: [account], connection })
    return this.#connector
  }

  quote(bid: number, ask: number, size: number): void {
    for (const id of this.#makers.splice(0)) this.#venue.cancelByVenue(id)
    this.#makers.push(this.#resting(maker, 'buy', size, bid), this.#resting(maker, 'sell', size, ask))
    this.#show()
  }

  fill(orderId: number, quantity: number): void {
    const order = this.#order(orderId)
    const price = this.#instrument.priceNumber(order.priceUnits)
    // What stands before it in the book would be taken first.
    const makers = this.#makers.splice(0)
    for (const id of makers) this.#venue.cancelByVenue(id)
    this.#resting(taker, order.sideSign > 0 ? 'sell' : 'buy', quantity, price, TifCode.IOC)
    this.#show()
  }

  orders(): ConformanceOrder[] {
    return this.#venue.orders({ account }).map((order) => this.#view(order))
  }

  fills(): ConformanceFill[] {
    return this.#venue.executions({ account }).map(({ exec, order, quantityUnits, priceUnits }) => ({
      id: exec,
      orderId: order.venueOrderId,
      side: sideOf(order.sideSign),
      quantity: this.#instrument.quantityNumber(quantityUnits),
      price: this.#instrument.priceNumber(priceUnits),
    }))
  }

  position(): number {
    return this.#instrument.quantityNumber(this.#venue.account(account).quantityUnits(this.#instrument))
  }

  messages(): number {
    return this.#venue.counters.requests
  }

  cut(): void {
    this.#connector?.breakConnection('cut by the case')
  }

  silence(): void {
    this.#connector?.silence()
  }

  refuse(isRefusing: boolean): void {
    this.#venue.isUp = !isRefusing
  }

  rejectNext(reason: string): void {
    this.#connector?.faults.rejectNext(reason)
  }

  dropNext(message: ConformanceMessage): void {
    this.#connector?.faults.dropNext(message)
  }

  duplicateNext(message: ConformanceMessage): void {
    this.#connector?.faults.duplicateNext(message)
  }

  delayNext(message: ConformanceMessage, delayMs: number): void {
    this.#connector?.faults.delayNext(message, delayMs)
  }

  trade(price: number, quantity: number): void {
    const { priceIncrement, sizeIncrement, lotSize = sizeIncrement } = this.#instrument.definition
    const tick = Number(priceIncrement)
    this.quote(price - tick, price + tick, Number(lotSize) * 1_000)
    this.#resting(maker, 'sell', quantity, price)
    this.#resting(taker, 'buy', quantity, price, TifCode.IOC)
    this.#show()
  }

  cancelByVenue(orderId: number): void {
    this.#venue.cancelByVenue(orderId)
  }

  bust(fillId: number): void {
    this.#venue.bust(fillId)
  }

  correct(fillId: number, price: number): void {
    this.#venue.correct(fillId, { priceUnits: this.#instrument.makePriceUnits(price, 'nearest') })
  }

  foreignOrder(side: Side, quantity: number, price: number): number {
    return this.#resting(account, side, quantity, price)
  }

  close(): void {
    this.#venue[Symbol.dispose]()
  }

  #resting(owner: string, side: Side, quantity: number, price: number, timeInForce: number = TifCode.GTC): number {
    return this.#venue.submitManual(owner, this.symbol, {
      sideSign: sideSign(side),
      type: TypeCode.LIMIT,
      timeInForce,
      quantityUnits: this.#instrument.quantityUnits(String(quantity)),
      priceUnits: this.#instrument.makePriceUnits(price, 'nearest'),
    }).venueOrderId
  }

  /** Shows the market as it is now to whoever watches. */
  #show(): void {
    const listing = this.#venue.listing(this.symbol)
    if (listing !== undefined) this.#venue.operate(listing, () => {})
  }

  #order(id: number): VenueOrder {
    const order = this.#venue.order(id)
    if (order === undefined) throw new Error(`the venue has no order ${id}`)
    return order
  }

  #view(order: VenueOrder): ConformanceOrder {
    const { instrument } = order
    const price = (units: number) => (Number.isNaN(units) ? Number.NaN : instrument.priceNumber(units))
    return {
      id: order.venueOrderId,
      ...(order.clientName === 'manual' ? {} : { wireId: order.clientOrderId }),
      side: sideOf(order.sideSign),
      type: typeOf(order.type),
      timeInForce: tifOf(order.timeInForce),
      quantity: instrument.quantityNumber(order.quantityUnits),
      price: price(order.priceUnits),
      triggerPrice: price(order.triggerUnits),
      displayQuantity: Number.isNaN(order.displayUnits) ? Number.NaN : instrument.quantityNumber(order.displayUnits),
      postOnly: (order.flags & OrderFlag.postOnly) !== 0,
      reduceOnly: (order.flags & OrderFlag.reduceOnly) !== 0,
      filled: instrument.quantityNumber(order.cumulativeUnits),
      state: order.state,
    }
  }
}
