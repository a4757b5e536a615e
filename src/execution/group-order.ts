/**
 * Orders that depend on one another. Nothing is remembered about what was done: at every event the group looks at what its
 * orders have filled and what works, and brings each to what is wanted of it now.
 *
 *   bracket   exits work for what is held: filled by the entry less filled by the exits
 *   oto       the others work for the share of the first that is filled, or when it is filled
 *   oco       any fill of one takes the others off
 *   ouo       each works for what none of them has filled yet
 */
import { messageOf, TradewireError } from '../core/errors.js'
import type { Time } from '../core/time.js'
import { Decimal } from '../model/decimal.js'
import type { AccountId, ClientOrderId, StrategyId } from '../model/ids.js'
import type { Instrument } from '../model/instrument.js'
import type { OrderCore } from '../oms/order-core.js'
import type { OrderManager } from '../oms/order-manager.js'
import { type ParentRecord, tradedValue } from '../oms/parent-books.js'
import type { ParentEvent, ParentSnapshot, ParentStatus } from '../oms/parent-port.js'
import { StatusCode } from '../orders/codes.js'
import { lifecycle } from '../orders/derive.js'
import * as Field from '../orders/order-fields.js'
import { GroupLeg } from './group-leg.js'
import type { GroupPlan } from './group-plan.js'
import { ParentHandle } from './parent-handle.js'
import { PlanClock } from './plan-clock.js'
import type { TriggerWatch } from './trigger-watch.js'
import { floorLot, mulDivFloor } from './units.js'

/** What a group works with. */
export interface GroupParts {
  core: OrderCore
  orders: OrderManager
  time: Time
  plan: GroupPlan
  record: ParentRecord
  instrument: Instrument
  /** Connector for exits of an entry that names none. */
  route(): number
  onEvent(event: ParentEvent): void
  onError(error: unknown, where: string): void
}

/** What a restart must know. */
export interface GroupState {
  status: ParentStatus
  isEnding: boolean
  /** Of orders that cancel one another, the place of the one that traded first. */
  winner?: number
  reason: string | null
  dropped: number[]
  watches: Record<string, TriggerWatch['memo']>
  /** What its children filled, by their place: their records go. States of earlier versions have none. */
  fills?: Record<string, number>
}

/** See the file's header. */
export class GroupOrder {
  readonly plan: GroupPlan
  readonly handle: ParentHandle
  readonly instrument: Instrument
  status: ParentStatus = 'RUNNING'
  reason: string | undefined
  updatedUs: number
  readonly #parts: GroupParts
  readonly #legs: GroupLeg[]
  readonly #clock: PlanClock
  #isEnding = false
  /** Place of the leg that traded first, of orders that cancel one another. */
  #winnerPlace: number | undefined
  #isBusy = false
  #isAskedAgain = false
  #isSuspended = false
  #unprotectedSinceUs = Number.NaN
  #isAlerted = false
  /** What was held when it ended, as far as it was told. */
  #openAtEnd = 0
  /** By how much exits filled more than was held, as far as it was told. */
  #overfilledUnits = 0
  #saved = ''

