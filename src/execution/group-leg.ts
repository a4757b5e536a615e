/** One order of a group over its lives: sent, changed, canceled and sent again until what is wanted of it works. */
import type { OrderRequest } from '../model/order.js'
import type { OrderCore } from '../oms/order-core.js'
import type { OrderManager } from '../oms/order-manager.js'
import { hasTrigger, StatusCode, TifCode, TypeCode } from '../orders/codes.js'
import { inFlightRequests, lifecycle, worstCaseLeaves } from '../orders/derive.js'
import { isClosed } from '../orders/lifecycle.js'
import * as Field from '../orders/order-fields.js'
import type { GroupPlan, LegPlan } from './group-plan.js'
import { isPassing } from './refusals.js'
import { TriggerWatch } from './trigger-watch.js'

/** Refusals in a row after which a leg is given up. */
const maxRefusals = 5
const backoffUs = 1_000_000
/** A change that is not answered for so long was lost with its line: the order is taken off and sent again. */
const lostAfterUs = 10_000_000

/** What a leg works with. */
export interface LegParts {
  core: OrderCore
  orders: OrderManager
  plan: GroupPlan
  onChange(): void
  alert(reason: string, order: number): void
}

/** See the file's header. */
export class GroupLeg {
  readonly leg: LegPlan
  /** Its place in the group, from 0. */
  readonly place: number
  /** Given up: a person took it off, or it was refused too often. */
  isDropped = false
  /** Watches its trigger, where the venue cannot. */
  watch: TriggerWatch | undefined
  /** Why the last one was refused. */
  reason: string | undefined
  readonly #parts: LegParts
  /** Order numbers of its lives, the oldest first, by their place among the children of the group. */
  readonly #children = new Map<number, number>()
  /** Filled by each of its lives, as far as any did: records of closed orders go. */
  readonly #fills = new Map<number, number>()
  #lives = 0
  #isCancelAsked = false
  #refusals = 0
  #retryUs = Number.NEGATIVE_INFINITY
  /** What the last change asked for, how many were refused in a row, and when the next may go. */
  #askedUnits = Number.NaN
  #refusedChanges = 0
  #changeAgainUs = Number.NEGATIVE_INFINITY
  #changeAskedUs = Number.NEGATIVE_INFINITY
  #handled = 0

  constructor(leg: LegPlan, place: number, parts: LegParts) {
    this.leg = leg
    this.place = place
    this.#parts = parts
  }

  /** Whether a child of the group is a life of this leg. */
  owns(index: number): boolean {
    return (index - 1) % this.#parts.plan.legs.length === this.place
  }

  /** Takes a child that was sent, now or before a restart. */
  adopt(index: number, number: number): void {
    this.#children.set(index, number)
    this.#countLife(index)
    const row = this.#row(number)
    if (row >= 0) this.#parts.core.handleOf(row).onEvent(() => this.#parts.onChange())
  }

