/**
 * A tiny venue behind a real TCP port, for the custom connector to talk to: one line a message, words between spaces.
 *
 *   to the venue                               from the venue
 *   HELLO name                                 WELCOME
 *   PING                                       PONG
 *   SUB symbol | UNSUB symbol                  QUOTE symbol bid ask bidSize askSize tsUs
 *   NEW id symbol side quantity price|MKT      ACK id venueId tsUs | REJECT id tsUs reason
 *   CANCEL id request                          CANCELED id filled tsUs | CANCELREJECT id request tsUs reason
 *                                              FILL id exec quantity price fee tsUs
 *   n ORDERS | n FILLS sinceUs | n POSITIONS   n ORDER … / n FILL … / n POSITION …, and n END
 *
 * It keeps orders and fills while clients come and go. `dropClients` pulls the plug, as networks do.
 */
import { type Connection, type Listener, nodeNetwork, RealTime } from 'tradewire'
import { Lines } from './lines.js'

interface LineOrder {
  id: string
  venueId: number
  symbol: string
  side: string
  quantity: number
  price: number
  filled: number
  state: 'working' | 'filled' | 'canceled' | 'rejected'
  tsUs: number
}

/** The venue. One instrument, ACME, whose price the owner moves. */
export class LineVenue {
  readonly #time = new RealTime()
  readonly #orders = new Map<string, LineOrder>()
  readonly #fills: string[] = []
  readonly #clients = new Set<Connection>()
  readonly #subscribers = new Set<Connection>()
  #listener: Listener | undefined
  #position = 0
  #bid = 99.99
  #ask = 100.01

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
    for (const client of this.#clients) client.destroy()
  }

  /** Moves the market; resting orders that it reaches are filled at their own price. */
  move(bid: number, ask: number): void {
    this.#bid = bid
    this.#ask = ask
    for (const client of this.#subscribers) this.#quote(client)
    for (const order of this.#orders.values()) if (order.state === 'working') this.#match(order, order.price)
  }

  #welcome(client: Connection): void {
    this.#clients.add(client)
    const lines = new Lines((line) => this.#handle(client, line.split(' ')))
    client.start({
      onData: (chunk) => lines.push(chunk),
      onClose: () => {
        this.#clients.delete(client)
        this.#subscribers.delete(client)
      },
    })
  }

  #handle(client: Connection, words: string[]): void {
    const [first = '', second = ''] = words
    if (first === 'HELLO') this.#send(client, 'WELCOME')
    else if (first === 'PING') this.#send(client, 'PONG')
    else if (first === 'SUB') {
      this.#subscribers.add(client)
      this.#quote(client)
    } else if (first === 'UNSUB') this.#subscribers.delete(client)
    else if (first === 'NEW') this.#new(words)
    else if (first === 'CANCEL') this.#cancel(second, words[2] ?? '')
    else this.#answer(client, first, second, Number(words[2] ?? 0))
  }

  #new([, id = '', symbol = '', side = '', quantity = '', price = '']: string[]): void {
    const tsUs = this.#time.wallUs()
    if (symbol !== 'ACME') {
      this.#tellAll(`REJECT ${id} ${tsUs} unknown symbol`)
      return
    }
    const isMarket = price === 'MKT'
    const limit = isMarket ? (side === 'buy' ? Number.POSITIVE_INFINITY : 0) : Number(price)
    const venueId = this.#orders.size + 1
    const order: LineOrder = {
      id,
      venueId,
      symbol,
      side,
      quantity: Number(quantity),
      price: limit,
      filled: 0,
      state: 'working',
      tsUs,
    }
    this.#orders.set(id, order)
    this.#tellAll(`ACK ${id} ${venueId} ${tsUs}`)
    this.#match(order, side === 'buy' ? this.#ask : this.#bid)
  }

  #match(order: LineOrder, price: number): void {
    if (order.side === 'buy' ? this.#ask > order.price : this.#bid < order.price) return
    order.tsUs = this.#time.wallUs()
    order.filled = order.quantity
    order.state = 'filled'
    this.#position += order.side === 'buy' ? order.quantity : -order.quantity
    const fee = (order.quantity * 0.005).toFixed(3)
    const fill = `FILL ${order.id} ${this.#fills.length + 1} ${order.quantity} ${price} ${fee} ${order.tsUs} ${order.symbol} ${order.side}`
    this.#fills.push(fill)
    this.#tellAll(fill)
  }

  #cancel(id: string, request: string): void {
    const order = this.#orders.get(id)
    const tsUs = this.#time.wallUs()
    if (order?.state !== 'working') {
      this.#tellAll(`CANCELREJECT ${id} ${request} ${tsUs} not working`)
      return
    }
    order.state = 'canceled'
    order.tsUs = tsUs
    this.#tellAll(`CANCELED ${id} ${order.filled} ${tsUs}`)
  }

  #answer(client: Connection, tag: string, question: string, sinceUs: number): void {
    if (question === 'ORDERS') {
      for (const { id, venueId, symbol, side, quantity, price, filled, state, tsUs } of this.#orders.values()) {
        this.#send(
          client,
          `${tag} ORDER ${id} ${venueId} ${symbol} ${side} ${quantity} ${price} ${filled} ${state} ${tsUs}`,
        )
      }
    } else if (question === 'FILLS') {
      for (const fill of this.#fills) if (Number(fill.split(' ')[6]) >= sinceUs) this.#send(client, `${tag} ${fill}`)
    } else if (question === 'POSITIONS') this.#send(client, `${tag} POSITION ACME ${this.#position}`)
    this.#send(client, `${tag} END`)
  }

  #quote(client: Connection): void {
    this.#send(client, `QUOTE ACME ${this.#bid} ${this.#ask} 500 500 ${this.#time.wallUs()}`)
  }

  #tellAll(line: string): void {
    for (const client of this.#clients) this.#send(client, line)
  }

  #send(client: Connection, line: string): void {
    client.send(Buffer.from(`${line}\n`))
  }
}