  constructor(parts: GroupParts) {
    this.#parts = parts
    const { plan, core, orders, time, instrument } = parts
    this.plan = plan
    this.instrument = instrument
    this.updatedUs = time.wallUs()
    this.#clock = new PlanClock(time, () => this.#inTurn(() => this.evaluate()))
    this.#legs = plan.legs.map(
      (leg, place) =>
        new GroupLeg(leg, place, {
          core,
          orders,
          plan,
          onChange: () => this.evaluate(),
          alert: (reason, order) => this.#alert(reason, order),
        }),
    )
    this.handle = new ParentHandle({
      id: plan.id,
      status: () => this.status,
      isClosed: () => this.isClosed,
      snapshot: () => this.snapshot(),
      children: () => this.#childRows().map((row) => core.handleOf(row)),
      explain: () => this.explain(),
      cancel: (reason) => this.#inTurn(() => this.cancel(reason)),
      pause: () => this.#unsupported('paused'),
      resume: () => this.#unsupported('resumed'),
      modify: () => this.#unsupported('changed as a whole; change its orders'),
      waiting: () => core.waiting(),
      settling: () => core.settling(),
    })
  }

  get isClosed(): boolean {
    return !['PENDING', 'RUNNING', 'FINISHING'].includes(this.status)
  }

  #unsupported(what: string): never {
    throw new TradewireError('TW_NOT_SUPPORTED', `A group of orders cannot be ${what}`)
  }

  start(): void {
    this.#save()
    this.#tell('started')
    this.evaluate()
  }

  /** Goes on after a restart. */
  restore(state: GroupState): void {
    this.status = state.status
    this.#isEnding = state.isEnding
    this.#winnerPlace = state.winner
    this.reason = state.reason ?? undefined
    for (const [index, units] of Object.entries(state.fills ?? {}))
      this.#legs.find((leg) => leg.owns(Number(index)))?.recallFill(Number(index), units)
    // Its children are not asked yet: this is what there was when the state was put on record.
    if (state.fills !== undefined) {
      this.#openAtEnd = this.openUnits
      this.#overfilledUnits = this.#overUnits
    }
    for (const [index, number] of [...this.#parts.record.children].sort(([a], [b]) => a - b))
      this.#legs.find((leg) => leg.owns(index))?.adopt(index, number)
    for (const place of state.dropped) {
      const leg = this.#legs[place]
      if (leg !== undefined) leg.isDropped = true
    }
    for (const [place, memo] of Object.entries(state.watches)) this.#legs[Number(place)]?.recallWatch(memo)
    if (state.fills === undefined) this.#openAtEnd = this.openUnits
    this.evaluate()
  }

  suspend(): void {
    this.#isSuspended = true
    this.#clock.disarm()
  }

  /**
   * Ends the group: what has not traded is taken off. The exits of a bracket stay as long as something is held; without
   * `keepsExits` they go, too.
   */
  cancel(reason = 'canceled by the host', keepsExits = true): void {
    if (this.isClosed) return
    this.#isEnding = true
    this.reason = reason
    this.status = 'FINISHING'
    for (const leg of this.#legs) {
      const isExit = this.plan.group === 'bracket' && leg.leg.role !== 'entry'
      if (!isExit || !keepsExits) leg.drop()
    }
    this.#save()
    this.#tell('finishing', reason)
    this.evaluate()
  }

  /** A quote (bid, ask) or a trade (price), in price units, for triggers that are watched here. */
  observe(kind: 'quote' | 'trade', first: number, second: number): void {
    let isTriggered = false
    for (const { watch } of this.#legs) {
      if (watch === undefined || watch.isTriggered) continue
      watch.observe(kind, first, second)
      if (watch.isTriggered) isTriggered = true
    }
    if (isTriggered) this.#inTurn(() => this.evaluate())
  }

  get watchesPrices(): boolean {
    return !this.isClosed && this.#legs.some(({ watch }) => watch !== undefined && !watch.isTriggered)
  }

  // ---- What happens ----------------------------------------------------------------------------------------------------

  #inTurn(work: () => void): void {
    const { turn } = this.#parts.core
    turn.begin()
    try {
      work()
    } finally {
      turn.end()
    }
  }

  /** Looks at all orders as they are now and does what follows. */
  evaluate(): void {
    if (this.#isBusy) {
      this.#isAskedAgain = true
      return
    }
    if (this.isClosed || this.#isSuspended) {
      if (this.isClosed) this.#lookAtLate()
      return
    }
    this.#isBusy = true
    try {
      let rounds = 0
      do {
        this.#isAskedAgain = false
        this.#step(this.#clock.nowUs)
      } while (this.#isAskedAgain && ++rounds < 16)
    } catch (error) {
      this.#parts.onError(error, `group ${this.plan.id}`)
      this.#alert(`FAILED: ${messageOf(error)}`, 0)
    } finally {
      this.#isBusy = false
    }
  }

  #step(nowUs: number): void {
    const connector = this.#connector()
    // A stop before a target: where only one may shrink the position, it is the stop.
    for (const leg of this.#legs) leg.adjust(this.#wanted(leg), connector, nowUs)
    this.#giveUpSmall()
    this.#watchExits()
    this.#watchProtection(nowUs)
    if (this.#isOver()) this.#close()
    else {
      this.#save()
      this.#arm(nowUs)
    }
  }

  /** After the end: what is held again, by an execution that came late or was taken back, is protected again. */
  #lookAtLate(): void {
    const open = this.openUnits
    if (open > this.#openAtEnd && this.#mayProtect) {
      this.#reopen(open)
      return
    }
    if (open > this.#openAtEnd)
      this.#alert(`UNPROTECTED: ${this.instrument.quantityText(open)} ${this.plan.instrument}`, 0)
    this.#openAtEnd = open
    this.#save()
    this.#watchExits()
  }

  /** Whether a stop may go out after the end: it was not given up or taken off with all orders, trading goes on, and it is on record. */
  get #mayProtect(): boolean {
    const { core, plan } = this.#parts
    if (this.#isSuspended || core.isClosing || !core.parents.byId.has(plan.id)) return false
    return this.#legs.some(({ leg, isDropped }) => leg.role === 'stop' && !isDropped)
  }

  /** Works exits again; nothing more is entered. */
  #reopen(open: number): void {
    this.#isEnding = true
    this.status = 'FINISHING'
    this.#alert(`REOPENED: ${this.instrument.quantityText(open)} ${this.plan.instrument} after its end`, 0)
    this.#tell('finishing', 'executions after the end')
    this.evaluate()
  }

  /** What is left for an order, can grow no more and is too small for its venue is told, and not waited for. */
  #giveUpSmall(): void {
    if (this.plan.group === 'bracket' || (this.plan.group === 'oto' && !this.#entryIsOver)) return
    for (const leg of this.#legs) {
      const wanted = this.#wanted(leg)
      if (leg.leg.role === 'entry' || !leg.isBelowMinimum(wanted)) continue
      leg.isDropped = true
      this.reason ??= 'BELOW_MINIMUM'
      this.#alert(
        `BELOW_MINIMUM: ${this.instrument.quantityText(wanted)} of ${leg.leg.order.side} ${this.plan.instrument}`,
        0,
      )
    }
  }

  /** Both exits may fill before one of them is taken off: the position is on the other side then. */
  #watchExits(): void {
    const over = this.#overUnits
    if (over <= this.#overfilledUnits) return
    this.#overfilledUnits = over
    this.#alert(`EXITS_OVERFILLED: ${this.instrument.quantityText(over)} ${this.plan.instrument}`, 0)
  }

  /** By how much exits filled more than the entry. */
  get #overUnits(): number {
    return this.plan.group === 'bracket' ? Math.max(0, -this.#heldUnits) : 0
  }

  /** Exits go where the entry went. */
  #connector(): string | undefined {
    const { core, route } = this.#parts
    const row = this.#childRows()[0]
    const index = row === undefined ? route() : core.table.cells[row + Field.connector]
    return index < 0 ? undefined : core.names.connector(index)
  }

  get #entry(): GroupLeg | undefined {
    return this.#legs.find(({ leg }) => leg.role === 'entry')
  }

  get #entryIsOver(): boolean {
    const entry = this.#entry
    return entry === undefined || (entry.openRow < 0 && (entry.wasSent || entry.isDropped))
  }

  /** Filled by the entry less filled by the exits. */
  get openUnits(): number {
    return this.plan.group === 'bracket' ? Math.max(0, this.#heldUnits) : 0
  }

  /** The same, below 0 where exits filled more. */
  get #heldUnits(): number {
    return this.#legs.reduce((sum, { leg, filledUnits }) => sum + (leg.role === 'entry' ? 1 : -1) * filledUnits, 0)
  }

  /** What is wanted to work of a leg now. */
  #wanted(leg: GroupLeg): number {
    const { group, mode } = this.plan
    const { role, quantityUnits } = leg.leg
    if (role === 'entry') return this.#isEnding || leg.isDropped ? 0 : Math.max(0, quantityUnits - leg.filledUnits)
    if (group === 'bracket') return role === 'target' && this.#mustGiveWay() ? 0 : this.openUnits
    if (this.#isEnding) return 0
    const filled = leg.filledUnits
    if (group === 'oto') {
      const entry = this.#entry as GroupLeg
      const { quantityUnits: whole } = entry.leg
      if (mode === 'full') return entry.filledUnits >= whole ? quantityUnits - filled : 0
      const share = floorLot(mulDivFloor(quantityUnits, entry.filledUnits, whole), this.instrument.sizeStepUnits)
      return Math.max(0, share - filled)
    }
    const all = this.#legs.reduce((sum, each) => sum + each.filledUnits, 0)
    if (group === 'ouo') return Math.max(0, quantityUnits - all)
    const first = this.#winner()
    // What the others filled before their cancels were there counts: together they are one order.
    return first === undefined || first === leg ? Math.max(0, quantityUnits - all) : 0
  }

  /**
   * Whether the target is in the way of the stop: while a halt lets through only what cannot turn the position, a target
   * that works takes the room that the stop needs.
   */
  #mustGiveWay(): boolean {
    const { core } = this.#parts
    const row = this.#childRows()[0]
    if (row === undefined) return false
    const { cells } = core.table
    const [account, connector, strategy, instrument] = [
      cells[row + Field.account],
      cells[row + Field.connector],
      cells[row + Field.strategy],
      cells[row + Field.instrument],
    ]
    if (core.gate.states.strictest(account, connector, strategy, instrument) === 0) return false
    const open = this.openUnits
    return this.#legs.some((leg) => leg.leg.role === 'stop' && leg.isShortOf(open))
  }

  /**
   * Of orders that cancel one another, the one that traded first: for ever. Another that fills before its cancel is there has
   * lost all the same, and is not sent again.
   */
  #winner(): GroupLeg | undefined {
    if (this.#winnerPlace !== undefined) return this.#legs[this.#winnerPlace]
    let winner: GroupLeg | undefined
    for (const leg of this.#legs) if (leg.filledUnits > 0 && leg.filledUnits > (winner?.filledUnits ?? 0)) winner = leg
    this.#winnerPlace = winner?.place
    return winner
  }

  // ---- Protection ------------------------------------------------------------------------------------------------------

  /** What is held and not confirmed as protected. */
  get unprotectedUnits(): number {
    return this.#uncovered(({ leg }) => leg.role === 'stop')
  }

  /** What is held and not confirmed as protected by a venue: triggers that are watched here end with the process. */
  get unprotectedAtVenueUnits(): number {
    return this.#uncovered(({ leg, openRow, isDropped }) => leg.role === 'stop' && openRow >= 0 && !isDropped)
  }

  #uncovered(isGuard: (leg: GroupLeg) => boolean): number {
    const open = this.openUnits
    if (open === 0) return 0
    return Math.max(0, open - this.#legs.filter(isGuard).reduce((sum, leg) => sum + leg.confirmedUnits(open), 0))
  }

  #watchProtection(nowUs: number): void {
    const unprotected = this.unprotectedUnits
    if (unprotected === 0) {
      this.#unprotectedSinceUs = Number.NaN
      this.#isAlerted = false
      return
    }
    if (Number.isNaN(this.#unprotectedSinceUs)) this.#unprotectedSinceUs = nowUs
    if (this.#isAlerted || nowUs - this.#unprotectedSinceUs < this.plan.alertUs) return
    this.#isAlerted = true
    this.#alert(`UNPROTECTED: ${this.instrument.quantityText(unprotected)} ${this.plan.instrument}`, 0)
  }

  #alert(reason: string, order: number): void {
    const kind = reason.split(':')[0] as string
    this.#parts.core.anomaly(kind, order, `Group ${this.plan.id}: ${reason}`)
    this.#tell('alert', reason)
  }

  /** Looks again when an alert is due or a leg may be tried again. */
  #arm(nowUs: number): void {
    let at = Number.POSITIVE_INFINITY
    if (!Number.isNaN(this.#unprotectedSinceUs) && !this.#isAlerted) at = this.#unprotectedSinceUs + this.plan.alertUs
    for (const leg of this.#legs) at = Math.min(at, leg.nextTryUs(nowUs))
    this.#clock.arm(at)
  }

  // ---- The end ---------------------------------------------------------------------------------------------------------

  #isOver(): boolean {
    if (this.#legs.some((leg) => leg.openRow >= 0) || !this.#entryIsOver) return false
    return this.#legs.every((leg) => leg.isDropped || this.#wanted(leg) === 0)
  }

  #close(): void {
    const { group } = this.plan
    const entry = this.#entry
    const first = entry ?? (this.#legs[0] as GroupLeg)
    const filled = entry?.filledUnits ?? this.#legs.reduce((sum, leg) => sum + leg.filledUnits, 0)
    this.#clock.disarm()
    this.reason ??= this.#legs.find((leg) => leg.reason !== undefined)?.reason
    if (group === 'bracket' && this.openUnits > 0) this.status = 'FAILED'
    else if (filled >= first.leg.quantityUnits) this.status = 'FILLED'
    else if (filled > 0) this.status = 'PARTIALLY_CANCELED'
    else this.status = this.#isEnding ? 'CANCELED' : this.#wasRefused(first) ? 'FAILED' : 'CANCELED'
    this.#openAtEnd = this.openUnits
    this.#save()
    this.#tell('done', this.reason)
  }

  #wasRefused(leg: GroupLeg): boolean {
    const { core } = this.#parts
    return this.#childRows().some((row) => {
      const cycle = lifecycle(core.table, row)
      return leg.isDropped && (cycle === StatusCode.DENIED || cycle === StatusCode.REJECTED)
    })
  }

  #save(): void {
    const watches: GroupState['watches'] = {}
    for (const { place, watch } of this.#legs) if (watch !== undefined) watches[place] = watch.memo
    const state: GroupState = {
      status: this.status,
      isEnding: this.#isEnding,
      ...(this.#winnerPlace === undefined ? {} : { winner: this.#winnerPlace }),
      reason: this.reason ?? null,
      dropped: this.#legs.filter(({ isDropped }) => isDropped).map(({ place }) => place),
      watches,
      fills: Object.fromEntries(this.#legs.flatMap(({ fills }) => [...fills])),
    }
    const text = JSON.stringify(state)
    if (text === this.#saved) return
    this.#saved = text
    this.updatedUs = this.#clock.nowUs
    this.#parts.core.parents.save(this.#parts.record, text, this.isClosed)
  }

  #tell(type: ParentEvent['type'], reason?: string): void {
    const { time, onEvent, onError } = this.#parts
    const event: ParentEvent = {
      type,
      tsUs: time.wallUs(),
      status: this.status,
      order: this.handle,
      ...(reason === undefined ? {} : { reason }),
      filledUnits: this.#entry?.filledUnits ?? this.#legs.reduce((sum, leg) => sum + leg.filledUnits, 0),
      workingUnits: this.#legs.reduce((sum, leg) => sum + leg.leavesUnits, 0),
      unsentUnits: 0,
      targetUnits: Number.NaN,
      etaUs: Number.NaN,
    }
    if (this.handle.isWatched)
      for (const error of this.handle.deliver(event)) onError(error, `a listener of ${this.plan.id}`)
    this.handle.settle()
    onEvent(event)
  }

  #childRows(): number[] {
    const { core, record } = this.#parts
    return [...record.children]
      .sort(([a], [b]) => a - b)
      .map(([, number]) => core.table.rowOf(number))
      .filter((row) => row >= 0)
  }

  // ---- What handles ask ------------------------------------------------------------------------------------------------

  snapshot(): ParentSnapshot {
    const { core, plan, record } = this.#parts
    const { instrument } = this
    const entry = this.#entry
    const legs = entry === undefined ? this.#legs : [entry]
    const filled = legs.reduce((sum, leg) => sum + leg.filledUnits, 0)
    let value = new Decimal(0)
    let counted = 0
    for (const [index, number] of record.children) {
      const row = core.table.rowOf(number)
      if (row < 0 || !legs.some((leg) => leg.owns(index))) continue
      value = value.plus(tradedValue(core.table, row))
      counted += core.table.cells[row + Field.filled]
    }
    const working = this.#legs.reduce((sum, leg) => sum + leg.leavesUnits, 0)
    return {
      clientOrderId: plan.id as ClientOrderId,
      instrument: instrument.id,
      account: plan.account as AccountId,
      strategy: plan.strategy as StrategyId,
      side: plan.side,
      type: plan.group,
      status: this.status,
      quantity: instrument.quantityFromUnits((legs[0] as GroupLeg).leg.quantityUnits),
      filledQuantity: instrument.quantityFromUnits(filled),
      workingQuantity: instrument.quantityFromUnits(working),
      unsentQuantity: instrument.quantityFromUnits(0),
      ...(counted > 0 ? { averagePrice: value.div(counted).div(new Decimal(10).pow(instrument.priceScale)) } : {}),
      fees: {},
      pausedBy: [],
      ...(this.reason === undefined ? {} : { reason: this.reason }),
      startTimeUs: plan.createdUs,
      children: record.children.size,
      ...(plan.group === 'bracket' ? { unprotectedQuantity: instrument.quantityFromUnits(this.unprotectedUnits) } : {}),
      tsCreatedUs: plan.createdUs,
      tsUpdatedUs: this.updatedUs,
    }
  }

  explain(): string[] {
    const text = (units: number) => this.instrument.quantityText(units)
    const lines = this.#legs.map((leg) => {
      const how = leg.isDropped ? 'given up' : leg.watch?.isTriggered === false ? 'watched here' : 'at the venue'
      return `${leg.leg.role}: ${text(leg.filledUnits)} filled, ${text(leg.leavesUnits)} working, ${text(this.#wanted(leg))} wanted, ${how}`
    })
    return [`${this.status}: ${this.plan.group}`, ...lines, `${text(this.unprotectedUnits)} held and not protected`]
  }
}
