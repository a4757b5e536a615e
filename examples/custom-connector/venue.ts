/**
 * A tiny venue behind a real TCP port, for the custom connector to talk to: one line a message, words between spaces.
 *
 *   to the venue                               from the venue
 *   HELLO name                                 WELCOME
 *   PING                                       PONG
 *   SUB symbol | UNSUB symbol                  QUOTE symbol bid ask bidSize askSize tsUs
 *   NEW id symbol side quantity price|MKT      ACK id venueId tsUs | REJECT id tsUs reason
 *   REPLACE id request quantity price          REPLACED id request quantity price tsUs | REPLACEREJECT id request tsUs reason
 *   CANCEL id request                          CANCELED id filled tsUs | CANCELREJECT id request tsUs reason
 *                                              FILL id venueId exec symbol side quantity price fee tsUs
 *   n ORDERS | n FILLS sinceUs | n POSITIONS   n ORDER … / n FILL … / n POSITION …, and n END
 *
 * Ids are letters and digits, 20 at most. It keeps orders and fills while clients come and go, and does what its owner
 * says: moves the market, fills, refuses, pulls the plug.
 */
import { type Connection, type Listener, nodeNetwork, RealTime } from 'tradewire'
import { Lines } from './lines.js'

/** An order as the venue holds it. `price` is NaN for market orders, `id` is `-` for orders of others. */
export interface LineOrder {
  readonly id: string
  readonly venueId: number
  readonly symbol: string
  readonly side: 'buy' | 'sell'
  quantity: number
  price: number
  filled: number
  state: 'working' | 'filled' | 'canceled'
  tsUs: number
}

/** An execution. */
export interface LineFill {
  readonly exec: number
  readonly order: LineOrder
  readonly quantity: number
  readonly price: number
  readonly tsUs: number
}

/** What is done to the next message that begins with a word. */
type Prank = { word: string; does: 'drop' | 'double' } | { word: string; does: 'delay'; delayMs: number }

/** The venue. One instrument, ACME, whose price the owner moves. */
export class LineVenue {
  readonly orders: LineOrder[] = []
  readonly fills: LineFill[] = []
  /** Connections that are open, messages about orders that came. */
  readonly clients = new Set<Connection>()
  messages = 0
  position = 0
  /** Refuses connections; takes them and says nothing. */
  isRefusing = false
  isHanging = false
  /** Refuses the next order for this reason. */
  rejectNext: string | undefined
  readonly pranks: Prank[] = []
  readonly #time = new RealTime()
  readonly #subscribers = new Set<Connection>()
  /** Connections over which nothing passes any more, half open. */
  readonly #silent = new Set<Connection>()
  #listener: Listener | undefined
  #bid = 99.99
  #ask = 100.01
  #size = 500

  /** Starts to listen; returns the port. */
  async open(): Promise<number> {
    this.#listener = await nodeNetwork.listen({ host: '127.0.0.1', port: 0 }, (client) => this.#welcome(client))
    return this.#listener.port
  }

  async close(): Promise<void> {
    this.dropClients()
    await this.#listener?.close()
  }

  /** Breaks all connections without a word. */
  dropClients(): void {
    for (const client of this.clients) client.destroy()
  }

  /** Lets nothing pass any more over the connections that there are, without closing them. */
  silenceClients(): void {
    for (const client of this.clients) this.#silent.add(client)
  }

  /** Moves the market; resting orders that it reaches are filled at their own price. */
  move(bid: number, ask: number, size = 500): void {
    this.#bid = bid
    this.#ask = ask
    this.#size = size
    for (const client of this.#subscribers) this.#quote(client)
    for (const order of this.orders) this.#match(order, order.price)
  }

  /** Somebody takes so much of a working order, at its price. */
  fill(order: LineOrder, quantity: number, price = order.price): void {
    const tsUs = this.#touch(order)
    order.filled += quantity
    if (order.filled >= order.quantity) order.state = 'filled'
    this.position += order.side === 'buy' ? quantity : -quantity
    const fill: LineFill = { exec: this.fills.length + 1, order, quantity, price, tsUs }
    this.fills.push(fill)
    this.#tellAll(describeFill(fill))
  }

  cancel(order: LineOrder): void {
    const tsUs = this.#touch(order)
    order.state = 'canceled'
    this.#tellAll(`CANCELED ${order.id} ${order.filled} ${tsUs}`)
  }

  /** Takes an order into the book; `-` is the id of orders that this client did not send. */
  enter(id: string, symbol: string, side: 'buy' | 'sell', quantity: number, price: number): LineOrder {
    const tsUs = this.#time.wallUs()
    const venueId = this.orders.length + 1
    const order: LineOrder = { id, venueId, symbol, side, quantity, price, filled: 0, state: 'working', tsUs }
    this.orders.push(order)
    this.#tellAll(`ACK ${id} ${venueId} ${tsUs}`)
    this.#match(order, side === 'buy' ? this.#ask : this.#bid)
    return order
  }

  /** Sends bytes that are no message. */
  babble(): void {
    for (const client of this.clients)
      client.send(Buffer.from('\u0000\u0001 no such word\n\nFILL x\n\u00ff\n', 'latin1'))
  }

  #welcome(client: Connection): void {
    if (this.isRefusing) {
      client.destroy()
      return
    }
    this.clients.add(client)
    const lines = new Lines((line) => this.#hear(client, line.split(' ')))
    client.start({
      onData: (chunk) => lines.push(chunk),
      onClose: () => {
        this.clients.delete(client)
        this.#subscribers.delete(client)
        this.#silent.delete(client)
      },
    })
  }

  #hear(client: Connection, words: string[]): void {
    if (this.isHanging || this.#silent.has(client)) return
    this.#withPrank(words[0] ?? '', () => this.#handle(client, words))
  }

  #handle(client: Connection, words: string[]): void {
    const [first = '', second = ''] = words
    if (['NEW', 'REPLACE', 'CANCEL'].includes(first)) this.messages++
    if (first === 'HELLO') this.#send(client, 'WELCOME')
    else if (first === 'PING') this.#send(client, 'PONG')
    else if (first === 'SUB') {
      this.#subscribers.add(client)
      this.#quote(client)
    } else if (first === 'UNSUB') this.#subscribers.delete(client)
    else if (first === 'NEW') this.#new(words)
    else if (first === 'REPLACE') this.#replace(words)
    else if (first === 'CANCEL') this.#cancel(second, words[2] ?? '')
    else this.#answer(client, first, second, Number(words[2] ?? 0))
  }

