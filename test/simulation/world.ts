/**
 * One simulation: the production system on a virtual clock, a simulated disk and a faulty line, trading with a venue that
 * keeps the truth; crashes, disconnects and disk faults by the dice of its seed; then everything heals, and both sides have
 * to agree.
 *
 * Nothing outside the seed has a say, so that one seed replays exactly.
 */
import { NS_PER_MS } from '../../src/core/clock.js'
import { messageOf } from '../../src/core/errors.js'
import { SeededRandom } from '../../src/core/random.js'
import { settlePromises, VirtualTime } from '../../src/core/virtual-time.js'
import type { InstrumentDefinition } from '../../src/model/instrument.js'
import { recoverState } from '../../src/system/recover-state.js'
import { differences, type SystemState } from '../../src/system/state.js'
import { SimulatedDisk } from '../../src/testing/simulated-disk.js'
import { checkAgreement, isFull } from './agreement.js'
import { checkIntents, checkJournal, checkReservations, forgottenBy } from './checks.js'
import { Client, type ClientWorld, configOf, journalDirectory, orderCapacity } from './client.js'
import { drawFaults, type FaultMoment, Faults, type FaultWorld } from './faults.js'
import type { Line } from './line.js'
import { Link, type LinkCounters } from './link.js'
import { digestOf, priceFactor, type Request, wordsOf } from './messages.js'
import { Operator } from './operator.js'
import { type FaultKind, failoverPlanOf, type Plan, planOf } from './plan.js'
import type { Plant } from './plants.js'
import type { Machine } from './process-time.js'
import { SentOrders } from './sent-orders.js'
import type { SimConnector } from './sim-connector.js'
import { hashOf, type Show, Trace } from './trace.js'
import { accountOf, Venue, type VenueOrder } from './venue.js'

/** How a seed ended. */
export interface Outcome {
  readonly seed: number
  /** What did not hold; empty when all is well. */
  readonly violations: readonly string[]
  readonly hash: string
  readonly events: number
  readonly orders: number
  readonly fills: number
  readonly crashes: number
  readonly virtualMs: number
  /** What went wrong, by kind, how often. */
  readonly faults: Readonly<Record<InjectedFault, number>>
}

/** Faults as they are counted: what happened, not what was planned. */
export const injectedFaults = [
  'drop',
  'duplicate',
  'reorder',
  'delay',
  'disconnect',
  'partition',
  'halfOpen',
  'crash',
  'crashAtAwait',
  'freeze',
  'clockJump',
  'tornWrite',
  'lostUnsynced',
  'diskFull',
  'eio',
  'lateTrade',
  'repeat',
  'forgotten',
] as const
/** A kind of fault that is counted. */
export type InjectedFault = (typeof injectedFaults)[number]

/** What is simulated: one venue and everything that can go wrong, or several and the lines to them. */
export type Scenario = 'system' | 'failover'

const plans: Readonly<Record<Scenario, (seed: number) => Plan>> = { system: planOf, failover: failoverPlanOf }

/** How a simulation is run. */
export interface SimulateOptions {
  /** `failover`: several venues, whose lines break often. `system` unless given. */
  scenario?: Scenario
  plant?: Plant
  /** Instead of the plan that the seed stands for. */
  plan?: Plan
  /** Instead of the faults that the plan draws. */
  faults?: readonly FaultMoment[]
  /** Receives every line of the trace. */
  show?: Show
}

/** Moments after everything has healed at which both sides may be found to agree. */
const agreementMs = [3_600, 5_000, 7_000, 9_000, 12_000, 15_000, 18_000]
/** A venue that lists open orders only leaves more to be concluded from silence, and so does what is forgotten. */
const lateAgreementMs = [...agreementMs, 24_000, 30_000]
/**
 * After that time everything is up and ready again (I9): 10 s, and for every question that may have to be asked one after
 * the other (four rounds of three) the way there and back.
 */
const readyMs = ({ link }: Plan) => 10_000 + 12 * link.mostDelayMs
/** A stop takes no longer. */
const stopMs = 15_000
const maxViolations = 20

/** The plan that a seed stands for. */
export function planFor(seed: number, scenario: Scenario = 'system'): Plan {
  return plans[scenario](seed)
}

