/**
 * Venues that do whatever a venue may do, by a seed: take orders late or not at all, fill them in parts, fill what is being
 * canceled, refuse, take orders off, lose the line, and tell the truth when they are asked after it. They know what really
 * happened; a system over them hears of it as it would of real ones.
 */
import type { ConnectorCapabilities } from '../../src/connector/capabilities.js'
import type { SeededRandom } from '../../src/core/random.js'
import { VirtualTime } from '../../src/core/virtual-time.js'
import { TifCode } from '../../src/orders/codes.js'
import type { VenueFillReport, VenueOrderReport } from '../../src/orders/venue-reports.js'
import { TradingSystem, type TradingSystemOptions } from '../../src/system/trading-system.js'
import { SimulatedDisk } from '../../src/testing/simulated-disk.js'
import { EchoConnector, echoCapabilities, type Sent } from '../support/echo-connector.js'

/** An order as a venue holds it. */
export interface HeldOrder {
  readonly venue: string
  readonly number: number
  readonly id: string
  readonly side: 1 | -1
  readonly priceUnits: number
  readonly isImmediate: boolean
  quantityUnits: number
  filledUnits: number
  /** `sent`: on its way, the venue has it or not. */
  state: 'sent' | 'working' | 'closed'
  /** Requests that are not answered: numbers of changes and cancels. */
  cancels: number[]
  changes: Extract<Sent, { kind: 'replace' }>[]
}

/** A broker that has algorithms, too. */
function withAlgorithms({ orders, ...rest }: ConnectorCapabilities): ConnectorCapabilities {
  return { ...rest, ...(orders === undefined ? {} : { orders: { ...orders, algorithms: ['vwap', 'pov'] } }) }
}

class Venue extends EchoConnector {
  override readonly capabilities = withAlgorithms(echoCapabilities)
  onSent: ((each: Sent, side: 1 | -1, isImmediate: boolean) => void) | undefined
  #seen = 0

  constructor() {
    super()
    this.onNew = (order) => this.#tell(order.sideSign, order.timeInForce)
  }

  #tell(side: 1 | -1, timeInForce: number): void {
    const each = this.sent.at(-1) as Sent
    this.onSent?.(each, side, timeInForce === TifCode.IOC || timeInForce === TifCode.FOK)
  }

  tell: (() => void) | undefined

  protected override fetchOrders(): Promise<VenueOrderReport[]> {
    this.tell?.()
    return super.fetchOrders()
  }

  protected override fetchFills(sinceUs: number): Promise<VenueFillReport[]> {
    this.tell?.()
    return super.fetchFills(sinceUs)
  }

  /** Changes and cancels since it was asked last. */
  requests(): Sent[] {
    const requests = this.sent.slice(this.#seen).filter(({ kind }) => kind !== 'new')
    this.#seen = this.sent.length
    return requests
  }
}

/** Several venues and the system over them. */
export class RandomVenues {
  readonly time = new VirtualTime()
  readonly disk: SimulatedDisk
  readonly orders: HeldOrder[] = []
  /** Executions by venue, for whoever asks after a lost line. */
  readonly fills: { order: HeldOrder; exec: string; units: number; priceUnits: number; tsUs: number }[] = []
  system!: TradingSystem
  /** Called when an order reaches the wire, before anything is answered. */
  onOrder: ((order: HeldOrder) => void) | undefined
  /** Called with the venue's name and every quote. */
  onQuote: ((venue: string) => void) | undefined
  readonly #random: SeededRandom
  readonly #names: readonly string[]
  readonly #options: TradingSystemOptions
  #venues = new Map<string, Venue>()
  #executions = 0

  constructor(random: SeededRandom, names: readonly string[], options: TradingSystemOptions = {}) {
    this.#random = random
    this.#names = names
    this.#options = options
    this.disk = new SimulatedDisk({ seed: random.below(1_000_000) })
  }

  venue(name: string): EchoConnector {
    return this.#venues.get(name) as Venue
  }

