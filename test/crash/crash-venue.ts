/**
 * A venue behind a real socket that remembers everything it was ever told, for clients that are killed: the line protocol of
 * the custom connector, without its pranks, fast enough for hundreds of thousands of orders.
 */
import { type Connection, type Listener, nodeNetwork, RealTime } from 'tradewire'
import { Lines } from '../../examples/custom-connector/lines.js'

interface VenueOrder {
  readonly id: string
  readonly venueId: number
  readonly side: string
  readonly quantity: number
  readonly price: string
  readonly life: number
  filled: number
  state: 'working' | 'filled' | 'canceled'
  tsUs: number
}

interface VenueFill {
  readonly line: string
  readonly tsUs: number
}

/** See the header of this file. Buys at 100 or more and sells at 100 or less are filled at once, the rest waits. */
export class CrashVenue {
  /** Orders by their id on the wire. */
  readonly orders = new Map<string, VenueOrder>()
  /** Ids that came more than once. */
  readonly duplicates: string[] = []
  /** Ids that came since {@link newIds} was asked for last. */
  #recent: string[] = []
  readonly #fills: VenueFill[] = []
  /** Orders that a client still may have to be told of. */
  #told: VenueOrder[] = []
  position = 0
  fills = 0
  #life = 0
  readonly #time = new RealTime()
  #listener: Listener | undefined
  #client: Connection | undefined
  #gone: (() => void) | undefined
  #answers = ''

  async open(): Promise<number> {
    this.#listener = await nodeNetwork.listen({ host: '127.0.0.1', port: 0 }, (client) => this.#welcome(client))
    return this.#listener.port
  }

  async close(): Promise<void> {
    this.#client?.destroy()
    await this.#listener?.close()
  }

  /** Resolves when the client is gone and everything that it sent was heard. */
  silence(): Promise<void> {
    return this.#client === undefined ? Promise.resolve() : new Promise((resolve) => (this.#gone = resolve))
  }

  /** Ids of orders that came since the last call. */
  newIds(): string[] {
    const ids = this.#recent
    this.#recent = []
    return ids
  }

  #welcome(client: Connection): void {
    this.#client = client
    this.#life++
    // What is long over was told to an earlier client.
    this.#told = this.#told.filter(({ state, life }) => state === 'working' || life >= this.#life - 3)
    const lines = new Lines((line) => this.#hear(line.split(' ')))
    client.start({
      onData: (chunk) => {
        lines.push(chunk)
        this.#flush()
      },
      onClose: () => {
        if (this.#client !== client) return
        this.#client = undefined
        this.#gone?.()
        this.#gone = undefined
      },
    })
  }

  #hear(words: string[]): void {
    const [first = '', second = '', third = ''] = words
    if (first === 'HELLO') this.#say('WELCOME')
    else if (first === 'PING') this.#say('PONG')
    else if (first === 'SUB') this.#say(`QUOTE ACME 99.99 100.01 500 500 ${this.#time.wallUs()}`)
    else if (first === 'NEW') this.#new(words)
    else if (first === 'CANCEL') this.#cancel(second, third)
    else if (second === 'ORDERS') {
      for (const each of this.#told)
        this.#say(
          `${first} ORDER ${each.id} ${each.venueId} ACME ${each.side} ${each.quantity} ${each.price} ${each.filled} ${each.state} ${each.tsUs}`,
        )
      this.#say(`${first} END`)
    } else if (second === 'FILLS') {
      const since = Number(third)
      for (let at = this.#firstFillSince(since); at < this.#fills.length; at++)
        this.#say(`${first} ${(this.#fills[at] as VenueFill).line}`)
      this.#say(`${first} END`)
    } else if (second === 'POSITIONS') {
      this.#say(`${first} POSITION ACME ${this.position}`)
      this.#say(`${first} END`)
    }
  }

  #new([, id = '', , side = '', quantity = '', price = '']: string[]): void {
    if (this.orders.has(id)) {
      this.duplicates.push(id)
      return
    }
    const tsUs = this.#now()
    const order: VenueOrder = {
      ...{ id, venueId: this.orders.size + 1, side, quantity: Number(quantity), price, life: this.#life },
      ...{ filled: 0, state: 'working', tsUs },
    }
    this.orders.set(id, order)
    this.#recent.push(id)
    this.#told.push(order)
    this.#say(`ACK ${id} ${order.venueId} ${tsUs}`)
    if (side === 'buy' ? Number(price) < 100 : Number(price) > 100) return
    order.filled = order.quantity
    order.state = 'filled'
    this.position += side === 'buy' ? order.quantity : -order.quantity
    this.fills++
    order.tsUs = this.#now()
    const line = `FILL ${id} ${order.venueId} ${this.fills} ACME ${side} ${quantity} ${price} 0.005 ${order.tsUs}`
    this.#fills.push({ line, tsUs: order.tsUs })
    this.#say(line)
  }

  #cancel(id: string, request: string): void {
    const order = this.orders.get(id)
    if (order?.state === 'working') {
      order.state = 'canceled'
      order.tsUs = this.#now()
      this.#say(`CANCELED ${id} 0 ${order.tsUs}`)
    } else this.#say(`CANCELREJECT ${id} ${request} ${this.#now()} not working`)
  }

  #lastUs = 0

  /** Never the same time twice. */
  #now(): number {
    this.#lastUs = Math.max(this.#lastUs + 1, this.#time.wallUs())
    return this.#lastUs
  }

  #firstFillSince(sinceUs: number): number {
    let from = 0
    let to = this.#fills.length
    while (from < to) {
      const middle = (from + to) >> 1
      if ((this.#fills[middle] as VenueFill).tsUs < sinceUs) from = middle + 1
      else to = middle
    }
    return from
  }

  #say(line: string): void {
    this.#answers += `${line}\n`
  }

  #flush(): void {
    const text = this.#answers
    this.#answers = ''
    if (text !== '') this.#client?.send(Buffer.from(text))
  }
}
