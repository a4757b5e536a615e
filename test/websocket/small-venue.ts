/**
 * A small WebSocket venue with quotes and trades of one instrument, as the conformance kit moves it, and the feed that reads
 * it: what it takes to make a connector for a venue of one's own.
 */
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import type { WebSocketFeed } from '../../src/connectors/websocket/index.js'
import type { InstrumentDefinition } from '../../src/model/instrument.js'
import type { ConformanceVenue } from '../../src/testing/conformance/index.js'

const acme: InstrumentDefinition = {
  id: 'ACME.SMALL',
  symbol: 'ACME',
  venue: 'SMALL',
  assetClass: 'equity',
  currency: 'USD',
  priceIncrement: '0.01',
  sizeIncrement: '1',
}

/** Messages of the small venue: `{ op, kind, symbol }` to it, `{ ok }`, `{ q }` and `{ t }` from it. */
export const smallFeed: WebSocketFeed = {
  name: 'small',
  data: ['quotes', 'trades'],
  instruments: [acme],
  subscribe: ({ kind, symbol }) => ({ message: { op: 'sub', kind, symbol }, key: `${kind} ${symbol}` }),
  unsubscribe: ({ kind, symbol }) => ({ message: { op: 'unsub', kind, symbol } }),
  receive(message, out) {
    const { ok, no, q, t, n } = message as {
      ok?: string
      no?: string
      q?: [bid: string, ask: string, size: string]
      t?: [price: string, size: string]
      n?: number
    }
    if (ok !== undefined) out.confirmed(ok)
    if (no !== undefined) out.refused(no, 'not here')
    if (n !== undefined) out.sequence('all', n, 'ACME')
    if (q !== undefined) out.quote('ACME', { bid: q[0], ask: q[1], bidSize: q[2], askSize: q[2] })
    if (t !== undefined) out.trade('ACME', { price: t[0], size: t[1] })
  },
}

/** The venue. */
export class SmallVenue implements ConformanceVenue {
  readonly symbol = 'ACME'
  readonly price = 100
  readonly #http: Server
  readonly #server = new WebSocketServer({ noServer: true })
  readonly #wants = new Map<WebSocket, Set<string>>()
  readonly #raw = new Set<Duplex>()
  #isRefusing = false
  #isHanging = false
  #last: [string, string, string] | undefined
  /** Kinds of data that it does not give. */
  readonly refused = new Set<string>()
  readonly requests: { op: string; kind: string }[] = []

  constructor() {
    this.#http = createServer()
    this.#http.on('upgrade', (request, socket, head) => {
      this.#raw.add(socket)
      socket.on('error', () => {})
      socket.once('close', () => this.#raw.delete(socket))
      if (this.#isRefusing) socket.destroy()
      else if (!this.#isHanging)
        this.#server.handleUpgrade(request, socket, head, (connection) => this.#serve(connection))
    })
  }

  async open(): Promise<this> {
    this.#http.listen(0, '127.0.0.1')
    await once(this.#http, 'listening')
    return this
  }

  get url(): string {
    return `ws://127.0.0.1:${(this.#http.address() as AddressInfo).port}`
  }

  quote(bid: number, ask: number, size: number): void {
    this.#last = [bid.toFixed(2), ask.toFixed(2), String(size)]
    this.tell('quotes', { q: this.#last })
  }

  trade(price: number, quantity: number): void {
    this.tell('trades', { t: [price.toFixed(2), String(quantity)] })
  }

  /** To every connection that wants a kind; to all without one. */
  tell(kind: string | undefined, message: unknown): void {
    const text = typeof message === 'string' ? message : JSON.stringify(message)
    for (const [connection, wants] of this.#wants) if (kind === undefined || wants.has(kind)) connection.send(text)
  }

  fill(): void {}

  orders(): [] {
    return []
  }

  fills(): [] {
    return []
  }

  position(): number {
    return 0
  }

  messages(): number {
    return 0
  }

  sessions(): number {
    return this.#wants.size
  }

  cut(): void {
    for (const socket of this.#raw) socket.destroy()
  }

  refuse(isRefusing: boolean): void {
    this.#isRefusing = isRefusing
  }

  hang(isHanging: boolean): void {
    this.#isHanging = isHanging
  }

  /** Reads nothing more and says nothing more. */
  silence(): void {
    for (const connection of this.#wants.keys()) connection.pause()
    this.#wants.clear()
  }

  garbage(): void {
    this.tell(undefined, '{"q": [')
  }

  async close(): Promise<void> {
    this.cut()
    for (const connection of this.#server.clients) connection.terminate()
    this.#http.closeAllConnections()
    await new Promise((resolve) => this.#http.close(resolve))
  }

  #serve(connection: WebSocket): void {
    const wants = new Set<string>()
    this.#wants.set(connection, wants)
    connection.on('error', () => {})
    connection.on('close', () => this.#wants.delete(connection))
    connection.on('message', (data) => {
      const { op, kind, symbol } = JSON.parse(data.toString()) as { op: string; kind: string; symbol: string }
      this.requests.push({ op, kind })
      if (op === 'unsub') wants.delete(kind)
      else if (this.refused.has(kind)) connection.send(JSON.stringify({ no: `${kind} ${symbol}` }))
      else {
        wants.add(kind)
        connection.send(JSON.stringify({ ok: `${kind} ${symbol}` }))
        if (kind === 'quotes' && this.#last !== undefined) connection.send(JSON.stringify({ q: this.#last }))
      }
    })
  }
}
