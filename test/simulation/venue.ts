/**
 * The venue of the simulation: the truth that the system is held to.
 *
 * It is written apart from the simulated venue that the package ships, and as plainly as possible: orders, executions and
 * positions in arrays, no matching. Who fills what is decided by the scenario's dice. It remembers everything, whatever
 * happens to its clients.
 */
import type { VenueAccountReport, VenueFillReport, VenueOrderReport } from '../../src/orders/venue-reports.js'
import type { Report, Request } from './messages.js'

/** Account at the venue behind a line. */
export const accountOf = (line: number): string => (line === 0 ? 'SIM' : `SIM${line}`)

/** An order as the venue holds it. */
export interface VenueOrder {
  readonly id: number
  readonly account: string
  /** Undefined for orders that somebody else sent. */
  readonly clientOrderId: string | undefined
  /** Its number in the system that sent it; 0 for others. */
  readonly order: number
  readonly intent: string
  readonly instrument: number
  readonly side: 1 | -1
  quantity: number
  price: number
  cumulative: number
  /** Price times quantity over its executions. */
  value: number
  state: 'working' | 'filled' | 'canceled' | 'expired' | 'rejected'
  /** Highest replace generation that was decided on. */
  generation: number
  tsUs: number
  /** How it was described last; undefined after a change. */
  report: VenueOrderReport | undefined
}

/** An execution as the venue holds it. */
export interface VenueFill {
  readonly exec: number
  readonly order: VenueOrder
  readonly quantity: number
  price: number
  readonly tsUs: number
  isBusted: boolean
  isCorrected: boolean
}

/** Orders, executions and positions of one account. */
export class Venue {
  readonly account: string
  readonly orders: VenueOrder[] = []
  readonly fills: VenueFill[] = []
  readonly positions: number[]
  readonly #byClientId = new Map<string, VenueOrder>()
  readonly #nowUs: () => number
  readonly #tell: (report: Report) => void
  /** Changes that were refused: a request has one answer, whenever a copy of it comes. */
  readonly #refusedChanges = new Set<string>()
  #nextExec = 1
  /** Orders that were forgotten when the venue lost its book. */
  readonly lost: VenueOrder[] = []
  /** Chooses new orders to refuse. */
  refuses: () => boolean = () => false

  constructor(instruments: number, account: string, nowUs: () => number, tell: (report: Report) => void) {
    this.account = account
    this.positions = new Array<number>(instruments).fill(0)
    this.#nowUs = nowUs
    this.#tell = tell
  }

  find(clientOrderId: string): VenueOrder | undefined {
    return this.#byClientId.get(clientOrderId)
  }

  /** Orders that work now. */
  working(): VenueOrder[] {
    return this.orders.filter((order) => order.state === 'working')
  }

  /** Takes a request. A new order that it has already is a repetition and changes nothing. */
  receive(request: Request): void {
    if (request.kind === 'new') this.#new(request)
    else if (request.kind === 'replace') this.#replace(request)
    else if (request.kind === 'cancel') this.#cancel(request)
    else this.#tell({ kind: 'answer', id: request.id, ...this.#answer(request.what, request.sinceUs) })
  }

  /** Executes a part of a working order. */
  fill(order: VenueOrder, quantity: number, price: number): void {
    const tsUs = this.#stamp(order)
    const fill: VenueFill = {
      exec: this.#nextExec++,
      order,
      quantity,
      price,
      tsUs,
      isBusted: false,
      isCorrected: false,
    }
    this.fills.push(fill)
    order.cumulative += quantity
    order.value += quantity * price
    this.positions[order.instrument] += order.side * quantity
    if (order.cumulative >= order.quantity) order.state = 'filled'
    this.#tellFill(fill)
  }

  /** Tells an execution, as it was when it happened: once more, perhaps. */
  repeat(fill: VenueFill): void {
    this.#tellFill(fill)
  }