  #countLife(index: number): void {
    this.#lives = Math.max(this.#lives, Math.floor((index - 1) / this.#parts.plan.legs.length) + 1)
  }

  #row(number: number): number {
    return this.#parts.core.table.rowOf(number)
  }

  /** Row of the life that may still trade; -1 when there is none. */
  get openRow(): number {
    const { table } = this.#parts.core
    for (const number of this.#children.values()) {
      const row = this.#row(number)
      if (row >= 0 && !isClosed(lifecycle(table, row))) return row
    }
    return -1
  }

  get wasSent(): boolean {
    return this.#lives > 0
  }

  /** Filled in all its lives. */
  get filledUnits(): number {
    let filled = 0
    for (const units of this.fills.values()) filled += units
    return filled
  }

  /** Filled by each of its lives, by its place among the children of the group; those that filled nothing may be left out. */
  get fills(): ReadonlyMap<number, number> {
    const { cells } = this.#parts.core.table
    for (const [index, number] of this.#children) {
      const row = this.#row(number)
      if (row < 0) continue
      const units = cells[row + Field.filled]
      if (units !== 0 || this.#fills.has(index)) this.#fills.set(index, units)
    }
    return this.#fills
  }

  /** Takes up what a child had filled, whose record may be gone by now. */
  recallFill(index: number, units: number): void {
    this.#fills.set(index, units)
    this.#countLife(index)
  }

  /** What its open life may still trade at worst. */
  get leavesUnits(): number {
    const row = this.openRow
    return row < 0 ? 0 : worstCaseLeaves(this.#parts.core.table, row)
  }

  /** What the venue has confirmed to be working of it; an armed trigger counts as what it is armed for. */
  confirmedUnits(wantedUnits: number): number {
    const { table } = this.#parts.core
    const row = this.openRow
    if (row < 0) return this.watch !== undefined && !this.watch.isTriggered && !this.isDropped ? wantedUnits : 0
    const cycle = lifecycle(table, row)
    const isConfirmed =
      cycle === StatusCode.ACCEPTED || cycle === StatusCode.TRIGGERED || cycle === StatusCode.PARTIALLY_FILLED
    return isConfirmed ? Math.max(0, table.cells[row + Field.quantity] - table.cells[row + Field.filled]) : 0
  }

  /** Whether less of it works than so much, though more may: it was not given up, and is not watched here. */
  isShortOf(wantedUnits: number): boolean {
    const isWatched = this.watch !== undefined && !this.watch.isTriggered
    return !this.isDropped && !isWatched && this.leavesUnits < wantedUnits
  }

  /** When it is to be looked at again by itself; Infinity when events say it. */
  nextTryUs(nowUs: number): number {
    const tries = [this.#retryUs, this.#changeAgainUs, this.#changeAskedUs + lostAfterUs].filter((us) => us > nowUs)
    return Math.min(...tries, Number.POSITIVE_INFINITY)
  }

  /** Brings it to what is wanted: so much working beside what it has filled. */
  adjust(wantedUnits: number, connector: string | undefined, nowUs: number): void {
    const { core, orders } = this.#parts
    this.#look(nowUs)
    const row = this.openRow
    if (row < 0) {
      const at = core.names.connectors.find(this.leg.order.connector ?? connector ?? '')
      // A line that is down says when it is back; what is refused for it would only use up the tries.
      const isDown = at >= 0 && core.connectors[at]?.isReady !== true
      if (wantedUnits > 0 && !this.isDropped && !isDown && nowUs >= this.#retryUs) this.#open(wantedUnits, connector)
      return
    }
    const { cells } = core.table
    const number = cells[row]
    const { minQuantityUnits } = core.instruments.at(cells[row + Field.instrument])
    // A rest that is too small for an order of its own cannot be had by a change, either: what works is more than is wanted.
    const isTooSmall = wantedUnits < this.leavesUnits && cells[row + Field.filled] + wantedUnits < minQuantityUnits
    if (wantedUnits === 0 || isTooSmall) {
      this.#isCancelAsked = true
      orders.cancel(number)
      return
    }
    // One change at a time: the next is made from what the venue confirms.
    if (inFlightRequests(core.table, row) !== 0) {
      this.#giveUpLost(row, wantedUnits, nowUs)
      return
    }
    if (this.leavesUnits === wantedUnits || !this.#mayChange(row, nowUs)) return
    try {
      this.#changeAskedUs = nowUs
      const instrument = core.instruments.at(cells[row + Field.instrument])
      this.#askedUnits = cells[row + Field.filled] + wantedUnits
      orders.modify(number, { quantity: instrument.quantityText(this.#askedUnits) })
    } catch {
      // A venue that cannot change orders, or not now: taken off, and sent again when that is confirmed.
      this.#isCancelAsked = true
      orders.cancel(number)
    }
  }

  /** A change that nobody answers must not keep the leg as it is for ever. */
  #giveUpLost(row: number, wantedUnits: number, nowUs: number): void {
    const { core, orders } = this.#parts
    const { cells } = core.table
    if (nowUs < this.#changeAskedUs + lostAfterUs || this.#isCancelAsked) return
    if (cells[row + Field.quantity] - cells[row + Field.filled] === wantedUnits) return
    if (core.connectors[cells[row + Field.connector]]?.isReady !== true) return
    this.#isCancelAsked = true
    orders.cancel(cells[row])
  }

  /**
   * Whether a change may be asked for: its line is up, and the last one was not just refused. A refusal can come within the
   * call that asks; asking again at once would never end.
   */
  #mayChange(row: number, nowUs: number): boolean {
    const { core } = this.#parts
    const { cells } = core.table
    if (core.connectors[cells[row + Field.connector]]?.isReady !== true) return false
    if (cells[row + Field.quantity] === this.#askedUnits) {
      this.#refusedChanges = 0
      this.#changeAgainUs = Number.NEGATIVE_INFINITY
    }
    if (nowUs < this.#changeAgainUs) return false
    // Taken back when it is confirmed.
    this.#changeAgainUs = nowUs + backoffUs * 2 ** Math.min(this.#refusedChanges++, 3)
    return true
  }

  /** Whether so much could never be sent: it is below what its venue takes, and nothing of the leg works. */
  isBelowMinimum(wantedUnits: number): boolean {
    const { core, plan } = this.#parts
    const { minQuantityUnits } = core.instruments.get(plan.instrument)
    return !this.isDropped && this.openRow < 0 && wantedUnits > 0 && wantedUnits < minQuantityUnits
  }

  /** Asks for a cancel, and sends nothing again. */
  drop(): void {
    this.isDropped = true
    const row = this.openRow
    if (row < 0) return
    this.#isCancelAsked = true
    this.#parts.orders.cancel(this.#parts.core.table.cells[row])
  }

  /** What became of its latest life. */
  #look(nowUs: number): void {
    const { core, alert } = this.#parts
    const number = [...this.#children.values()].at(-1)
    if (number === undefined || number === this.#handled) return
    const row = this.#row(number)
    const cycle = row < 0 ? StatusCode.CANCELED : lifecycle(core.table, row)
    if (!isClosed(cycle)) return
    this.#handled = number
    const wasAsked = this.#isCancelAsked
    this.#isCancelAsked = false
    if (cycle === StatusCode.FILLED) return
    this.reason = row < 0 ? undefined : core.table.reason(row)
    if (cycle === StatusCode.DENIED || cycle === StatusCode.REJECTED) {
      // What passes by itself (a halt, stale prices) gives no protection up, however long it takes.
      const isForNow = cycle === StatusCode.DENIED && isPassing(this.reason ?? '')
      this.#retryUs = nowUs + backoffUs * 2 ** Math.min(this.#refusals, 3)
      this.#refusals = isForNow ? Math.min(this.#refusals + 1, 3) : this.#refusals + 1
      if (this.leg.role !== 'entry' && (isForNow || this.#refusals < maxRefusals)) return
      this.isDropped = true
      alert(`LEG_REFUSED: ${this.reason ?? 'no reason'}`, number)
    } else if (!wasAsked) {
      // Somebody took it off. It is not sent again behind their back; what is unprotected by that is told.
      this.isDropped = true
      if (this.leg.role !== 'entry') alert('LEG_CANCELED', number)
    }
  }

  #open(units: number, connector: string | undefined): void {
    const { core, orders, plan } = this.#parts
    const instrument = core.instruments.get(plan.instrument)
    if (units < instrument.minQuantityUnits) return
    const at = core.names.connectors.find(this.leg.order.connector ?? connector ?? '')
    const order = this.#orderAt(at)
    if (order === undefined) return
    let index = this.#lives * plan.legs.length + this.place + 1
    while (core.ids.isTaken(`${plan.id}-E${index}`)) index += plan.legs.length
    const id = `${plan.id}-E${index}`
    const request: OrderRequest = {
      ...order,
      ...(at >= 0 ? { connector: core.names.connector(at) } : {}),
      account: plan.account,
      strategy: plan.strategy,
      quantity: instrument.quantityText(units),
      clientOrderId: id,
    }
    const isProtective = plan.group === 'bracket' && this.leg.role !== 'entry'
    const handle = core.parents.asChild(id, () => orders.submit(request), isProtective)
    this.adopt(index, handle.number)
  }

  /** The order as the venue takes it; undefined while its trigger is watched here. */
  #orderAt(connector: number): LegPlan['order'] | undefined {
    const { core } = this.#parts
    const { order } = this.leg
    const support = core.connectors[connector]?.support
    const name = (order.type ?? (order.price === undefined ? 'MARKET' : 'LIMIT')).toUpperCase()
    const type = TypeCode[name as keyof typeof TypeCode]
    const { timeInForce, ...rest } = order
    const tif = TifCode[(timeInForce ?? 'DAY').toUpperCase() as keyof typeof TifCode]
    // Where orders last a day only, it lasts a day.
    const timed = support === undefined || support.takesTimeInForce(tif) ? order : { ...rest }
    if (type === undefined || !hasTrigger(type) || support === undefined || support.takesType(type)) return timed
    this.watch ??= this.#makeWatch(name)
    if (!this.watch.isTriggered) return undefined
    const { triggerPrice: _, triggerSource: __, trailing: ___, ...plain } = timed
    return { ...plain, type: plain.price === undefined ? 'MARKET' : 'LIMIT' }
  }

  #makeWatch(name: string): TriggerWatch {
    const { core, plan } = this.#parts
    const { triggerPrice, trailing, triggerSource = 'bid_ask', side } = this.leg.order
    const instrument = core.instruments.get(plan.instrument)
    const watch = new TriggerWatch(
      {
        kind: name.startsWith('TRAILING') ? 'trailing' : name.startsWith('STOP') ? 'stop' : 'touched',
        triggerUnits: triggerPrice === undefined ? null : instrument.priceUnits(triggerPrice),
        trailingUnits: trailing?.amount === undefined ? null : instrument.priceUnits(trailing.amount),
        trailingBasisPoints: trailing?.basisPoints ?? null,
        source: triggerSource,
      },
      side === 'buy' ? 1 : -1,
    )
    return watch
  }

  /** Takes up the watch of an earlier process. */
  recallWatch(memo: TriggerWatch['memo']): void {
    const name = (this.leg.order.type ?? '').toUpperCase()
    this.watch = this.#makeWatch(name)
    this.watch.recall(memo)
  }
}
