/**
 * The peer: what a careful team writes with the ordinary means of the language. Objects, Maps by string id, eventemitter3,
 * an order state machine, doubles for money. The same eleven checks, an ack and two fills an order, positions at average
 * cost by strategy and in total, and the same bounded history of closed orders.
 */
import { EventEmitter } from 'eventemitter3'
import type { OrderPath } from './core-path.js'
import {
  counts,
  feeUnits,
  limits,
  priceUnit,
  quoteEvery,
  reference,
  stepUs,
  type Workload,
  workloadSize,
} from './workload.js'

type Status = 'INITIALIZED' | 'DENIED' | 'SUBMITTED' | 'ACCEPTED' | 'PARTIALLY_FILLED' | 'FILLED'
type OrderSide = 'buy' | 'sell'

interface OrderRequest {
  symbol: string
  strategy: string
  side: OrderSide
  quantity: number
  price: number
}

interface Fill {
  orderId: string
  execId: string
  quantity: number
  price: number
  fee: number
  timeMs: number
}

interface OrderFillEvent {
  order: PlainOrder
  fill: Fill
}

/** Which status may follow which. */
const transitions: Readonly<Record<Status, readonly Status[]>> = {
  INITIALIZED: ['DENIED', 'SUBMITTED'],
  DENIED: [],
  SUBMITTED: ['ACCEPTED', 'PARTIALLY_FILLED', 'FILLED'],
  ACCEPTED: ['PARTIALLY_FILLED', 'FILLED'],
  PARTIALLY_FILLED: ['PARTIALLY_FILLED', 'FILLED'],
  FILLED: [],
}

const historySize = 8192

class PlainOrder {
  readonly id: string
  readonly request: OrderRequest
  readonly createdMs: number
  status: Status = 'INITIALIZED'
  venueOrderId: string | undefined
  filled = 0
  averagePrice = 0
  fees = 0
  updatedMs: number
  readonly fills: Fill[] = []

  constructor(id: string, request: OrderRequest, nowMs: number) {
    this.id = id
    this.request = request
    this.createdMs = nowMs
    this.updatedMs = nowMs
  }

  get leaves(): number {
    return this.request.quantity - this.filled
  }

  move(status: Status, nowMs: number): void {
    if (!transitions[this.status].includes(status)) throw new Error(`${this.id}: ${this.status} to ${status}`)
    this.status = status
    this.updatedMs = nowMs
  }

  addFill(fill: Fill): boolean {
    for (const known of this.fills) if (known.execId === fill.execId) return false
    this.fills.push(fill)
    const filled = this.filled + fill.quantity
    this.averagePrice = (this.averagePrice * this.filled + fill.price * fill.quantity) / filled
    this.filled = filled
    this.fees += fill.fee
    this.move(this.leaves <= 0 ? 'FILLED' : 'PARTIALLY_FILLED', fill.timeMs)
    return true
  }
}

class PlainPosition {
  quantity = 0
  averagePrice = 0
  realized = 0
  fees = 0

  apply(side: OrderSide, quantity: number, price: number, fee: number): void {
    const signed = side === 'buy' ? quantity : -quantity
    this.fees += fee
    if (this.quantity === 0 || this.quantity > 0 === signed > 0) {
      const size = Math.abs(this.quantity) + quantity
      this.averagePrice = (this.averagePrice * Math.abs(this.quantity) + price * quantity) / size
    } else {
      const closed = Math.min(Math.abs(this.quantity), quantity)
      this.realized += closed * (price - this.averagePrice) * (this.quantity > 0 ? 1 : -1)
      if (quantity > Math.abs(this.quantity)) this.averagePrice = price
    }
    this.quantity += signed
  }
}

interface Quote {
  mid: number
  timeMs: number
}

/** Working quantities and counts by key. */
class OpenOrders {
  readonly buying = new Map<string, number>()
  readonly selling = new Map<string, number>()
  readonly countBySymbol = new Map<string, number>()
  readonly countByStrategy = new Map<string, number>()
  total = 0

  add({ symbol, side }: OrderRequest, quantity: number): void {
    const map = side === 'buy' ? this.buying : this.selling
    map.set(symbol, (map.get(symbol) ?? 0) + quantity)
  }

  count({ symbol, strategy }: OrderRequest, change: number): void {
    this.countBySymbol.set(symbol, (this.countBySymbol.get(symbol) ?? 0) + change)
    this.countByStrategy.set(strategy, (this.countByStrategy.get(strategy) ?? 0) + change)
    this.total += change
  }
}