  #tellFill(fill: VenueFill): void {
    const { exec, order, quantity, price, tsUs } = fill
    if (order.clientOrderId === undefined) this.#tell({ kind: 'external_fill', fill: fillReport(fill) })
    else this.#tell({ kind: 'filled', clientOrderId: order.clientOrderId, exec, quantity, price, tsUs })
  }

  /** Takes a working order off the book. */
  close(order: VenueOrder, isExpiry: boolean): void {
    order.state = isExpiry ? 'expired' : 'canceled'
    const tsUs = this.#stamp(order)
    if (order.clientOrderId !== undefined)
      this.#tell({ kind: 'closed', clientOrderId: order.clientOrderId, isExpiry, cumulative: order.cumulative, tsUs })
  }

  /** Takes an execution back. An order that was filled by it stays off the book. */
  bust(fill: VenueFill): void {
    const { order, exec } = fill
    fill.isBusted = true
    order.cumulative -= fill.quantity
    order.value -= fill.quantity * fill.price
    this.positions[order.instrument] -= order.side * fill.quantity
    if (order.state === 'filled') order.state = 'canceled'
    const tsUs = this.#stamp(order)
    if (order.clientOrderId !== undefined)
      this.#tell({ kind: 'busted', clientOrderId: order.clientOrderId, exec, works: order.state === 'working', tsUs })
  }

  /** Changes the price of an execution. */
  correct(fill: VenueFill, price: number): void {
    const { order, exec, quantity } = fill
    order.value += quantity * (price - fill.price)
    fill.price = price
    fill.isCorrected = true
    const tsUs = this.#stamp(order)
    if (order.clientOrderId !== undefined)
      this.#tell({
        kind: 'corrected',
        clientOrderId: order.clientOrderId,
        exec,
        quantity,
        price,
        works: order.state === 'working',
        tsUs,
      })
  }

  /** Somebody else on the account sends an order. */
  externalOrder(instrument: number, side: 1 | -1, quantity: number, price: number): void {
    const order = this.#add(undefined, 0, 'external', instrument, side, quantity, price)
    this.#tell({ kind: 'external_order', order: orderReport(order, undefined) })
  }

  /** Restarts without its book: working orders are gone and nobody is told. */
  loseBook(): void {
    for (const order of this.working()) {
      this.lost.push(order)
      this.orders.splice(this.orders.indexOf(order), 1)
      if (order.clientOrderId !== undefined) this.#byClientId.delete(order.clientOrderId)
    }
  }

  /** Average price of an order's executions; undefined before the first. */
  average(order: VenueOrder): number | undefined {
    return order.cumulative === 0 ? undefined : order.value / order.cumulative
  }

  #new(request: Extract<Request, { kind: 'new' }>): void {
    const { clientOrderId, order: number, intent, instrument, side, quantity, price } = request
    if (this.#byClientId.has(clientOrderId) || this.lost.some((order) => order.clientOrderId === clientOrderId)) return
    const order = this.#add(clientOrderId, number, intent, instrument, side, quantity, price)
    this.#byClientId.set(clientOrderId, order)
    if (this.refuses()) {
      order.state = 'rejected'
      this.#tell({ kind: 'rejected', clientOrderId, tsUs: order.tsUs })
    } else this.#tell({ kind: 'accepted', clientOrderId, venueOrderId: order.id, tsUs: order.tsUs })
  }

  #add(
    clientOrderId: string | undefined,
    number: number,
    intent: string,
    instrument: number,
    side: 1 | -1,
    quantity: number,
    price: number,
  ): VenueOrder {
    const id = this.orders.length + this.lost.length + 1
    const order: VenueOrder = {
      id,
      account: this.account,
      clientOrderId,
      order: number,
      intent,
      instrument,
      side,
      quantity,
      price,
      cumulative: 0,
      value: 0,
      state: 'working',
      generation: 0,
      tsUs: this.#nowUs(),
      report: undefined,
    }
    this.orders.push(order)
    return order
  }

  #replace({ clientOrderId, generation, quantity, price }: Extract<Request, { kind: 'replace' }>): void {
    const order = this.#byClientId.get(clientOrderId)
    if (order !== undefined && generation === order.generation) return
    const request = `${clientOrderId} ${generation}`
    const isPossible = order?.state === 'working' && generation > order.generation && quantity > order.cumulative
    if (!isPossible || this.#refusedChanges.has(request)) {
      this.#refusedChanges.add(request)
      this.#tell({ kind: 'refused', clientOrderId, generation, isCancel: false, tsUs: this.#nowUs() })
      return
    }
    order.generation = generation
    order.quantity = quantity
    order.price = price
    this.#tell({ kind: 'replaced', clientOrderId, generation, quantity, price, tsUs: this.#stamp(order) })
  }

  #cancel({ clientOrderId, generation }: Extract<Request, { kind: 'cancel' }>): void {
    const order = this.#byClientId.get(clientOrderId)
    if (order?.state === 'working') this.close(order, false)
    else this.#tell({ kind: 'refused', clientOrderId, generation, isCancel: true, tsUs: this.#nowUs() })
  }

  /** Times of an order rise: no two of its changes have one time. */
  #stamp(order: VenueOrder): number {
    order.tsUs = Math.max(order.tsUs + 1, this.#nowUs())
    order.report = undefined
    return order.tsUs
  }

  #answer(
    what: string,
    sinceUs: number,
  ): { orders?: VenueOrderReport[]; fills?: VenueFillReport[]; account?: VenueAccountReport } {
    switch (what) {
      case 'orders':
        return {
          orders: this.orders.map((order) => {
            order.report ??= orderReport(order, this.average(order))
            return order.report
          }),
        }
      case 'fills':
        return { fills: this.fills.filter((fill) => !fill.isBusted && fill.tsUs >= sinceUs).map(fillReport) }
      case 'account':
        return {
          account: {
            positions: this.positions.map((quantityUnits, instrument) => ({
              account: this.account,
              instrument,
              quantityUnits,
            })),
          },
        }
      default:
        return {}
    }
  }
}

function orderReport(order: VenueOrder, averagePriceUnits: number | undefined): VenueOrderReport {
  return {
    ...(order.clientOrderId === undefined ? {} : { clientOrderId: order.clientOrderId }),
    venueOrderId: order.id,
    instrument: order.instrument,
    account: order.account,
    side: order.side > 0 ? 'buy' : 'sell',
    type: 'LIMIT',
    timeInForce: 'GTC',
    quantityUnits: order.quantity,
    priceUnits: order.price,
    cumulativeUnits: order.cumulative,
    ...(averagePriceUnits === undefined ? {} : { averagePriceUnits }),
    state: order.state,
    tsUs: order.tsUs,
  }
}

function fillReport(fill: VenueFill): VenueFillReport {
  const { order } = fill
  return {
    exec: fill.exec,
    ...(order.clientOrderId === undefined ? {} : { clientOrderId: order.clientOrderId }),
    venueOrderId: order.id,
    instrument: order.instrument,
    account: order.account,
    side: order.side > 0 ? 'buy' : 'sell',
    quantityUnits: fill.quantity,
    priceUnits: fill.price,
    liquidity: 1,
    tsUs: fill.tsUs,
  }
}
