/**
 * One parent order: asks its algorithm what to do, and does it within what may be done.
 *
 *   PENDING ─► WAITING_START ─► RUNNING ◄─► PAUSED ─► FINISHING ─► FILLED | PARTIALLY_CANCELED | CANCELED | EXPIRED | FAILED
 *
 * Everything that happens (a timer, a child, a price, a request of the host) ends in {@link evaluate}, which looks at the
 * plan, the time and the children as they are now. So a late timer, a restart or a pause needs no case of its own: what is
 * due by now and neither filled nor working is what may be sent.
 */
import type { Instrument } from '../model/instrument.js'
import type { ParentStatus, PauseReason } from '../oms/parent-port.js'
import { ChildDecision, type ExecutionAlgorithm, ParentView } from './algorithm.js'
import { checkAmendment } from './amendment.js'
import { type Child, ChildBook, type ChildFacts, type ChildTerms, noFacts } from './child-book.js'
import { ChildDesk } from './child-desk.js'
import { isStranded, isTooSmall } from './child-size.js'
import { Completion } from './completion.js'
import { MarketShare } from './market-share.js'
import { decideExtension, wouldTakeAll } from './overrides.js'
import type { ParentPorts, ParentState } from './parent-ports.js'
import { arrivalUnits, type ParentPlan, type ParentTerms } from './parent-terms.js'
import { endAtPace, PlanClock } from './plan-clock.js'
import { planContext } from './plan-context.js'
import { isPassing, isPermanent, RefusalCount, wasTakenOff } from './refusals.js'

/** While nothing can be sent it looks again so often; cancels that were not answered are asked for again. */
const recheckUs = 1_000_000
/** After an immediate order that found nothing at the price that takes everything. */
const missedUs = 100_000
/** Rounds of one evaluation; the rest waits for the next turn of the loop. */
const maxRounds = 16

const final: ReadonlySet<ParentStatus> = new Set(['FILLED', 'PARTIALLY_CANCELED', 'CANCELED', 'EXPIRED', 'FAILED'])

/** Works one order. */
export class ParentOrder {
  readonly plan: ParentPlan
  readonly terms: ParentTerms
  readonly algorithm: ExecutionAlgorithm
  readonly view: ParentView
  readonly book: ChildBook
  readonly instrument: Instrument
  status: ParentStatus = 'PENDING'
  /** Why it ended, or is paused. */
  reason: string | undefined
  /** Whether it wants to be asked at quotes, and at trades. */
  wantsQuotes = false
  wantsTrades = false
  updatedUs: number
  readonly #ports: ParentPorts
  readonly #decision = new ChildDecision()
  readonly #facts = noFacts()
  readonly #desk: ChildDesk
  readonly #pauses = new Set<PauseReason>()
  readonly #clock: PlanClock
  readonly #share: MarketShare
  readonly #refusals = new RefusalCount()
  readonly #completion: Completion
  readonly #arrivalUnits: number
  #isBusy = false
  #isAskedAgain = false
  #keepsWorking = false
  #ending: ParentState['ending'] = null
  #windowStartUs: number
  #endUs: number
  #baseUnits = 0
  #ceilingUnits = 0