  async start(): Promise<void> {
    this.#venues = new Map(this.#names.map((name) => [name, new Venue()]))
    for (const [name, venue] of this.#venues) {
      venue.onSent = (each, side, isImmediate) => this.#arrived(name, each, side, isImmediate)
      venue.tell = () => this.#tellTruth(name)
    }
    this.system = await this.time.runUntil(
      TradingSystem.start({
        mode: 'simulation',
        journal: 'journal',
        onClose: 'leave',
        connectors: Object.fromEntries(this.#venues),
        time: this.time,
        fileSystem: this.disk.mount(),
        ...this.#options,
      }),
    )
  }

  #arrived(venue: string, each: Sent, side: 1 | -1, isImmediate: boolean): void {
    if (each.kind !== 'new') return
    const { number, clientOrderId: id, quantityUnits, priceUnits } = each
    const order: HeldOrder = {
      ...{ venue, number, id, side, priceUnits, isImmediate, quantityUnits },
      ...{ filledUnits: 0, state: 'sent', cancels: [], changes: [] },
    }
    this.orders.push(order)
    this.onOrder?.(order)
  }

  /** Takes changes and cancels off the wire. */
  collect(): void {
    for (const venue of this.#venues.values())
      for (const each of venue.requests()) {
        const order = this.orders.find(({ number }) => number === each.number)
        if (order === undefined || order.state === 'closed') continue
        if (each.kind === 'cancel') order.cancels.push(each.generation)
        if (each.kind === 'replace') order.changes.push(each)
      }
  }

  get open(): HeldOrder[] {
    return this.orders.filter(({ state }) => state !== 'closed')
  }

  /** What open orders of a kind may still fill. */
  leaves(of: (order: HeldOrder) => boolean = () => true): number {
    return this.open.filter(of).reduce((sum, order) => sum + Math.max(0, order.quantityUnits - order.filledUnits), 0)
  }

  filled(of: (order: HeldOrder) => boolean = () => true): number {
    return this.orders.filter(of).reduce((sum, { filledUnits }) => sum + filledUnits, 0)
  }

  quote(name: string, bid: number, ask: number): void {
    if (!this.venue(name).isReady) return
    this.onQuote?.(name)
    this.venue(name).quote(bid / 100, ask / 100)
    this.collect()
  }

  // ---- What a venue does -------------------------------------------------------------------------------------------------

  #isUp(order: HeldOrder): boolean {
    return this.venue(order.venue).isReady
  }

