/**
 * One simulation: the production system on a virtual clock, a simulated disk and a faulty line, trading with a venue that
 * keeps the truth; crashes, disconnects and disk faults by the dice of its seed; then everything heals, and both sides have
 * to agree.
 *
 * Nothing outside the seed has a say, so that one seed replays exactly.
 */
import { NS_PER_MS } from '../../src/core/clock.js'
import { messageOf } from '../../src/core/errors.js'
import type { Logger } from '../../src/core/logger.js'
import { SeededRandom } from '../../src/core/random.js'
import { settlePromises, VirtualTime } from '../../src/core/virtual-time.js'
import type { InstrumentDefinition } from '../../src/model/instrument.js'
import type { TradingSystemConfig } from '../../src/system/config.js'
import { recoverState } from '../../src/system/recover-state.js'
import { differences } from '../../src/system/state.js'
import { TradingSystem } from '../../src/system/trading-system.js'
import { SimulatedDisk } from '../../src/testing/simulated-disk.js'
import { checkAgreement, checkIntents, checkJournal, checkReservations, SentOrders } from './checks.js'
import { Link } from './link.js'
import type { Request } from './messages.js'
import { type Plan, type Plant, planOf } from './plan.js'
import { ProcessTime } from './process-time.js'
import { SimConnector } from './sim-connector.js'
import { Trace } from './trace.js'
import { Trader } from './trader.js'
import { account, Venue, type VenueOrder } from './venue.js'
import { watchedFiles } from './watched-files.js'

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
}

/** How a simulation is run. */
export interface SimulateOptions {
  plant?: Plant
  /** Receives every line of the trace. */
  show?: (line: string) => void
}

const directory = 'journal'
/** Time for both sides to agree once nothing fails any more. */
const healMs = 18_000
/** A venue that lists open orders only leaves more to be concluded from silence. */
const longHealMs = 30_000
const maxViolations = 20

/** One life of the client process. */
interface Process {
  readonly number: number
  readonly time: ProcessTime
  readonly connector: SimConnector
  system: TradingSystem | undefined
}

/** Runs the simulation of a seed. */
export async function simulate(seed: number, options: SimulateOptions = {}): Promise<Outcome> {
  return await new World(planOf(seed), options).run()
}

class World {
  readonly plan: Plan
  readonly #plant: Plant | undefined
  readonly #time = new VirtualTime()
  readonly #trace: Trace
  readonly #random: SeededRandom
  readonly #disk: SimulatedDisk
  readonly #venue: Venue
  readonly #link: Link
  readonly #instruments: readonly InstrumentDefinition[]
  readonly #sent: SentOrders
  readonly #violations: string[] = []
  /** Kinds of alerts so far, and the orders they named. */
  readonly #alerts = new Map<string, Set<number>>()
  #process: Process | undefined
  #processes = 0
  #crashes = 0
  #isCrashWanted = false
  #intents = 0
  #isTrading = true
  #lostBook = false

