/** The line venue as the conformance kit moves it: what the kit wants to see and do, in terms of this venue. */
import type { ConformanceMessage, ConformanceOptions, ConformanceOrder, ConformanceVenue } from 'tradewire/testing'
import { LineConnector } from './line-connector.js'
import { type LineOrder, LineVenue } from './venue.js'

/** The word with which a message begins in this protocol. */
const words: Readonly<Record<ConformanceMessage, string>> = {
  new: 'NEW',
  replace: 'REPLACE',
  cancel: 'CANCEL',
  accepted: 'ACK',
  fill: 'FILL',
  canceled: 'CANCELED',
  replaced: 'REPLACED',
}

/** A line venue that does as a case says. */
export class LineConformanceVenue implements ConformanceVenue {
  readonly symbol = 'ACME'
  readonly price = 100
  readonly #venue = new LineVenue()
  port = 0

  async open(): Promise<this> {
    this.port = await this.#venue.open()
    return this
  }

  quote(bid: number, ask: number, size: number): void {
    this.#venue.move(bid, ask, size)
  }

  fill(orderId: number, quantity: number): void {
    this.#venue.fill(this.#order(orderId), quantity)
  }

  orders(): ConformanceOrder[] {
    return this.#venue.orders.map((order) => ({
      ...order,
      id: order.venueId,
      ...(order.id === '-' ? {} : { wireId: order.id }),
      type: Number.isNaN(order.price) ? 'MARKET' : 'LIMIT',
      timeInForce: 'DAY',
      triggerPrice: Number.NaN,
      displayQuantity: Number.NaN,
      postOnly: false,
      reduceOnly: false,
    }))
  }

  fills() {
    return this.#venue.fills.map(({ exec, order, quantity, price }) => ({
      id: exec,
      orderId: order.venueId,
      side: order.side,
      quantity,
      price,
    }))
  }

  position(): number {
    return this.#venue.position
  }

  messages(): number {
    return this.#venue.messages
  }

  cut(): void {
    this.#venue.dropClients()
  }

  close(): Promise<void> {
    return this.#venue.close()
  }

  sessions(): number {
    return this.#venue.clients.size
  }

  refuse(isRefusing: boolean): void {
    this.#venue.isRefusing = isRefusing
  }

  hang(isHanging: boolean): void {
    this.#venue.isHanging = isHanging
  }

  silence(): void {
    this.#venue.silenceClients()
  }

  rejectNext(reason: string): void {
    this.#venue.rejectNext = reason
  }

  dropNext(message: ConformanceMessage): void {
    this.#venue.pranks.push({ word: words[message], does: 'drop' })
  }

  duplicateNext(message: ConformanceMessage): void {
    this.#venue.pranks.push({ word: words[message], does: 'double' })
  }

  delayNext(message: ConformanceMessage, delayMs: number): void {
    this.#venue.pranks.push({ word: words[message], does: 'delay', delayMs })
  }

  cancelByVenue(orderId: number): void {
    this.#venue.cancel(this.#order(orderId))
  }

  foreignOrder(side: 'buy' | 'sell', quantity: number, price: number): number {
    return this.#venue.enter('-', 'ACME', side, quantity, price).venueId
  }

  garbage(): void {
    this.#venue.babble()
  }

  #order(id: number): LineOrder {
    const order = this.#venue.orders[id - 1]
    if (order === undefined) throw new Error(`the venue has no order ${id}`)
    return order
  }
}

/** What `runConformance` and `describeConformance` need to test the line connector, over real sockets. */
export const lineConformance: ConformanceOptions<LineConformanceVenue> = {
  venue: () => new LineConformanceVenue().open(),
  create: ({ port }, settings) => new LineConnector({ port, ...settings }),
}
