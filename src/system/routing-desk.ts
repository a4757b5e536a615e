/**
 * Where new orders go, and whose market data are listened to. It watches the connectors, decides by the routes, and says so;
 * the order manager asks it for every order that names no connector.
 *
 * Only new orders move. An order stays with the connector it was sent over, whatever becomes of that; and while the fate of
 * one is unknown, nothing is sent elsewhere in its place.
 */
import type { BaseConnector } from '../connector/base-connector.js'
import type { Subscription } from '../connector/subscriptions.js'
import { TradewireError } from '../core/errors.js'
import type { TimerHandle } from '../core/scheduler.js'
import type { Time } from '../core/time.js'
import type { OrderCore } from '../oms/order-core.js'
import { StatusCode } from '../orders/codes.js'
import { lifecycle } from '../orders/derive.js'
import * as Field from '../orders/order-fields.js'
import { LocalReason } from '../risk/controls.js'
import { Feed, type FeedOptions } from '../routing/feed.js'
import type { FeedRouter } from '../routing/feed-router.js'
import { healthScale } from '../routing/health.js'
import type { RoomForOrders, Switch } from '../routing/route-selector.js'
import { type Route, type RouteConfig, RouteTable, steadinessOf } from '../routing/routes.js'
import { HealthBoard } from './health-board.js'
import { moveStreams, moveUsers } from './moved-streams.js'
import type { FeedConfig, RoutingConfig } from './routing-config.js'

/** A route or a feed uses another connector from now on. */
export interface RoutingEvent {
  readonly kind: 'route' | 'feed'
  /** Name of the route, or id of the instrument. */
  readonly name: string
  /** Absent where there was none, or none is left. */
  readonly from?: string
  readonly to?: string
  readonly reason: Switch['reason']
}

/** What a desk works with. */
export interface RoutingDeskParts {
  core: OrderCore
  feeds: FeedRouter
  connectors: ReadonlyMap<string, BaseConnector>
  time: Time
  config: RoutingConfig
  onSwitch(event: RoutingEvent): void
  onError(error: unknown, where: string): void
}

/** A route as it stands. */
export interface RouteReport {
  name: string
  strategy: string
  connectors: string[]
  current: string | undefined
  epoch: number
}

/** Routes orders and feeds of one system. */
export class RoutingDesk {
  readonly health: HealthBoard
  readonly #parts: RoutingDeskParts
  #routes: RouteTable | undefined
  /** By account name: the route of every instrument, looked up once. */
  readonly #known = new Map<string, Route[]>()
  readonly #unfollow = new Map<BaseConnector, (() => void)[]>()
  /** Names of connectors that are not there and may be named: they come later, or were taken out. */
  readonly #absent: Set<string>
  /** Instruments of pools by the connector that they prefer. */
  readonly #loads = new Map<number, number>()
  /** Room for the order that is being routed. */
  readonly #room: RoomForOrders
  #isUrgent = false
  #timer: TimerHandle | undefined

  constructor(parts: RoutingDeskParts) {
    this.#parts = parts
    const { config, core } = parts
    this.#absent = new Set(config.later)
    this.health = new HealthBoard(core.connectors, healthScale(config.health), config.minScore ?? 10)
    this.#room = {
      hasRoom: (connector) => core.sender.hasSlot(connector, this.#isUrgent),
      score: (connector) => this.health.score(connector),
    }
  }