  #new([, id = '', symbol = '', side = '', quantity = '', price = '']: string[]): void {
    const reason = this.rejectNext ?? (symbol === 'ACME' && id.length <= 20 ? undefined : 'unknown symbol or bad id')
    this.rejectNext = undefined
    // The same id again is the same order: what a venue does that cares for its clients.
    if (this.#find(id) !== undefined) return
    if (reason === undefined) this.enter(id, symbol, side as LineOrder['side'], Number(quantity), Number(price))
    else this.#tellAll(`REJECT ${id} ${this.#time.wallUs()} ${reason}`)
  }

  #replace([, id = '', request = '', quantity = '', price = '']: string[]): void {
    const order = this.#find(id)
    if (order?.state !== 'working' || Number(quantity) <= order.filled) {
      this.#tellAll(`REPLACEREJECT ${id} ${request} ${this.#time.wallUs()} not working or too small`)
      return
    }
    order.quantity = Number(quantity)
    order.price = Number(price)
    this.#tellAll(`REPLACED ${id} ${request} ${quantity} ${price} ${this.#touch(order)}`)
    this.#match(order, order.price)
  }

  #cancel(id: string, request: string): void {
    const order = this.#find(id)
    if (order?.state === 'working') this.cancel(order)
    else this.#tellAll(`CANCELREJECT ${id} ${request} ${this.#time.wallUs()} not working`)
  }

  /** Fills what the market reaches: all that is left. */
  #match(order: LineOrder, price: number): void {
    const limit = Number.isNaN(order.price) ? (order.side === 'buy' ? Number.POSITIVE_INFINITY : 0) : order.price
    const isReached = order.side === 'buy' ? this.#ask <= limit : this.#bid >= limit
    if (order.state === 'working' && isReached) this.fill(order, order.quantity - order.filled, price)
  }

  #answer(client: Connection, tag: string, question: string, sinceUs: number): void {
    if (question === 'ORDERS')
      for (const { id, venueId, symbol, side, quantity, price, filled, state, tsUs } of this.orders)
        this.#send(
          client,
          `${tag} ORDER ${id} ${venueId} ${symbol} ${side} ${quantity} ${price} ${filled} ${state} ${tsUs}`,
        )
    else if (question === 'FILLS')
      for (const fill of this.fills) if (fill.tsUs >= sinceUs) this.#send(client, `${tag} ${describeFill(fill)}`)
    if (question === 'POSITIONS') this.#send(client, `${tag} POSITION ACME ${this.position}`)
    this.#send(client, `${tag} END`)
  }

  #find(id: string): LineOrder | undefined {
    return this.orders.find((order) => order.id === id)
  }

  #touch(order: LineOrder): number {
    // Two things that happen to one order never carry the same time.
    order.tsUs = Math.max(order.tsUs + 1, this.#time.wallUs())
    return order.tsUs
  }

  #quote(client: Connection): void {
    this.#send(client, `QUOTE ACME ${this.#bid} ${this.#ask} ${this.#size} ${this.#size} ${this.#time.wallUs()}`)
  }

  #tellAll(line: string): void {
    this.#withPrank(line.split(' ')[0] ?? '', () => {
      for (const client of this.clients) this.#send(client, line)
    })
  }

  #send(client: Connection, line: string): void {
    if (!this.#silent.has(client)) client.send(Buffer.from(`${line}\n`))
  }

  #withPrank(word: string, act: () => void): void {
    const at = this.pranks.findIndex((prank) => prank.word === word)
    const [prank] = at < 0 ? [] : this.pranks.splice(at, 1)
    if (prank?.does === 'drop') return
    if (prank?.does === 'delay') {
      this.#time.after(prank.delayMs, act)
      return
    }
    act()
    if (prank?.does === 'double') act()
  }
}

function describeFill({ exec, order, quantity, price, tsUs }: LineFill): string {
  const fee = (quantity * 0.005).toFixed(3)
  return `FILL ${order.id} ${order.venueId} ${exec} ${order.symbol} ${order.side} ${quantity} ${price} ${fee} ${tsUs}`
}
