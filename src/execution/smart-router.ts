/**
 * The smart order router, as an algorithm: splits an order over venues by all-in price, sends one shot a venue after what is
 * displayed, and deals with the rest: it is posted where resting costs least, waits for more, or is canceled.
 */
import type { SorParameters } from '../model/algo.js'
import { algoError, requireNumber } from '../model/algo-error.js'
import {
  type AlgoInterests,
  type ChildDecision,
  ExecutionAlgorithm,
  type ParentView,
  type PlanContext,
} from './algorithm.js'
import type { Child } from './child-book.js'
import { leastBesideOthers } from './child-size.js'
import { planRoute, type RoutePlan, type RouteVenue } from './smart-route.js'
import type { VenueBoard } from './venue-board.js'

/** A resting rest is taken back for a better route at most so often. */
const defaultIntervalMs = 1_000

/** The algorithm `sor`. */
export class SmartOrderRouter extends ExecutionAlgorithm<SorParameters> {
  readonly #intervalUs: number
  #board: VenueBoard | undefined
  #account = 0
  #connectors: number[] = []
  #nextRerouteUs = 0

  constructor(parameters: SorParameters) {
    super(parameters)
    const { rest = 'wait', intervalMs = defaultIntervalMs, venues } = parameters
    if (venues !== undefined && !(Array.isArray(venues) && venues.length > 0 && new Set(venues).size === venues.length))
      throw algoError('INVALID_PARAMETER', 'algo.venues', 'must be a list of different connectors, at least one')
    if (!['post', 'wait', 'cancel'].includes(rest))
      throw algoError('INVALID_PARAMETER', 'algo.rest', 'must be post, wait or cancel')
    this.#intervalUs = requireNumber(intervalMs, 'algo.intervalMs', 1, 86_400_000) * 1_000
  }

  override get needsWindow(): boolean {
    return false
  }

  override get interests(): AlgoInterests {
    return { quotes: true }
  }

  override begin({ board, account }: PlanContext): void {
    if (board === undefined) throw algoError('NO_VENUE', 'algo.type', 'sor needs a desk with venues')
    this.#board = board
    this.#account = account ?? 0
    this.#connectors = board.connectors(this.parameters.venues)
  }

  override decide(view: ParentView, decision: ChildDecision): void {
    decision.quantityUnits = 0
    decision.nextUs = view.nowUs + this.#intervalUs
    const posted = view.restingChildren > 0
    const wanted = view.unsentUnits + (posted ? view.workingUnits : 0)
    if (wanted <= 0) return
    const { children } = this.#route(view, wanted)
    const [first] = children
    if (first === undefined) {
      if (view.openChildren === 0) this.#decideRest(view, decision)
      return
    }
    if (posted) {
      // What rests makes room for what can be taken; not at every quote.
      if (view.nowUs < this.#nextRerouteUs) return
      this.#nextRerouteUs = view.nowUs + this.#intervalUs
      decision.cancelsWorking = true
      return
    }
    decision.quantityUnits = first.quantityUnits
    decision.priceUnits = first.limitUnits
    decision.timeInForce = 'IOC'
    decision.connector = first.venue
    // The other venues at once: what was taken from is in flight now, and left out.
    decision.continues = true
  }

  /** Where the quantity would go by what is displayed now. */
  #route(view: ParentView, quantityUnits: number): RoutePlan {
    const board = this.#board as VenueBoard
    const venues: RouteVenue[] = []
    for (const connector of this.#connectors) {
      const venue = board.venue(connector, view.instrument, view.side, this.#account, view.limitUnits)
      if (venue !== undefined) venues.push(venue)
    }
    return planRoute({
      side: view.side > 0 ? 'buy' : 'sell',
      quantityUnits,
      limitUnits: view.limitUnits,
      lotUnits: view.lotUnits,
      minChildUnits: leastBesideOthers(view, quantityUnits),
      venues,
      missCostUnits: board.missCostUnits(view.instrument),
    })
  }

  #decideRest(view: ParentView, decision: ChildDecision): void {
    const { rest = 'wait' } = this.parameters
    if (rest === 'cancel') decision.finishes = true
    if (rest !== 'post' || Number.isNaN(view.limitUnits)) return
    const connector = this.#postAt(view)
    if (connector === undefined) return
    decision.quantityUnits = view.unsentUnits
    decision.priceUnits = view.limitUnits
    decision.connector = connector
  }

  /** The venue where resting costs least: the one that is asked for, else by maker fee, else the first. */
  #postAt(view: ParentView): string | undefined {
    const board = this.#board as VenueBoard
    const { postAt } = this.parameters
    let best: { name: string; fee: number } | undefined
    for (const connector of this.#connectors) {
      if (board.obstacle(connector, view.instrument, this.#account, view.side, view.limitUnits) !== undefined) continue
      const name = board.nameOf(connector)
      if (name === postAt) return name
      const fee = board.makerFeeUnits(connector, view.instrument, view.limitUnits)
      if (best === undefined || fee < best.fee) best = { name, fee }
    }
    return best?.name
  }

  override childSent(view: ParentView, child: Child): void {
    const connector = this.#indexOf(child)
    if (connector >= 0 && child.isImmediate)
      this.#board?.sent(connector, view.instrument, view.side, child.quantityUnits)
  }

  override childClosed(view: ParentView, child: Child): void {
    const connector = this.#indexOf(child)
    if (connector >= 0 && child.isImmediate)
      this.#board?.closed(connector, view.instrument, view.side, child.quantityUnits, child.filledUnits)
  }

  #indexOf({ connector }: Child): number {
    return this.#connectors.find((index) => this.#board?.nameOf(index) === connector) ?? -1
  }
}