  constructor(
    plan: ParentPlan,
    terms: ParentTerms,
    instrument: Instrument,
    algorithm: ExecutionAlgorithm,
    ports: ParentPorts,
  ) {
    this.plan = plan
    this.terms = terms
    this.instrument = instrument
    this.algorithm = algorithm
    this.#ports = ports
    this.#clock = new PlanClock(ports.time, () => this.evaluate())
    this.updatedUs = this.#clock.nowUs
    this.#windowStartUs = plan.startUs
    this.#endUs = plan.endUs ?? Number.POSITIVE_INFINITY
    this.book = new ChildBook(plan.quantityUnits)
    this.view = new ParentView(instrument, terms.side, terms.lotUnits, terms.minSliceUnits)
    this.view.limitUnits = plan.limitUnits ?? Number.NaN
    this.view.maxSliceUnits = terms.maxSliceUnits
    this.view.reducesOnly = plan.reduceOnly
    this.#arrivalUnits = arrivalUnits(plan, instrument)
    this.#share = new MarketShare(terms, this.book, () => ports.tapeUnits())
    this.#desk = new ChildDesk({
      book: this.book,
      view: this.view,
      terms,
      children: ports.children,
      tell: (type, reason, child) => ports.tell(type, reason, child),
      sent: (child) => {
        algorithm.childSent(this.view, child)
        this.#refresh(child)
        // What filled at once may have made the order complete, or the next child due.
        if (child.isClosed) this.#isAskedAgain = true
      },
    })
    this.#completion = new Completion(this.#desk)
  }

  /** Time on the order's own clock. */
  get nowUs(): number {
    return this.#clock.nowUs
  }

  get isClosed(): boolean {
    return final.has(this.status)
  }

  get pausedBy(): readonly PauseReason[] {
    return [...this.#pauses]
  }

  /** Why nothing is sent although something is due. */
  get blocked(): string | undefined {
    return this.#desk.blocked
  }

  get endUs(): number {
    return this.#endUs
  }

  /** What the plan wants done by now; NaN without a plan. */
  get targetUnits(): number {
    return this.#decision.targetUnits
  }

  /** When it will be done: by its plan, or at the pace so far; NaN where nothing is known. */
  get etaUs(): number {
    if (this.isClosed) return Number.NaN
    const { book, nowUs, plan } = this
    const planned = this.algorithm.estimateEndUs(this.#readView(nowUs))
    return Number.isNaN(planned) ? endAtPace(plan.startUs, nowUs, book.filledUnits, book.totalUnits) : planned
  }

  // ---- Life ------------------------------------------------------------------------------------------------------------

  /** Begins, now or at the start of its window. */
  start(): void {
    this.#ports.save(this.#state(), false)
    this.#plan()
    this.evaluate()
  }

  /** Goes on after a restart, with its state and the children that were sent. `pastUnits`: filled by children that are gone. */
  restore(state: ParentState, children: readonly ChildTerms[], lastChild: number, pastUnits: number): void {
    const { book } = this
    book.totalUnits = state.totalUnits
    book.filledUnits = pastUnits
    book.sent = lastChild
    this.view.limitUnits = state.limitUnits ?? Number.NaN
    this.#windowStartUs = state.windowStartUs
    this.#endUs = state.endUs ?? Number.POSITIVE_INFINITY
    this.#baseUnits = state.baseUnits
    this.#ending = state.ending
    this.#completion.isOn = state.ending === 'window' && this.terms.endPolicy === 'complete'
    if (state.memo !== null) this.algorithm.recall(state.memo)
    this.reason = state.reason ?? undefined
    for (const pause of state.pauses) this.#pauses.add(pause)
    this.status = state.status
    for (const child of children.map((known) => book.add(known))) book.update(child, this.#read(child))
    this.#ceilingUnits = book.filledUnits + book.workingUnits
    if (this.isClosed) return
    this.#plan()
    this.#share.start()
    this.evaluate()
  }

  /** Nothing is sent from here on, and no timer runs: the system ends. What works is left as it is. */
  suspend(): void {
    this.#clock.disarm()
    this.#isBusy = true
  }

  /** It is not taken: nothing is on record, and nothing was sent. */
  refuse(reason: string): void {
    this.reason = reason
    this.status = 'FAILED'
    this.#ports.tell('done', reason)
  }

  /** Its algorithm cannot go on: what works is canceled. */
  fail(reason: string): void {
    if (this.isClosed) return
    this.#isBusy = false
    this.#end('fail', reason)
    this.#finish(this.nowUs)
  }

  #plan(): void {
    const { book, plan, terms, instrument } = this
    const window = { baseUnits: this.#baseUnits, startUs: this.#windowStartUs, endUs: this.#endUs }
    this.algorithm.begin(
      planContext({ plan, terms, instrument, ports: this.#ports, totalUnits: book.totalUnits, ...window }),
    )
    this.#desk.forgetSlice()
  }

  /** What is left is planned anew, over the time that is left. */
  #reanchor(): void {
    this.#windowStartUs = Math.max(this.plan.startUs, Math.min(this.nowUs, this.#endUs))
    this.#baseUnits = this.book.filledUnits
    this.#plan()
  }

  // ---- Requests of the host --------------------------------------------------------------------------------------------

  /** Ends the plan and cancels what works. */
  cancel(reason = 'canceled by the host'): void {
    if (this.isClosed || this.#ending === 'cancel' || this.#ending === 'fail') return
    this.#end('cancel', reason)
    this.evaluate()
  }

  pause(keepsWorking: boolean): void {
    if (this.isClosed || this.#ending !== null) return
    this.#keepsWorking = keepsWorking
    this.#pause('user')
    if (!keepsWorking) this.#desk.cancelWorking()
    this.evaluate()
  }

  /** Takes back a pause by the host, and by refusals. */
  resume(reanchors: boolean): void {
    if (this.isClosed || this.#ending !== null) return
    for (const reason of ['user', 'rejects'] as const) this.#pauses.delete(reason)
    this.#refusals.forget()
    if (reanchors) this.#reanchor()
    this.#saveState()
    this.evaluate()
  }

  /** Changes total, limit and end. NaN leaves as it is. @throws TradewireError `TW_INVALID_STATE`, `TW_INVALID_ALGO`. */
  amend(totalUnits: number, limitUnits: number, endUs: number): void {
    const { book } = this
    checkAmendment(this, this.#ending !== null, totalUnits, endUs)
    if (!Number.isNaN(endUs)) this.#replanTo(endUs)
    if (!Number.isNaN(totalUnits)) {
      this.#ceilingUnits = book.filledUnits + book.workingUnits
      book.totalUnits = totalUnits
      // What would be left beside what works is taken along by the next child, where it is too small for one of its own.
      if (book.unsentUnits < 0 || isTooSmall(this.#readView(this.nowUs), Number.NaN)) this.#desk.cancelWorking()
    }
    if (!Number.isNaN(limitUnits)) {
      this.view.limitUnits = limitUnits
      this.#desk.cancelWorking()
    }
    this.#plan()
    this.#saveState()
    this.#ports.tell('amended')
    this.evaluate()
  }

  /** Plans for another end; stays as it was where that cannot be done. */
  #replanTo(endUs: number): void {
    const before = [this.#endUs, this.#windowStartUs, this.#baseUnits] as const
    try {
      this.#endUs = endUs
      this.#reanchor()
    } catch (error) {
      ;[this.#endUs, this.#windowStartUs, this.#baseUnits] = before
      this.#plan()
      throw error
    }
  }

  // ---- What happens ----------------------------------------------------------------------------------------------------

  /** Something is known of a child that was not known before. */
  childChanged(number: number): void {
    const child = this.book.get(number)
    if (child === undefined) return
    this.#refresh(child)
    this.evaluate()
  }

  /** What is known of a child now. One beyond the history of the order plane is over, and stays what it was. */
  #read(child: Child): ChildFacts {
    const facts = this.#facts
    facts.filledUnits = child.filledUnits
    facts.leavesUnits = 0
    facts.isClosed = true
    facts.isRefused = false
    facts.isCanceled = false
    facts.reason = undefined
    facts.priceUnits = child.priceUnits
    this.#ports.children.read(child.number, facts)
    return facts
  }

  /** A quote (bid, ask) or a trade (price) of the instrument, as doubles of the feed. */
  observe(kind: 'quote' | 'trade', first: number, second: number): void {
    const units = (price: number) => (Number.isNaN(price) ? Number.NaN : this.instrument.nearestPriceUnits(price))
    this.algorithm.observe(kind, units(first), units(second))
  }

  #refresh(child: Child): void {
    const { book } = this
    const { isClosed: wasClosed, filledUnits } = child
    const facts = this.#read(child)
    if (!book.update(child, facts)) return
    this.updatedUs = this.nowUs
    this.#ceilingUnits = Math.min(this.#ceilingUnits, Math.max(book.totalUnits, book.filledUnits + book.workingUnits))
    book.check(this.#ceilingUnits)
    if (!wasClosed && child.isClosed) this.#isOver(child)
    if (!wasClosed && child.isClosed && facts.isRefused) this.#refused(facts.reason ?? 'REJECTED')
    else if (!wasClosed && child.isClosed && facts.isCanceled && wasTakenOff(child)) this.#refused('CANCELED_BY_VENUE')
    else if (child.filledUnits > 0) this.#refusals.clear()
    if (child.filledUnits === filledUnits) return
    this.#ports.tell(this.isClosed ? 'late_fill' : 'progress', undefined, child.number)
    if (book.filledUnits > book.totalUnits) this.#ports.tell('alert', 'OVERFILLED', child.number)
    // What came after the end counts; the state stays.
    if (this.isClosed) this.#saveState()
  }

  /** What was taken back is due again, in the same slice; without catching up it is left to the end. */
  #isOver(child: Child): void {
    this.algorithm.childClosed(this.view, child)
    // What was displayed and is not there is not asked for again at once.
    if (child.isImmediate && child.filledUnits === 0 && !Number.isNaN(this.terms.iWouldUnits))
      this.#refusals.waitUntil(this.nowUs + missedUs)
    if (child.isCanceling && this.plan.algo.catchUp !== false) this.#desk.forgetSlice()
  }

  /** A child was refused: its quantity is unsent again, and the next try waits. */
  #refused(reason: string): void {
    if (this.#ending === 'window') this.reason ??= reason
    if (this.#ending !== null) return
    this.#desk.forgetSlice()
    if (isPermanent(reason)) {
      this.#end('fail', reason)
      return
    }
    const isTooMany = this.#refusals.add(reason, this.nowUs)
    if (isPassing(reason)) this.#desk.block(reason)
    if (!isTooMany) return
    this.reason = reason
    this.#pause('rejects')
  }

  #pause(why: PauseReason): void {
    if (this.#pauses.has(why)) return
    this.#pauses.add(why)
    this.#saveState()
    this.#ports.tell('paused', why)
  }

  /** Looks at everything as it is now and does what follows. */
  evaluate(): void {
    if (this.#isBusy) {
      this.#isAskedAgain = true
      return
    }
    this.#isBusy = true
    try {
      let rounds = 0
      do {
        this.#isAskedAgain = false
        this.#step()
      } while (this.#isAskedAgain && ++rounds < maxRounds)
      if (this.#isAskedAgain && !this.isClosed) this.#clock.arm(this.nowUs)
    } finally {
      this.#isBusy = false
    }
  }

  #step(): void {
    if (this.isClosed) return
    const nowUs = this.nowUs
    if (this.#ending !== null) {
      this.#finish(nowUs)
      return
    }
    if (nowUs < this.plan.startUs) {
      this.#setStatus('WAITING_START')
      this.#clock.arm(this.plan.startUs)
      return
    }
    if (this.status === 'PENDING' || this.status === 'WAITING_START') {
      this.#share.start()
      this.#setStatus('RUNNING')
      this.#ports.tell('started')
    }
    const { book } = this
    if (book.filledUnits >= book.totalUnits) {
      if (book.openCount === 0) this.#close('FILLED')
      else {
        this.#desk.cancelWorking()
        this.#clock.arm(nowUs + recheckUs)
      }
      return
    }
    if (nowUs >= this.#lastUs) {
      this.#end('window', undefined)
      this.#finish(nowUs)
      return
    }
    if (this.#isHeld()) {
      if (this.#ending !== null) this.#finish(nowUs)
      else this.#clock.arm(Math.min(nowUs + recheckUs, this.#lastUs))
      return
    }
    this.#work(nowUs)
  }

  /** When the window ends for good. */
  get #lastUs(): number {
    const { endPolicy, extendUntilUs } = this.terms
    return endPolicy === 'extend' ? Math.max(this.#endUs, extendUntilUs) : this.#endUs
  }

  /** Whether anything stands against sending; keeps the pauses up to date. */
  #isHeld(): boolean {
    const obstacle = this.#ports.obstacle()
    for (const why of ['halt', 'disconnect', 'risk'] as const) {
      if (why === obstacle) this.#pause(why)
      else this.#pauses.delete(why)
    }
    if (obstacle === 'halt' && this.terms.onHalt === 'cancel') {
      this.#end('cancel', 'HALTED')
      return true
    }
    const isHeld = this.#pauses.size > 0
    if (isHeld && this.#pauses.has('user') && !this.#keepsWorking) this.#desk.cancelWorking()
    if (isHeld === (this.status === 'PAUSED')) return isHeld
    if (isHeld) this.#share.pause()
    else this.#share.resume()
    this.#setStatus(isHeld ? 'PAUSED' : 'RUNNING')
    if (!isHeld) this.#ports.tell('resumed')
    return isHeld
  }

  #readView(nowUs: number): ParentView {
    const { view, book } = this
    view.nowUs = nowUs
    view.startUs = this.#windowStartUs
    view.endUs = this.#endUs
    view.totalUnits = book.totalUnits
    view.filledUnits = book.filledUnits
    view.workingUnits = book.workingUnits
    view.openChildren = book.openCount
    view.restingChildren = book.restingCount
    view.sentChildren = book.sent
    this.#share.read(view)
    return view
  }

  // ---- Working ---------------------------------------------------------------------------------------------------------

  /** Asks the algorithm and sends what it wants, within what may be sent. */
  #work(nowUs: number): void {
    const { book } = this
    const view = this.#readView(nowUs)
    const decision = this.#decision
    this.#ports.readPrices(view)
    if (book.openCount === 0 && isStranded(view, this.#arrivalUnits)) {
      this.#endNow('BELOW_MINIMUM')
      return
    }
    decision.clear()
    const { interests } = this.algorithm
    this.wantsQuotes = interests.quotes === true || !Number.isNaN(this.terms.iWouldUnits)
    this.wantsTrades = interests.trades === true
    if (!wouldTakeAll(view, this.terms, decision)) {
      if (nowUs >= this.#endUs) decideExtension(view, this.plan.startUs, decision)
      else this.algorithm.decide(view, decision)
    }
    if (decision.savesMemo) this.#saveState()
    const nextUs = Math.min(Math.max(decision.nextUs, nowUs + 1), this.#lastUs)
    if (!this.#desk.isFree(decision)) {
      this.#clock.arm(nextUs)
      return
    }
    const { retryUs } = this.#refusals
    if (nowUs < retryUs && !decision.finishes) {
      this.#clock.arm(Math.min(nextUs, retryUs))
      return
    }
    const fault = this.#ports.dataFault?.()
    if (fault !== undefined) {
      // A child that the gate would refuse for its reference price is not made.
      this.#desk.block(fault)
      this.wantsQuotes = true
      this.#clock.arm(Math.min(nextUs, nowUs + recheckUs))
      return
    }
    const isServed = this.#desk.sendOne(decision, this.#share.allowance(view))
    this.wantsQuotes ||= this.#desk.waitsForQuotes
    this.wantsTrades ||= this.#desk.waitsForTrades
    if (this.isClosed || this.#ending !== null) return
    if (decision.continues) this.#isAskedAgain = true
    if (decision.finishes && book.openCount === 0) {
      this.#endNow('nothing is left that could be taken')
      return
    }
    this.#clock.arm(isServed ? nextUs : Math.min(nextUs, nowUs + recheckUs))
  }

  // ---- The end ---------------------------------------------------------------------------------------------------------

  #end(why: NonNullable<ParentState['ending']>, reason: string | undefined): void {
    this.#ending = why
    // An order that its host has paused does not trade at the end either.
    this.#completion.isOn = why === 'window' && this.terms.endPolicy === 'complete' && this.#pauses.size === 0
    if (reason !== undefined) this.reason = reason
    this.wantsQuotes = false
    this.wantsTrades = false
    this.#setStatus('FINISHING')
    this.#ports.tell('finishing', reason)
    this.#desk.cancelWorking(why === 'window')
  }

  /** Nothing more will ever be sent: who waits for the order is told now, not at the end of its window. */
  #endNow(reason: string): void {
    this.#end('window', reason)
    this.#isAskedAgain = true
  }

  /** Closed when no child works any more; before that, what is left is completed where the order wants it. */
  #finish(nowUs: number): void {
    const { book } = this
    if (book.openCount > 0) {
      // The orders that complete it work until they are done, canceled or expired.
      if (!this.#completion.isUnderWay) this.#desk.cancelWorking(this.#ending === 'window')
      this.#clock.arm(nowUs + recheckUs)
      return
    }
    if (this.#completion.isOn && book.unsentUnits > 0 && this.#completes(nowUs)) return
    if (book.filledUnits >= book.totalUnits) this.#close('FILLED')
    else if (this.#ending === 'fail') this.#close('FAILED')
    else if (this.#ending === 'window') this.#close('EXPIRED')
    else this.#close(book.filledUnits > 0 ? 'PARTIALLY_CANCELED' : 'CANCELED')
  }

  /** Whether a child was sent for what is left; why not is told as the reason of the end. */
  #completes(nowUs: number): boolean {
    const view = this.#readView(nowUs)
    this.#ports.readPrices(view)
    const hindrance = this.#ports.obstacle()?.toUpperCase()
    const outcome = hindrance ?? this.#completion.next(view, this.#decision, this.#share.allowance(view))
    if (outcome === 'sent') this.#isAskedAgain = true
    else if (outcome !== 'over') this.reason ??= outcome
    return outcome === 'sent'
  }

  #close(status: ParentStatus): void {
    this.#clock.disarm()
    this.#pauses.clear()
    this.wantsQuotes = false
    this.wantsTrades = false
    const isSmall = this.#desk.blocked === 'BELOW_MINIMUM' || isStranded(this.#readView(this.nowUs), this.#arrivalUnits)
    if (status === 'EXPIRED' && isSmall) this.reason ??= 'BELOW_MINIMUM'
    this.#desk.blocked = undefined
    this.status = status
    this.#saveState()
    this.#ports.tell('done', this.reason)
  }

  // ---- State and time --------------------------------------------------------------------------------------------------

  #setStatus(status: ParentStatus): void {
    if (this.status === status) return
    this.status = status
    this.#saveState()
  }

  #saveState(): void {
    this.updatedUs = this.nowUs
    this.#ports.save(this.#state(), this.isClosed)
  }

  #state(): ParentState {
    const { limitUnits } = this.view
    return {
      status: this.status,
      pauses: [...this.#pauses],
      totalUnits: this.book.totalUnits,
      limitUnits: Number.isNaN(limitUnits) ? null : limitUnits,
      windowStartUs: this.#windowStartUs,
      endUs: Number.isFinite(this.#endUs) ? this.#endUs : null,
      baseUnits: this.#baseUnits,
      ending: this.#ending,
      reason: this.reason ?? null,
      memo: this.algorithm.memo(),
    }
  }
}