/** Runs the simulation of a seed. */
export async function simulate(seed: number, options: SimulateOptions = {}): Promise<Outcome> {
  return await new World(options.plan ?? planFor(seed, options.scenario), options).run()
}

class World implements ClientWorld, FaultWorld {
  readonly plan: Plan
  readonly plant: Plant | undefined
  readonly time = new VirtualTime()
  readonly trace: Trace
  readonly disk: SimulatedDisk
  readonly lines: readonly Line[]
  readonly links: readonly Link[]
  readonly instruments: readonly InstrumentDefinition[]
  readonly machine: Machine = { skewUs: 0, frozenUntilNs: 0 }
  readonly #random: SeededRandom
  readonly #faults: Faults
  readonly #operator: Operator
  readonly #violations: string[] = []
  /** Kinds of alerts so far, and the orders they named. */
  readonly #alerts = new Map<string, Set<number>>()
  #client: Client | undefined
  #clients = 0
  #crashes = 0
  #isCrashWanted = false
  #intents = 0
  /** Orders at venues whose records were taken over, when all had healed. */
  #forgotten = 0
  /** Messages handed to lines. */
  #sends = 0
  #isTrading = true
  /** Whether promises may have to settle after the step that runs now. */
  #settles = true

  constructor(plan: Plan, { plant, show, faults = drawFaults(plan) }: SimulateOptions) {
    this.plan = plan
    this.plant = plant
    this.trace = new Trace(() => this.time.monotonicNs(), show)
    const root = new SeededRandom(plan.seed)
    const fork = (label: string) => root.fork(label) as SeededRandom
    this.#random = fork('world')
    this.disk = this.#makeDisk(plan, fork('syncs'))
    this.instruments = Array.from({ length: plan.instruments }, (_, index) => definitionOf(index))
    this.lines = Array.from({ length: plan.lines }, (_, index) =>
      this.#line(index, fork(index === 0 ? 'link' : `link ${index}`)),
    )
    this.links = this.lines.map(({ link }) => link)
    this.#faults = new Faults(this, fork('faults'), faults)
    this.#operator = new Operator(this, fork('operator'))
    this.trace.tell('plan', hashOf(JSON.stringify(plan)), () => JSON.stringify(plan))
  }

