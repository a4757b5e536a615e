/** The FIX venue as the conformance kit moves it, over real sockets. */

import type { VenueOrder } from '../../../src/connectors/sim/venue-order.js'
import type { Time } from '../../../src/core/time.js'
import { FixVenue, type FixVenueSession } from '../../../src/gateways/fix-venue/index.js'
import type { Instrument, InstrumentDefinition } from '../../../src/model/instrument.js'
import type { Side } from '../../../src/model/order-types.js'
import { OrderFlag, sideOf, sideSign, tifOf, typeOf } from '../../../src/orders/codes.js'
import type {
  ConformanceFill,
  ConformanceMessage,
  ConformanceOrder,
  ConformanceVenue,
} from '../../../src/testing/conformance/index.js'

const account = 'PAPER'

/** A venue for one case. */
export class FixConformanceVenue implements ConformanceVenue {
  readonly price = 100
  readonly symbol: string
  readonly venue: FixVenue
  readonly #instrument: Instrument

  constructor(venue: FixVenue, definition: InstrumentDefinition) {
    this.venue = venue
    this.symbol = definition.symbol
    this.#instrument = venue.market.listings[0]?.instrument as Instrument
  }

  static async open(
    time: Time,
    definition: InstrumentDefinition,
    session: Partial<FixVenueSession> & Pick<FixVenueSession, 'beginString'>,
  ): Promise<FixConformanceVenue> {
    const venue = await FixVenue.open({
      time,
      instruments: [definition],
      sessions: [
        { senderCompId: 'VENUE', targetCompId: 'CLIENT', accounts: [account], logoutTimeoutMs: 200, ...session },
      ],
    })
    return new FixConformanceVenue(venue, definition)
  }

  quote(bid: number, ask: number, size: number): void {
    this.venue.quote(this.symbol, bid, ask, size)
  }

  fill(orderId: string, quantity: number): void {
    const order = this.#order(orderId)
    this.venue.withdraw(this.symbol)
    this.venue.take(this.symbol, order.sideSign > 0 ? -1 : 1, quantity, this.#instrument.priceNumber(order.priceUnits))
  }

  orders(): ConformanceOrder[] {
    return this.venue.market.orders({ account }).map((order) => this.#view(order))
  }

  fills(): ConformanceFill[] {
    return this.venue.market.executions({ account }).map(({ exec, order, quantityUnits, priceUnits }) => ({
      id: exec,
      orderId: String(order.venueOrderId),
      side: sideOf(order.sideSign),
      quantity: this.#instrument.quantityNumber(quantityUnits),
      price: this.#instrument.priceNumber(priceUnits),
    }))
  }

  position(): number {
    return this.#instrument.quantityNumber(this.venue.market.account(account).quantityUnits(this.#instrument))
  }

  messages(): number {
    return this.venue.counters.requests
  }

  cut(): void {
    for (const connection of this.venue.network.connections) connection.cut()
  }

  silence(): void {
    for (const connection of this.venue.network.connections) connection.silence()
  }

  garbage(): void {
    for (const connection of this.venue.network.connections) connection.garble()
  }

  refuse(isRefusing: boolean): void {
    this.venue.network.isRefusing = isRefusing
  }

  hang(isHanging: boolean): void {
    this.venue.network.isHanging = isHanging
  }

  sessions(): number {
    return this.venue.network.connections.size
  }

  rejectNext(reason: string): void {
    this.venue.faults.rejectsNext = reason
  }

  dropNext(message: ConformanceMessage): void {
    this.venue.faults.next(message, { does: 'drop' })
  }

  duplicateNext(message: ConformanceMessage): void {
    this.venue.faults.next(message, { does: 'double' })
  }

  delayNext(message: ConformanceMessage, delayMs: number): void {
    this.venue.faults.next(message, { does: 'delay', delayMs })
  }

  trade(price: number, quantity: number): void {
    const tick = Number(this.#instrument.definition.priceIncrement)
    this.quote(price - tick, price + tick, quantity * 1_000)
    this.venue.trade(this.symbol, price, quantity)
  }

  cancelByVenue(orderId: string): void {
    this.venue.market.cancelByVenue(Number(orderId))
  }

  bust(fillId: string): void {
    this.venue.market.bust(Number(fillId))
  }

  correct(fillId: string, price: number): void {
    this.venue.market.correct(Number(fillId), { priceUnits: this.#instrument.makePriceUnits(price, 'nearest') })
  }

  foreignOrder(side: Side, quantity: number, price: number): string {
    return String(this.venue.order(account, this.symbol, sideSign(side), quantity, price))
  }

  close(): Promise<void> {
    return this.venue.close()
  }

  #order(id: string): VenueOrder {
    const order = this.venue.market.order(Number(id))
    if (order === undefined) throw new Error(`the venue has no order ${id}`)
    return order
  }

  #view(order: VenueOrder): ConformanceOrder {
    const { instrument } = order
    const price = (units: number) => (Number.isNaN(units) ? Number.NaN : instrument.priceNumber(units))
    return {
      id: String(order.venueOrderId),
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