/** Times of recent events, oldest dropped as they leave the window. */
class RecentTimes {
  #times: number[] = []
  #start = 0

  count(nowMs: number, windowMs: number): number {
    while (this.#start < this.#times.length && nowMs - this.#times[this.#start] >= windowMs) this.#start++
    if (this.#start > 1_024) {
      this.#times = this.#times.slice(this.#start)
      this.#start = 0
    }
    return this.#times.length - this.#start
  }

  add(nowMs: number): void {
    this.#times.push(nowMs)
  }
}

type Check = (request: OrderRequest, nowMs: number) => string | undefined

class PlainEngine extends EventEmitter {
  readonly #throttleLimit: number
  readonly orders = new Map<string, PlainOrder>()
  readonly positions = new Map<string, PlainPosition>()
  readonly totals = new Map<string, PlainPosition>()
  readonly quotes = new Map<string, Quote>()
  readonly open = new OpenOrders()
  readonly isHalted = new Map<string, boolean>()
  readonly #throttle = new RecentTimes()
  readonly #duplicates = new Map<string, number[]>()
  readonly #closed: (string | undefined)[] = new Array(historySize).fill(undefined)
  #closedCount = 0
  #nextId = 1

  constructor(throttleLimit: number) {
    super()
    this.#throttleLimit = throttleLimit
  }

  readonly #checks: readonly Check[] = [
    ({ strategy, symbol }) => (this.isHalted.get(strategy) || this.isHalted.get(symbol) ? 'HALTED' : undefined),
    ({ symbol }) => (this.quotes.has(symbol) ? undefined : 'NOT_TRADABLE'),
    ({ quantity, price }) => {
      const ticks = price * 100
      const isOnGrid = Math.abs(ticks - Math.round(ticks)) < 1e-6
      return Number.isInteger(quantity) && quantity > 0 && price > 0 && isOnGrid ? undefined : 'INVALID_ORDER'
    },
    ({ quantity }) => (quantity > limits.maxOrderQuantity ? 'MAX_ORDER_QTY' : undefined),
    ({ symbol }, nowMs) => {
      const quote = this.quotes.get(symbol)
      return quote === undefined || nowMs - quote.timeMs > limits.maxAgeMs ? 'MARKET_DATA' : undefined
    },
    ({ symbol, side, price }) => {
      const { mid } = this.quotes.get(symbol) as Quote
      const width = limits.collarPercent / 100
      const isFar = side === 'buy' ? price > mid * (1 + width) : price < mid * (1 - width)
      return isFar ? 'PRICE_COLLAR' : undefined
    },
    ({ quantity, price }) => (quantity * price > limits.maxOrderNotional ? 'MAX_ORDER_NOTIONAL' : undefined),
    ({ symbol, side, quantity }) => {
      const position = this.totals.get(symbol)?.quantity ?? 0
      const worst =
        side === 'buy'
          ? position + (this.open.buying.get(symbol) ?? 0) + quantity
          : -position + (this.open.selling.get(symbol) ?? 0) + quantity
      return worst > limits.maxPosition ? 'MAX_POSITION' : undefined
    },
    ({ symbol, strategy }) => {
      const { countBySymbol, countByStrategy, total } = this.open
      const isFull =
        (countBySymbol.get(symbol) ?? 0) >= limits.maxOpenOrders ||
        (countByStrategy.get(strategy) ?? 0) >= limits.maxOpenOrders ||
        total >= limits.maxOpenOrders * 4
      return isFull ? 'MAX_OPEN_ORDERS' : undefined
    },
    (request, nowMs) => this.#checkDuplicate(request, nowMs),
    (_, nowMs) =>
      this.#throttle.count(nowMs, limits.throttle.windowMs) >= this.#throttleLimit ? 'THROTTLE' : undefined,
  ]