  #makeDisk({ seed, syncMs }: Plan, random: SeededRandom): SimulatedDisk {
    if (!(syncMs > 0)) return new SimulatedDisk({ seed })
    const syncs = () =>
      new Promise<void>((resolve) => {
        this.time.after(random.next() * syncMs, resolve)
      })
    return new SimulatedDisk({ seed, syncs })
  }

  #line(index: number, random: SeededRandom): Line {
    const { plan } = this
    const venue: Venue = new Venue(
      plan.instruments,
      accountOf(index),
      () => this.time.wallUs(),
      (report) => link.toClient(report),
    )
    venue.refuses = () => this.#random.chance(plan.refusals)
    const link: Link = new Link(this.time, random, { ...plan.link }, (request) => venue.receive(request), this.trace)
    link.onQuietStep = () => {
      this.#settles = false
    }
    return { venue, link, sent: new SentOrders(plan, venue, link) }
  }

  async run(): Promise<Outcome> {
    try {
      await this.#course()
    } catch (error) {
      this.violate(`something threw where nothing may: ${error instanceof Error ? error.stack : messageOf(error)}`)
    }
    return {
      seed: this.plan.seed,
      violations: this.#violations,
      hash: this.trace.hash,
      events: this.trace.steps,
      orders: sum(this.lines, ({ venue }) => venue.orders.length),
      fills: sum(this.lines, ({ venue }) => venue.fills.length),
      crashes: this.#crashes,
      virtualMs: this.time.monotonicNs() / NS_PER_MS,
      faults: this.#injected(),
    }
  }

  async #course(): Promise<void> {
    this.#boot()
    this.#repeat(10, 200, () => this.#market())
    this.#repeat(700, 1_300, () => this.#quotes())
    this.#faults.schedule((delayMs, run) => this.#quietly(delayMs, run))
    await this.#advance(this.plan.tradingMs)
    if (this.#violations.length > 0) return
    this.#heal()
    await this.#agree()
    if (this.#violations.length === 0) await this.#stop()
  }

  #injected(): Outcome['faults'] {
    const caused = (kind: FaultKind) => this.#faults.caused.get(kind) ?? 0
    const carried = (counter: keyof LinkCounters) => sum(this.links, ({ counters }) => counters[counter])
    const { tornWrites, noSpace, errors, lostUnsynced } = this.disk.counters
    return {
      drop: carried('dropped'),
      duplicate: carried('duplicated'),
      reorder: carried('reordered'),
      delay: carried('delayed'),
      disconnect: carried('broken'),
      partition: caused('partition'),
      halfOpen: caused('silence'),
      crash: this.#crashes,
      crashAtAwait: caused('await'),
      freeze: caused('freeze'),
      clockJump: caused('clockStep'),
      tornWrite: tornWrites,
      lostUnsynced,
      diskFull: noSpace,
      eio: errors,
      lateTrade: caused('late'),
      repeat: caused('repeat'),
      forgotten: this.#forgotten,
    }
  }

  get #venues(): Venue[] {
    return this.lines.map(({ venue }) => venue)
  }

  // ---- The course of time ----------------------------------------------------------------------------------------------

  async #advance(durationMs: number, isOver = () => false): Promise<void> {
    const untilNs = this.time.monotonicNs() + durationMs * NS_PER_MS
    await settlePromises()
    while (this.#violations.length === 0 && !isOver()) {
      this.#settles = true
      if (!this.time.runNext(untilNs)) break
      // A process that died in a call does not see its promises settle.
      if (this.#isCrashWanted) this.#crash('in a call', false)
      if (!this.#settles) continue
      await settlePromises()
      if (this.#isCrashWanted) this.#crash('in a call', false)
    }
    if (this.#violations.length === 0 && !isOver()) this.time.advanceTo(Math.max(untilNs, this.time.monotonicNs()))
  }

  /** Runs a step of the world's own, that no promise waits for. */
  #quietly(delayMs: number, step: () => void): void {
    this.time.after(delayMs, () => {
      this.#settles = false
      step()
    })
  }

  /** Runs `step` again and again, with random pauses, until it returns false. */
  #repeat(leastMs: number, mostMs: number, step: () => boolean): void {
    this.#quietly(leastMs + this.#random.below(mostMs - leastMs + 1), () => {
      if (step()) this.#repeat(leastMs, mostMs, step)
    })
  }

  #quotes(): boolean {
    for (const { link } of this.lines)
      for (let instrument = 0; instrument < this.plan.instruments; instrument++)
        link.toClient({ kind: 'quote', instrument, bid: 99.99, ask: 100.01, tsUs: this.time.wallUs() })
    return true
  }

  #market(): boolean {
    for (const { venue } of this.lines) {
      const working = venue.working()
      const order = working[this.#random.below(Math.max(1, working.length))]
      if (order !== undefined) this.#happen(venue, order)
    }
    return this.#isTrading
  }

  #happen(venue: Venue, order: VenueOrder): void {
    const dice = this.#random.next()
    const leaves = order.quantity - order.cumulative
    if (dice < 0.7) venue.fill(order, this.#random.chance(0.4) ? leaves : 1 + this.#random.below(leaves), order.price)
    else if (dice < 0.73) venue.close(order, false)
    else if (dice < 0.75) venue.close(order, true)
  }

  #heal(): void {
    this.trace.note('world', 'everything heals')
    this.#isTrading = false
    for (const { link } of this.lines) link.heal()
    this.disk.heal()
    this.#client?.system?.journal.tryResume()
  }

  // ---- What the client tells --------------------------------------------------------------------------------------------

  nextIntent(): string {
    return `intent ${++this.#intents}`
  }

  isTrading(): boolean {
    return this.#isTrading
  }

  onAlert(kind: string, order: number): void {
    let orders = this.#alerts.get(kind)
    if (orders === undefined) {
      orders = new Set()
      this.#alerts.set(kind, orders)
    }
    orders.add(order)
  }

  onDiskCrash(): void {
    this.#isCrashWanted = true
  }

  onStarted(): void {}

  /** A disk that fails may keep the system from starting; it is tried again, as an operator would. */
  onStartFailed(_client: Client, error: unknown): void {
    const message = messageOf(error)
    this.trace.note('system', `start failed: ${message}`)
    const isDisk = /TW_FILE|TW_JOURNAL_FAILED|process has crashed|process crashed|process ended|process has ended/.test(
      message,
    )
    if (!isDisk) this.violate(`the system did not start: ${message}`)
    this.#crash('start failed', false)
  }

  onSend(request: Request, sender: SimConnector): void {
    this.trace.tell('sends', digestOf(request), () => wordsOf(request))
    if (request.kind !== 'cancel' && !sender.isReady)
      this.violate(`sent while ${sender.state}: ${JSON.stringify(request)}`)
    this.#operator.checkSend(request, (text) => this.violate(text))
    const { sent } = this.lines[sender.line] as Line
    sent.beforeSend(request, this.time.monotonicNs(), (text) => this.violate(text))
  }

  onSent(request: Request, sender: SimConnector): void {
    const { sent } = this.lines[sender.line] as Line
    sent.afterSend(request, (text) => this.violate(text))
    if (this.#faults.crashSends.has(++this.#sends) && this.#isTrading) {
      // From here on nothing reaches the disk any more: whatever the code still does, it does in vain.
      this.disk.failCall(1, 'crash')
      this.#isCrashWanted = true
    }
  }

  violate(text: string): void {
    this.trace.note('BROKEN', text)
    if (this.#violations.length < maxViolations) this.#violations.push(text)
  }

  // ---- Crash and restart ------------------------------------------------------------------------------------------------

  #boot(): void {
    this.#client = new Client(this, ++this.#clients, this.disk.mount())
  }

  crash(): void {
    this.#crash('by itself', true)
  }

  crashInAwait(turns: number): void {
    this.time.after(0, () => {
      const client = this.#client
      let left = turns
      const turn = (): void => {
        if (left-- > 0) queueMicrotask(turn)
        else if (client !== undefined && client === this.#client) this.#crash('in an await', false)
      }
      queueMicrotask(turn)
    })
  }

  operate(what: 'kill' | 'resolve'): void {
    const system = this.#client?.system
    if (system === undefined || this.#client?.time.isFrozen === true) return
    this.#settles = true
    if (what === 'resolve') this.#operator.resolve(system)
    else
      this.#operator.kill(system, (delayMs, release) =>
        this.time.after(delayMs, () => {
          const now = this.#client?.system
          if (now !== undefined) release(now)
        }),
      )
  }

  #crash(how: string, isBetweenCalls: boolean): void {
    const client = this.#client
    this.#isCrashWanted = false
    if (client === undefined) return
    const powerCut = this.plan.powerCuts && this.#random.chance(0.5)
    this.trace.note('system', `process dies ${how}${powerCut ? ', and the power with it' : ''}`, client.number)
    this.#crashes++
    for (const { sent } of this.lines) sent.restart()
    this.#operator.restart(isBetweenCalls && !powerCut && client.system?.journal.state === 'open')
    const live = isBetweenCalls && this.#random.chance(0.3) ? this.#liveState(client) : undefined
    this.#client = undefined
    client.kill()
    for (const { link } of this.lines) link.cut('process died', false)
    this.disk.crash({ powerCut: false })
    this.disk.heal()
    if (live !== undefined) this.#compare(live, this.#recovered(), 'at the crash')
    if (powerCut) this.disk.crash({ powerCut })
    const recovered = this.#recovered()
    if (recovered !== undefined)
      checkJournal(recovered, this.#venues, forgottenBy(recovered, orderCapacity(this.plan)), (text) =>
        this.violate(text),
      )
    this.#quietly(50 + this.#random.below(400), () => {
      this.#settles = true
      this.#boot()
    })
  }

  /** The state that the journal holds now; a journal that cannot be read is one more thing that does not hold. */
  #recovered(): SystemState | undefined {
    const config = configOf(this.plan, 0)
    try {
      return recoverState({ fileSystem: this.disk, directory: journalDirectory, config }).state
    } catch (error) {
      this.violate(`the journal cannot be read: ${messageOf(error)}`)
      return undefined
    }
  }

  /** The state in memory, where the journal is able to hold the same. */
  #liveState({ system }: Client): SystemState | undefined {
    const isComparable =
      system?.journal.state === 'open' && this.plant !== 'send_before_journal' && this.plant !== 'unordered_journal'
    return isComparable ? system.exportState() : undefined
  }

  /** What is in memory and what the journal tells must be one and the same. */
  #compare(live: SystemState, recovered: SystemState | undefined, when: string): void {
    checkReservations(live, (text) => this.violate(`${text} (${when})`))
    if (recovered === undefined || isSame(live, recovered)) return
    const found = differences(live, recovered)
    if (found.length > 0)
      this.violate(`the journal tells another state than memory holds (${when}): ${found.join('; ')}`)
  }

  // ---- The end ----------------------------------------------------------------------------------------------------------

  /** Waits until both sides agree: some seeds until the last moment, for what was right may still go wrong. */
  async #agree(): Promise<void> {
    const { fullHistory, tables } = this.plan
    const moments = fullHistory && tables === undefined ? agreementMs : lateAgreementMs
    const lastMs = moments[moments.length - 1] as number
    let nowMs = 0
    for (const moment of moments) {
      await this.#advance(moment - nowMs)
      nowMs = moment
      const isReady = this.#client?.connectors.every((connector) => connector.isReady) === true
      if (moment >= readyMs(this.plan) && !isReady) this.violate(`I9: not ready ${moment} ms after everything healed`)
      if (this.#violations.length > 0) return
      if (moment < lastMs && (this.plan.watchesLong || !isReady)) continue
      const found = this.#disagreements()
      if (found.length === 0) return
      if (moment === lastMs) for (const text of found) this.violate(text)
    }
  }

  #disagreements(): string[] {
    const found: string[] = []
    const note = (text: string) => void found.push(text)
    const system = this.#client?.system
    if (system === undefined) return ['the system does not run']
    const { fullHistory } = this.plan
    const state = system.exportState()
    const isForgotten = forgottenBy(state, orderCapacity(this.plan))
    this.#forgotten = sum(this.#venues, ({ orders }) => orders.filter(({ order }) => isForgotten(order)).length)
    const beliefs = { state, alerts: this.#alerts, fullHistory, priceFactor, isForgotten }
    for (const venue of this.#venues)
      checkAgreement({ ...beliefs, venue, isFull: isFull(state, orderCapacity(this.plan)) }, note)
    checkIntents(this.#venues, note)
    this.#operator.checkOwedCancels(note)
    return found
  }

  /** I10: a stopped system leaves nothing behind, and its journal tells what it knew. */
  async #stop(): Promise<void> {
    const client = this.#client as Client
    const { system, connectors, time } = client
    if (system === undefined) return
    const live = this.#liveState(client)
    if (live !== undefined) this.#compare(live, this.#recovered(), 'at the end')
    let isStopped = false
    const stopped = system.stop().then(() => {
      isStopped = true
    })
    await this.#advance(stopMs, () => isStopped)
    if (!isStopped) this.violate(`I10: the system did not stop within ${stopMs} ms`)
    else await stopped
    if (time.pendingTimers > 0) this.violate(`I10: ${time.pendingTimers} timers are left after the stop`)
    const listeners = sum([system, system.orders, ...connectors], ({ events }) => events.totalListeners())
    if (listeners > 0) this.violate(`I10: ${listeners} listeners are left after the stop`)
    const lines = this.links.filter(({ isUp }) => isUp).length
    if (lines > 0) this.violate(`I10: ${lines} lines are still up after the stop`)
  }
}

function sum<T>(list: readonly T[], amount: (each: T) => number): number {
  return list.reduce((total, each) => total + amount(each), 0)
}

function definitionOf(index: number): InstrumentDefinition {
  return {
    id: `S${index}.SIM` as InstrumentDefinition['id'],
    symbol: `S${index}`,
    venue: 'SIM',
    assetClass: 'equity',
    currency: 'USD',
    priceIncrement: '0.01',
    sizeIncrement: '1',
  }
}

/** Whether two trees of plain data are equal, quickly: which parts are not is another question. */
function isSame(left: unknown, right: unknown): boolean {
  if (Object.is(left, right)) return true
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) return false
  let count = 0
  for (const key in left) {
    count++
    if (!isSame((left as Record<string, unknown>)[key], (right as Record<string, unknown>)[key])) return false
  }
  for (const _ in right) count--
  return count === 0
}