  accept(order: HeldOrder): void {
    if (order.state !== 'sent') return
    order.state = 'working'
    if (this.#isUp(order)) this.venue(order.venue).reports.accepted(order.number, `v${order.number}`, this.#now)
    this.collect()
  }

  fill(order: HeldOrder, units: number): void {
    if (order.state === 'closed') return
    if (this.#isUp(order)) this.accept(order)
    order.state = 'working'
    const part = Math.min(units, order.quantityUnits - order.filledUnits)
    if (part <= 0) return
    order.filledUnits += part
    if (order.filledUnits >= order.quantityUnits) order.state = 'closed'
    const exec = `x${++this.#executions}`
    const priceUnits = Number.isNaN(order.priceUnits) ? 1_000_000 : order.priceUnits
    this.fills.push({ order, exec, units: part, priceUnits, tsUs: this.#now })
    if (this.#isUp(order))
      this.venue(order.venue).reports.filled(order.number, exec, part, priceUnits, 0, 'USD', 2, this.#now)
    this.collect()
  }

  /** Off the book: because it was asked for, or by the venue itself. */
  takeOff(order: HeldOrder): void {
    if (order.state === 'closed') return
    if (this.#isUp(order)) this.accept(order)
    order.state = 'closed'
    if (this.#isUp(order)) this.venue(order.venue).reports.canceled(order.number, order.filledUnits, 'USER', this.#now)
    this.collect()
  }

  reject(order: HeldOrder): void {
    if (order.state !== 'sent' || !this.#isUp(order)) return
    order.state = 'closed'
    this.venue(order.venue).reports.rejected(order.number, 'BUSY', this.#now)
    this.collect()
  }

  /** Answers a change: takes it, or refuses it. */
  change(order: HeldOrder, isTaken: boolean): void {
    if (!this.#isUp(order)) return
    const request = order.changes.shift()
    if (request === undefined || order.state === 'closed') return
    this.accept(order)
    const { reports } = this.venue(order.venue)
    const { number, generation, quantityUnits } = request
    if (!isTaken || quantityUnits <= order.filledUnits) {
      reports.replaceRejected(number, generation, 'too late', this.#now)
    } else {
      order.quantityUnits = quantityUnits
      reports.replaced(number, generation, quantityUnits, Number.NaN, Number.NaN, undefined, this.#now)
    }
    this.collect()
  }

  get #now(): number {
    return this.time.wallUs()
  }

  // ---- Lines and processes -----------------------------------------------------------------------------------------------

  /** The line breaks. What was under way has arrived or not, and requests are gone. */
  drop(name: string): void {
    const venue = this.venue(name)
    if (!venue.isReady) return
    this.#forgetRequests(name)
    venue.drop()
  }

  #forgetRequests(name: string): void {
    for (const order of this.open) {
      if (order.venue !== name) continue
      // It has arrived: one that has not would be of unknown fate for ever.
      order.state = 'working'
      // A cancel has arrived, too; a change may be lost.
      if (order.cancels.length > 0) order.state = 'closed'
      order.cancels = []
      order.changes = []
    }
  }

  /** What the venue answers when it is asked. */
  #tellTruth(name: string): void {
    const { venue } = this.venue(name)
    const mine = this.orders.filter((order) => order.venue === name)
    venue.orders = mine.map((order) => ({
      clientOrderId: order.id,
      venueOrderId: `v${order.number}`,
      instrument: 0,
      account: 'PAPER',
      side: order.side > 0 ? ('buy' as const) : ('sell' as const),
      type: Number.isNaN(order.priceUnits) ? ('MARKET' as const) : ('LIMIT' as const),
      timeInForce: 'DAY' as const,
      quantityUnits: order.quantityUnits,
      ...(Number.isNaN(order.priceUnits) ? {} : { priceUnits: order.priceUnits }),
      cumulativeUnits: order.filledUnits,
      state:
        order.state !== 'closed'
          ? ('working' as const)
          : order.filledUnits >= order.quantityUnits
            ? ('filled' as const)
            : ('canceled' as const),
      tsUs: this.#now,
    }))
    venue.fills = this.fills
      .filter(({ order }) => order.venue === name)
      .map(({ order, exec, units, priceUnits, tsUs }) => ({
        exec,
        clientOrderId: order.id,
        venueOrderId: `v${order.number}`,
        instrument: 0,
        account: 'PAPER',
        side: order.side > 0 ? ('buy' as const) : ('sell' as const),
        quantityUnits: units,
        priceUnits,
        feeUnits: 0,
        feeCurrency: 'USD',
        liquidity: 2,
        tsUs,
      }))
  }

  /** Fills and ends while nobody listens are told when the line is back. */
  async comeBack(each: () => void = () => {}): Promise<void> {
    for (let second = 0; second < 8; second++) {
      await this.time.advanceMsAsync(1_000)
      each()
    }
    this.collect()
  }

  /** The process dies, and another takes its place. */
  async restart(): Promise<void> {
    for (const [name, venue] of this.#venues) {
      this.#forgetRequests(name)
      venue.drop()
      await venue.stop()
    }
    this.disk.crash({ powerCut: false })
    await this.start()
    this.collect()
  }

  /** Does something that venues do. */
  async act(): Promise<void> {
    const random = this.#random
    this.collect()
    const { open } = this
    const order = open[random.below(Math.max(1, open.length))]
    const name = this.#names[random.below(this.#names.length)] as string
    const act = random.below(20)
    if (act < 3) await this.time.advanceMsAsync(random.below(1_500))
    else if (act === 3) this.drop(name)
    else if (act === 4) await this.comeBack()
    else if (act === 5 && random.chance(0.5)) await this.restart()
    else if (order === undefined) return
    else if (act < 9) this.accept(order)
    else if (act < 13) this.fill(order, 1 + random.below(order.quantityUnits))
    else if (act === 13) this.reject(order)
    else if (act === 14) this.change(order, false)
    else if (act < 17) this.change(order, true)
    else if (order.cancels.length > 0 && this.#isUp(order)) {
      // A cancel is answered, or comes too late.
      if (random.chance(0.3)) this.fill(order, order.quantityUnits)
      else this.takeOff(order)
    } else if (order.isImmediate && this.#isUp(order)) this.takeOff(order)
  }

  /** Everything is answered: lines are up, requests are done, immediate orders are over. */
  async settle(rounds = 12, each: () => void = () => {}): Promise<void> {
    for (let round = 0; round < rounds; round++) {
      await this.comeBack(each)
      for (const order of this.open) {
        this.accept(order)
        if (order.cancels.length > 0 || order.isImmediate) this.takeOff(order)
        this.change(order, true)
      }
      this.collect()
    }
  }

  async stop(): Promise<void> {
    await this.system.stop()
  }
}