  #checkDuplicate({ symbol, strategy, side, quantity, price }: OrderRequest, nowMs: number): string | undefined {
    const key = `${symbol}|${strategy}|${side}|${quantity}|${price}`
    const { limit, windowMs } = limits.duplicates
    const times = this.#duplicates.get(key)
    if (times === undefined) {
      this.#duplicates.set(key, [nowMs])
      return undefined
    }
    while (times.length > 0 && nowMs - times[0] >= windowMs) times.shift()
    if (times.length >= limit) return 'DUPLICATE'
    times.push(nowMs)
    return undefined
  }

  submit(request: OrderRequest, nowMs: number): PlainOrder {
    const order = new PlainOrder(`O-${this.#nextId++}`, request, nowMs)
    this.orders.set(order.id, order)
    for (const check of this.#checks) {
      const code = check(request, nowMs)
      if (code === undefined) continue
      order.move('DENIED', nowMs)
      this.#remember(order.id)
      this.emit('denied', { order, code })
      return order
    }
    this.#throttle.add(nowMs)
    this.open.add(request, request.quantity)
    this.open.count(request, 1)
    order.move('SUBMITTED', nowMs)
    this.emit('submitted', { order })
    return order
  }

  onAccepted(id: string, venueOrderId: string, nowMs: number): void {
    const order = this.orders.get(id)
    if (order === undefined) return
    order.venueOrderId = venueOrderId
    order.move('ACCEPTED', nowMs)
    this.emit('accepted', { order })
  }

  onFill(fill: Fill): void {
    const order = this.orders.get(fill.orderId)
    if (order === undefined || !order.addFill(fill)) return
    const { request } = order
    this.open.add(request, -fill.quantity)
    this.#position(this.positions, `${request.strategy}:${request.symbol}`, request.side, fill)
    this.#position(this.totals, request.symbol, request.side, fill)
    this.emit('fill', { order, fill } satisfies OrderFillEvent)
    if (order.status !== 'FILLED') return
    this.open.count(request, -1)
    this.#remember(order.id)
    this.emit('filled', { order })
  }

  #position(positions: Map<string, PlainPosition>, key: string, side: OrderSide, fill: Fill): void {
    let position = positions.get(key)
    if (position === undefined) {
      position = new PlainPosition()
      positions.set(key, position)
    }
    position.apply(side, fill.quantity, fill.price, fill.fee)
  }

  /** Keeps the latest closed orders and forgets older ones. */
  #remember(id: string): void {
    const at = this.#closedCount++ % historySize
    const old = this.#closed[at]
    if (old !== undefined) this.orders.delete(old)
    this.#closed[at] = id
  }
}

/**
 * Opens the peer. A subscriber listens to each kind of event, as a strategy and a monitor do. `clock`: times are counted, or
 * read from the machine at every order and report; then nobody knows how many come in a millisecond.
 */
export function openPlainPath(workload: Workload, clock: 'counted' | 'real' = 'counted'): OrderPath {
  const engine = new PlainEngine(clock === 'real' ? Number.MAX_SAFE_INTEGER : limits.throttle.limit)
  const symbols = Array.from({ length: counts.instruments }, (_, i) => `S${i}`)
  const strategies = Array.from({ length: counts.strategies }, (_, i) => `strategy ${i}`)
  let denied = 0
  let filledOrders = 0
  let accepted = 0
  let fillQuantity = 0
  engine.on('denied', () => denied++)
  engine.on('accepted', () => accepted++)
  engine.on('fill', ({ fill }: OrderFillEvent) => {
    fillQuantity += fill.quantity
  })
  engine.on('filled', () => filledOrders++)
  let sent = 0
  let exec = 1
  let countedMs = 1_700_000_000_000
  const now = clock === 'real' ? () => Date.now() : () => countedMs

  return {
    run(orders) {
      for (let i = 0; i < orders; i++) {
        countedMs += stepUs / 1e3
        const nowMs = now()
        if ((sent & (quoteEvery - 1)) === 0) {
          for (const symbol of symbols) engine.quotes.set(symbol, { mid: reference, timeMs: nowMs })
        }
        const index = sent++ & (workloadSize - 1)
        const quantity = workload.quantity[index]
        const order = engine.submit(
          {
            symbol: symbols[workload.instrument[index]],
            strategy: strategies[workload.strategy[index]],
            side: workload.side[index] > 0 ? 'buy' : 'sell',
            quantity,
            price: workload.price[index] / priceUnit,
          },
          nowMs,
        )
        if (order.status === 'DENIED') continue
        const orderId = order.id
        engine.onAccepted(orderId, `V${sent}`, now())
        const first = workload.firstFill[index]
        const price = workload.fillPrice[index] / priceUnit
        const fee = feeUnits / 1e8
        engine.onFill({ orderId, execId: `E${exec++}`, quantity: first, price, fee, timeMs: now() })
        engine.onFill({ orderId, execId: `E${exec++}`, quantity: quantity - first, price, fee, timeMs: now() })
      }
    },
    outcome() {
      if (accepted !== sent - denied || fillQuantity <= 0) throw new Error('events were lost')
      let realized = 0
      let fees = 0
      for (const position of engine.positions.values()) {
        realized += position.realized
        fees += position.fees
      }
      return { denied, filledOrders, realized, fees }
    },
  }
}