  /**
   * Sets the routes up over the connectors there are, and begins to watch.
   *
   * @throws TradewireError `TW_INVALID_CONFIG` naming the route or feed.
   */
  open(): void {
    const { connectors, config } = this.#parts
    for (const connector of connectors.values()) this.#follow(connector)
    this.#rebuild()
    // What is wrong with a feed is said at once, not when its first instrument comes.
    for (const feed of config.feeds ?? []) new Feed(this.#feedOptions(feed))
    this.#feedInstruments(0)
    this.look()
  }

  /** A connector was added to the open desk: it takes part in routes, and brings what its feeds are subscribed to. */
  added(connector: BaseConnector): void {
    this.#absent.delete(connector.name)
    this.#follow(connector)
    this.#rebuild()
    this.#joinFeeds(connector)
    this.look()
  }

  /**
   * A connector is about to be taken out. Routes and feeds go on without it from here on, and streams that only it brings are
   * asked for elsewhere. `named`: how many users of a stream want it from this connector and from no other. Call
   * {@link removed} then, in the same turn; the promise ends when the others were asked.
   */
  leaving(connector: BaseConnector, named: (subscription: Subscription) => number): Promise<void> {
    this.health.leave(connector.source)
    this.look()
    return moveStreams(connector, named, this.#parts)
  }

  /** A connector is not part of the system any more. */
  removed(connector: BaseConnector): void {
    this.#absent.add(connector.name)
    for (const end of this.#unfollow.get(connector) ?? []) end()
    this.#unfollow.delete(connector)
    this.#rebuild()
    this.look()
  }

  /** Instruments were added: those that a feed names get it. */
  instrumentsAdded(from: number): void {
    this.#feedInstruments(from)
    this.look()
  }

  /** Ends the watching. */
  close(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    for (const ends of this.#unfollow.values()) for (const end of ends) end()
    this.#unfollow.clear()
    this.#parts.feeds.close()
  }

  /**
   * The connector for a new order, by index; below 0 the reason why there is none, with its sign changed. Round-robin moves
   * on with every call. `isUrgent`: the order takes risk away, for which venues' message limits have a share of their own.
   */
  route(instrument: number, account: string, isUrgent = false): number {
    const route = this.#routeOf(instrument, account)
    if (route === undefined) return -LocalReason.NO_ROUTE
    const { candidates } = route.selector
    // Where none can be used the most preferred is asked, and the gate says what is wrong with it.
    const preferred = candidates[0] as number
    if (candidates.length === 1) return preferred
    this.#isUrgent = isUrgent
    const next = route.selector.next(route.spills ? this.#room : undefined)
    const chosen = next < 0 ? preferred : next
    return this.#isBlocked(instrument, chosen) ? -LocalReason.UNKNOWN_ELSEWHERE : chosen
  }

  /** Looks at health now and follows it. */
  look(): void {
    const { time, feeds, core } = this.#parts
    const nowMs = time.monotonicNs() / 1e6
    for (const route of this.#routes?.routes ?? []) {
      const change = route.selector.observe(nowMs, this.health)
      if (change !== undefined) this.#tell('route', route.name, change)
    }
    for (const change of feeds.check(this.health)) {
      this.#tell('feed', core.instruments.at(change.instrument).id, change)
      this.#subscribeAnew(change.instrument, change)
    }
  }

  /** The routes as they stand, the most particular first. */
  report(): RouteReport[] {
    return (this.#routes?.routes ?? []).map(({ name, selector }) => ({
      name,
      strategy: selector.strategy,
      connectors: selector.candidates.map((index) => this.#nameOf(index)),
      current: selector.current < 0 ? undefined : this.#nameOf(selector.current),
      epoch: selector.epoch,
    }))
  }

  /**
   * The connectors over which a stream is subscribed: those of its feed, or else the one that orders of the instrument would
   * take, or else the first that has such data.
   */
  sourcesOf({ instrument, kind }: Subscription): BaseConnector[] {
    const { core, connectors, feeds } = this.#parts
    const feed = feeds.feed(instrument)
    const has = (connector: BaseConnector | undefined): connector is BaseConnector =>
      connector?.capabilities.data.includes(kind) === true
    if (feed !== undefined) {
      const cold = feed.mode === 'failover' && feed.standby === 'cold'
      const lines = cold ? [feed.sources[Math.max(0, feed.active)] as number] : feed.sources
      return lines.map((source) => core.connectors[source]).filter(has)
    }
    const first = [...connectors.values()].find(has)
    return first === undefined ? [] : [first]
  }

  #follow(connector: BaseConnector): void {
    const look = () => this.look()
    const { events } = connector
    this.#unfollow.set(connector, [
      this.health.follow(connector),
      events.on('state', look),
      events.on('health', look),
      events.on('stream', look),
    ])
    const { time, config, connectors } = this.#parts
    if (connectors.size < 2 && config.feeds === undefined) return
    this.#timer ??= time.every(config.checkIntervalMs ?? 1_000, () => {
      this.health.sample()
      this.look()
    })
  }

  #rebuild(): void {
    const { config, connectors } = this.#parts
    const trading = [...connectors].filter(([, { orderCapabilities }]) => orderCapabilities !== undefined)
    this.#known.clear()
    if (trading.length === 0) {
      this.#routes = undefined
      return
    }
    const fallback: RouteConfig = { ...config, connectors: trading.map(([name]) => name) }
    this.#routes = new RouteTable(config.routes ?? [], fallback, (name) => this.#indexOf(name), this.#routes)
  }

  /** Index of a connector that is there, or may be named all the same; -1 for one that nobody knows. */
  #indexOf(name: string): number {
    const connector = this.#parts.connectors.get(name)
    if (connector !== undefined) return connector.source
    return this.#absent.has(name) ? this.#parts.core.intern('connector', name) : -1
  }

  /** A source that comes later brings what the others of its feeds bring. */
  #joinFeeds(connector: BaseConnector): void {
    const { core, feeds, onError } = this.#parts
    for (let instrument = 0; instrument < core.instruments.size; instrument++) {
      const feed = feeds.feed(instrument)
      if (feed === undefined || feed.lineOf(connector.source) < 0) continue
      if (feed.mode === 'failover' && feed.standby === 'cold') continue
      const wanted = new Map<Subscription['kind'], number>()
      for (const source of feed.sources)
        for (const { subscription, users } of core.connectors[source]?.streams ?? [])
          if (subscription.instrument === instrument)
            wanted.set(subscription.kind, Math.max(users, wanted.get(subscription.kind) ?? 0))
      for (const [kind, users] of wanted) {
        if (!connector.capabilities.data.includes(kind)) continue
        for (let user = 0; user < users; user++)
          connector
            .subscribeTo({ kind, instrument })
            .catch((error) => onError(error, `subscribing to ${kind} at ${connector.name}`))
      }
    }
  }

  #routeOf(instrument: number, account: string): Route | undefined {
    let routes = this.#known.get(account)
    if (routes === undefined) {
      routes = []
      this.#known.set(account, routes)
    }
    const known = routes[instrument]
    if (known !== undefined) return known
    const route = this.#routes?.of(this.#parts.core.instruments.at(instrument).definition, account)
    if (route !== undefined) routes[instrument] = route
    return route
  }

  /** Whether an order of unknown fate at another connector keeps a new one from being sent over `chosen`. */
  #isBlocked(instrument: number, chosen: number): boolean {
    const { core, config } = this.#parts
    const { table } = core
    const { cells } = table
    for (const row of table.rows()) {
      if (cells[row + Field.isOpen] === 0 || cells[row + Field.connector] === chosen) continue
      if (config.unknownBlocks !== 'all' && cells[row + Field.instrument] !== instrument) continue
      if (lifecycle(table, row) === StatusCode.UNKNOWN) return true
    }
    return false
  }

  #feedInstruments(from: number): void {
    const { core, config } = this.#parts
    for (let instrument = from; instrument < core.instruments.size; instrument++) {
      const { symbol, id } = core.instruments.at(instrument)
      const feed = (config.feeds ?? []).find(
        ({ symbols }) => symbols === undefined || symbols.includes(symbol) || symbols.includes(id),
      )
      if (feed !== undefined) this.#parts.feeds.add(instrument, this.#feedOptions(feed, true))
    }
  }

  /** `isTaken`: an instrument is given to the feed, so that a pool counts it. */
  #feedOptions({ symbols: _, connectors, balance = false, ...options }: FeedConfig, isTaken = false): FeedOptions {
    const sources = connectors.map((name) => this.#sourceOf(name))
    const given = { ...steadinessOf(this.#parts.config), ...options, sources }
    if (!balance) return given
    if (options.mode !== 'failover')
      throw new TradewireError('TW_INVALID_CONFIG', `routing.feeds: balance is for mode failover, not ${options.mode}`)
    return { ...given, standby: 'cold', sources: isTaken ? this.#balanced(sources) : sources }
  }

  /** The member of a pool with the fewest instruments first; the others follow in a turn that differs, so that theirs spread. */
  #balanced(sources: readonly number[]): number[] {
    const loads = this.#loads
    const load = (source: number) => loads.get(source) ?? 0
    const first = sources.reduce((best, each) => (load(each) < load(best) ? each : best))
    const rest = sources.filter((each) => each !== first)
    const shift = rest.length === 0 ? 0 : load(first) % rest.length
    loads.set(first, load(first) + 1)
    return [first, ...rest.slice(shift), ...rest.slice(0, shift)]
  }

  /** The book of a new source starts from a snapshot, and a cold one has to be asked first. */
  #subscribeAnew(instrument: number, { from, to }: Switch): void {
    const { core, feeds, onError } = this.#parts
    const feed = feeds.feed(instrument)
    const after = core.connectors[to]
    if (feed === undefined || after === undefined) return
    // Where no source was left for a while, the streams are still with the one that was lost then.
    const sources = from >= 0 ? [from] : feed.standby === 'cold' ? feed.sources.filter((each) => each !== to) : []
    for (const before of sources.map((source) => core.connectors[source])) {
      for (const { subscription, users } of before?.streams ?? []) {
        if (before === undefined || subscription.instrument !== instrument) continue
        const isBook = subscription.kind === 'book' || subscription.kind === 'orders'
        if (feed.standby === 'hot' && !isBook) continue
        const asked =
          feed.standby === 'cold'
            ? moveUsers(subscription, users, before, after)
            : after.unsubscribeFrom(subscription).then(() => after.subscribeTo(subscription))
        asked.catch((error) => onError(error, `subscribing to ${subscription.kind} at ${after.name}`))
      }
    }
  }

  #tell(kind: RoutingEvent['kind'], name: string, { from, to, reason }: Switch): void {
    this.#parts.onSwitch({
      kind,
      name,
      ...(from < 0 ? {} : { from: this.#nameOf(from) }),
      ...(to < 0 ? {} : { to: this.#nameOf(to) }),
      reason,
    })
  }

  #nameOf(connector: number): string {
    return this.#parts.core.names.connector(connector)
  }

  #sourceOf(name: string): number {
    const index = this.#indexOf(name)
    if (index >= 0) return index
    throw new TradewireError(
      'TW_INVALID_CONFIG',
      `routing.feeds names connector "${name}", which is not there; there are ${[...this.#parts.connectors.keys()].join(', ')}`,
    )
  }
}