  constructor(plan: Plan, options: SimulateOptions) {
    this.plan = plan
    this.#plant = options.plant
    this.#trace = new Trace(options.show)
    const root = new SeededRandom(plan.seed)
    this.#random = root.fork('world') as SeededRandom
    this.#disk = new SimulatedDisk({ seed: plan.seed })
    this.#instruments = Array.from({ length: plan.instruments }, (_, index) => definitionOf(index))
    this.#venue = new Venue(
      plan.instruments,
      () => this.#time.wallUs(),
      (report) => this.#link.toClient(report),
    )
    this.#venue.refuses = () => this.#random.chance(plan.refusals)
    const hear = (request: Request) => this.#venue.receive(request)
    this.#link = new Link(this.#time, root.fork('link') as SeededRandom, { ...plan.link }, hear, (line) =>
      this.#note(line),
    )
    this.#sent = new SentOrders(plan, this.#venue, this.#link)
    this.#note(JSON.stringify(plan))
  }

  async run(): Promise<Outcome> {
    this.#boot()
    this.#market()
    this.#quotes()
    this.#faults()
    await this.#advance(this.plan.tradingMs)
    this.#heal()
    await this.#advance(this.plan.fullHistory ? healMs : longHealMs)
    await this.#finish()
    return {
      seed: this.plan.seed,
      violations: this.#violations,
      hash: this.#trace.hash,
      events: this.#trace.lines,
      orders: this.#venue.orders.length,
      fills: this.#venue.fills.length,
      crashes: this.#crashes,
      virtualMs: this.#time.monotonicNs() / NS_PER_MS,
    }
  }

  // ---- The course of time ----------------------------------------------------------------------------------------------

  async #advance(durationMs: number): Promise<void> {
    const untilNs = this.#time.monotonicNs() + durationMs * NS_PER_MS
    await settlePromises()
    while (this.#violations.length < maxViolations && this.#time.runNext(untilNs)) {
      // A process that died in a call does not see its promises settle.
      if (this.#isCrashWanted) this.#crash('in a call', false)
      await settlePromises()
      if (this.#isCrashWanted) this.#crash('in a call', false)
    }
    this.#time.advanceTo(Math.max(untilNs, this.#time.monotonicNs()))
  }

  /** Runs `step` again and again, with random pauses. */
  #repeat(leastMs: number, mostMs: number, step: () => boolean): void {
    this.#time.after(leastMs + this.#random.below(mostMs - leastMs + 1), () => {
      if (step()) this.#repeat(leastMs, mostMs, step)
    })
  }

  #quotes(): void {
    this.#repeat(700, 1_300, () => {
      for (let instrument = 0; instrument < this.plan.instruments; instrument++)
        this.#link.toClient({ kind: 'quote', instrument, bid: 99.99, ask: 100.01, tsUs: this.#time.wallUs() })
      return true
    })
  }

  #market(): void {
    this.#repeat(10, 200, () => {
      const working = this.#venue.working()
      const order = working[this.#random.below(Math.max(1, working.length))]
      if (order !== undefined) this.#happen(order)
      return this.#isTrading
    })
  }

  #happen(order: VenueOrder): void {
    const dice = this.#random.next()
    const leaves = order.quantity - order.cumulative
    if (dice < 0.7)
      this.#venue.fill(order, this.#random.chance(0.4) ? leaves : 1 + this.#random.below(leaves), order.price)
    else if (dice < 0.73) this.#venue.close(order, false)
    else if (dice < 0.75) this.#venue.close(order, true)
  }

  #faults(): void {
    const { perSecond } = this.plan
    this.#repeat(50, 50, () => {
      if (!this.#isTrading) return false
      const happens = (odds: number) => this.#random.chance(odds / 20)
      if (happens(perSecond.disconnect)) this.#link.cut('network', this.#random.chance(0.7))
      if (happens(perSecond.silence)) this.#link.isSilent = true
      if (happens(perSecond.venueRestart)) this.#restartVenue()
      if (happens(perSecond.crash)) this.#crash('by itself', true)
      if (happens(perSecond.diskFault)) this.#failDisk()
      if (happens(perSecond.external)) this.#external()
      if (happens(perSecond.bust)) this.#restate()
      return true
    })
  }

  #restartVenue(): void {
    this.#link.cut('venue restarts', true)
    if (!this.plan.losesBook || this.#lostBook) return
    this.#lostBook = true
    this.#note('the venue loses its book')
    this.#venue.loseBook()
  }

  #failDisk(): void {
    const dice = this.#random.below(5)
    if (dice === 0) this.#disk.failCall(1 + this.#random.below(20), 'EIO')
    else if (dice === 1) this.#disk.failCall(1 + this.#random.below(20), 'ENOSPC')
    else if (dice === 2) this.#disk.failCall(1 + this.#random.below(20), 'crash')
    else if (dice === 3) this.#disk.failSync(1 + this.#random.below(3))
    else {
      this.#disk.limitSpace(this.#random.below(4_096))
      this.#time.after(2_000, () => this.#disk.heal())
    }
    this.#note(`disk fault ${dice}`)
  }

  #external(): void {
    const instrument = this.#random.below(this.plan.instruments)
    this.#sent.disturb(instrument)
    this.#venue.externalOrder(instrument, this.#random.chance(0.5) ? 1 : -1, 1 + this.#random.below(10), 1_000_000)
  }

  #restate(): void {
    const fills = this.#venue.fills.filter(
      (fill) => !fill.isBusted && !fill.isCorrected && fill.order.clientOrderId !== undefined,
    )
    const fill = fills[this.#random.below(Math.max(1, fills.length))]
    if (fill === undefined) return
    this.#sent.disturb(fill.order.instrument)
    if (this.#random.chance(0.5)) this.#venue.bust(fill)
    else this.#venue.correct(fill, fill.price + 100)
  }

  // ---- The process ------------------------------------------------------------------------------------------------------

  #boot(): void {
    const time = new ProcessTime(this.#time)
    const connector = new SimConnector(this.#link, {
      instruments: this.#instruments,
      fullHistory: this.plan.fullHistory,
      plant: this.#plant,
      onSend: (request, sender) => this.#onSend(request, sender),
      onSent: (request, sender) => this.#onSent(request, sender),
    })
    const trader = new Trader(
      this.plan,
      this.#instruments.map(({ symbol }) => symbol),
      {
        nextIntent: () => `intent ${++this.#intents}`,
        isTrading: () => this.#isTrading,
        plant: this.#plant,
        trace: (line) => this.#note(line),
      },
    )
    const process: Process = { number: ++this.#processes, time, connector, system: undefined }
    this.#process = process
    this.#note(`process ${process.number} starts`)
    const later = this.#plant === 'send_before_journal' ? (write: () => void) => void time.after(1, write) : undefined
    const isThis = () => this.#process === process
    const fileSystem = watchedFiles(
      this.#disk.mount(),
      () => {
        if (isThis()) this.#isCrashWanted = true
      },
      { preallocates: this.plan.preallocates, ...(later === undefined ? {} : { later }) },
    )
    TradingSystem.start({
      ...this.#config(process.number),
      connectors: { venue: connector },
      strategies: [trader],
      time,
      fileSystem,
      logger: this.#logger(isThis),
    }).then(
      (system) => {
        if (isThis()) this.#started(process, system)
      },
      (error: unknown) => {
        if (isThis()) this.#startFailed(error)
      },
    )
  }

  #started(process: Process, system: TradingSystem): void {
    process.system = system
    this.#note(`process ${process.number} runs: ${JSON.stringify(system.recovery)}`)
  }

  /** A disk that fails may keep the system from starting; it is tried again, as an operator would. */
  #startFailed(error: unknown): void {
    this.#note(`start failed: ${messageOf(error)}`)
    const isDisk = /TW_FILE|TW_JOURNAL_FAILED|process has crashed|process crashed|process ended|process has ended/.test(
      messageOf(error),
    )
    if (!isDisk) this.#violate(`the system did not start: ${messageOf(error)}`)
    this.#crash('start failed', false)
  }

  #config(seed: number): TradingSystemConfig {
    const { plan } = this
    return {
      mode: 'paper',
      journal: directory,
      durability: plan.durability,
      account,
      seed: plan.seed * 1_000 + seed,
      risk: {
        maxOrderQuantity: plan.limits.maxOrder,
        maxPosition: plan.limits.maxPosition,
        throttle: { limit: plan.limits.throttle, windowMs: plan.limits.throttleMs },
        duplicates: false,
      },
      onClose: 'leave',
      reconciliation: { intervalMs: 3_500, venueGraceMs: 2_000 },
      limits: { orders: 256, trades: 1_024, ring: 256, instruments: 8, accounts: 4, strategies: 4, connectors: 2 },
    }
  }

  /** What the system would tell an operator. */
  #logger(isThis: () => boolean): Logger {
    const hear = (facts: unknown, message?: string) => {
      if (!isThis()) return
      const { kind = '', order = 0 } = facts as { kind?: string; order?: number }
      this.#note(`log ${kind} ${message ?? ''} ${JSON.stringify(facts)}`)
      const orders = this.#alerts.get(kind) ?? new Set()
      orders.add(order)
      this.#alerts.set(kind, orders)
    }
    const quiet = () => {}
    const logger: Logger = { debug: quiet, info: quiet, warn: hear, error: hear, child: () => logger }
    return logger
  }

  #onSend(request: Request, sender: SimConnector): void {
    // What a dead process still does, it does in vain.
    if (sender !== this.#process?.connector) return
    this.#note(`send ${JSON.stringify(request)}`)
    if (request.kind !== 'cancel' && !sender.isReady)
      this.#violate(`sent while ${sender.state}: ${JSON.stringify(request)}`)
    this.#sent.beforeSend(request, this.#time.monotonicNs(), (text) => this.#violate(text))
  }

  #onSent(request: Request, sender: SimConnector): void {
    if (sender !== this.#process?.connector) return
    this.#sent.afterSend(request, (text) => this.#violate(text))
    if (this.#random.chance(this.plan.crashAtSend) && this.#isTrading) {
      // From here on nothing reaches the disk any more: whatever the code still does, it does in vain.
      this.#disk.failCall(1, 'crash')
      this.#isCrashWanted = true
    }
  }

  #crash(how: string, isBetweenCalls: boolean): void {
    const process = this.#process
    this.#isCrashWanted = false
    if (process === undefined) return
    const powerCut = this.plan.powerCuts && this.#random.chance(0.5)
    this.#note(`process ${process.number} dies ${how}${powerCut ? ', and the power with it' : ''}`)
    this.#crashes++
    this.#sent.restart()
    if (isBetweenCalls) this.#compareWithJournal(process, 'at the crash')
    this.#process = undefined
    process.time.kill()
    this.#link.cut('process died', false)
    this.#disk.crash({ powerCut })
    this.#disk.heal()
    checkJournal(this.#recovered(), this.#venue, (text) => this.#violate(text))
    this.#time.after(50 + this.#random.below(400), () => this.#boot())
  }

  #recovered() {
    return recoverState({ fileSystem: this.#disk, directory, config: this.#config(0) }).state
  }

  /** What is in memory and what the journal tells must be one and the same. */
  #compareWithJournal(process: Process, when: string): void {
    const { system } = process
    if (system === undefined || system.journal.state !== 'open' || this.#plant === 'send_before_journal') return
    this.#disk.heal()
    checkReservations(system.exportState(), (text) => this.#violate(`${text} (${when})`))
    this.#sameState(system.exportState(), this.#recovered(), when)
  }

  #sameState(live: unknown, recovered: unknown, when: string): void {
    const found = differences(live, recovered)
    if (found.length > 0)
      this.#violate(`the journal tells another state than memory holds (${when}): ${found.join('; ')}`)
  }

  // ---- The end ----------------------------------------------------------------------------------------------------------

  #heal(): void {
    this.#note('everything heals')
    this.#isTrading = false
    this.#link.heal()
    this.#disk.heal()
    this.#process?.system?.journal.tryResume()
  }

  async #finish(): Promise<void> {
    if (this.#violations.length > 0) return
    const process = this.#process
    const system = process?.system
    if (process === undefined || system === undefined || !process.connector.isReady) {
      this.#violate(`not running long after everything healed: ${process?.connector.state ?? 'no process'}`)
      return
    }
    const state = system.exportState()
    checkAgreement(
      { state, venue: this.#venue, alerts: this.#alerts, fullHistory: this.plan.fullHistory, priceFactor: 10_000 },
      (text) => this.#violate(text),
    )
    checkIntents(this.#venue, (text) => this.#violate(text))
    this.#compareWithJournal(process, 'at the end')
    const stopped = system.stop()
    await this.#advance(15_000)
    await stopped
    if (process.time.pendingTimers > 0) this.#violate(`${process.time.pendingTimers} timers are left after the stop`)
    const listeners =
      system.events.totalListeners() + system.orders.events.totalListeners() + process.connector.events.totalListeners()
    if (listeners > 0) this.#violate(`${listeners} listeners are left after the stop`)
  }

  #note(line: string): void {
    this.#trace.add(`${Math.floor(this.#time.monotonicNs() / 1_000)} ${line}`)
  }

  #violate(text: string): void {
    this.#note(`VIOLATION ${text}`)
    if (this.#violations.length < maxViolations) this.#violations.push(text)
  }
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
