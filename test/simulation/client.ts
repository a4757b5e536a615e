/** One life of the client process: the production system on its own clock, its disk and its end of the line. */

import type { FileSystem } from '../../src/core/file-system.js'
import type { Logger } from '../../src/core/logger.js'
import type { VirtualTime } from '../../src/core/virtual-time.js'
import type { InstrumentDefinition } from '../../src/model/instrument.js'
import { routingStrategies } from '../../src/routing/route-selector.js'
import type { TradingSystemConfig } from '../../src/system/config.js'
import { TradingSystem } from '../../src/system/trading-system.js'
import type { Link } from './link.js'
import type { Plan } from './plan.js'
import type { Plant } from './plants.js'
import { type Machine, ProcessTime } from './process-time.js'
import { type ConnectorHooks, SimConnector } from './sim-connector.js'
import { hashOf, type Trace } from './trace.js'
import { Trader } from './trader.js'
import { accountOf } from './venue.js'
import { unordered, watchedFiles } from './watched-files.js'

/** Where the journal lies. */
export const journalDirectory = 'journal'

/** What a process finds in the world. */
export interface ClientWorld extends Pick<ConnectorHooks, 'onSend' | 'onSent'> {
  readonly plan: Plan
  readonly plant: Plant | undefined
  readonly time: VirtualTime
  readonly machine: Machine
  readonly links: readonly Link[]
  readonly trace: Trace
  readonly instruments: readonly InstrumentDefinition[]
  nextIntent(): string
  isTrading(): boolean
  violate(text: string): void
  onAlert(kind: string, order: number): void
  onDiskCrash(client: Client): void
  onStarted(client: Client): void
  onStartFailed(client: Client, error: unknown): void
}

/** A process that lives until {@link Client.kill}. */
export class Client {
  readonly number: number
  readonly time: ProcessTime
  /** One for each line. */
  readonly connectors: readonly SimConnector[]
  /** Once it runs. */
  system: TradingSystem | undefined
  #isDead = false

  /** Starts process number `number` with its files on `mounted`. */
  constructor(world: ClientWorld, number: number, mounted: FileSystem) {
    const { plan, plant, trace, machine } = world
    this.number = number
    this.time = new ProcessTime(world.time, machine)
    const time = this.time
    const hooks: ConnectorHooks = {
      instruments: world.instruments,
      fullHistory: plan.fullHistory,
      namesFills: plan.tables?.namesFills ?? true,
      plant,
      isForgotten: (clientOrderId) => this.system !== undefined && this.system.orders.get(clientOrderId) === undefined,
      onSend: (request, sender) => this.#isDead || world.onSend(request, sender),
      onSent: (request, sender) => this.#isDead || world.onSent(request, sender),
      isFrozen: () => time.isFrozen,
    }
    this.connectors = world.links.map((link, line) => new SimConnector(link, hooks, line))
    const trader = new Trader(
      plan,
      world.instruments.map(({ symbol }) => symbol),
      {
        nextIntent: () => world.nextIntent(),
        isTrading: () => world.isTrading(),
        plant,
        trace,
        releaseReservations: () => this.#releaseReservations(),
        violate: (text) => this.#isDead || world.violate(text),
      },
    )
    trace.note('system', 'process starts', number)
    TradingSystem.start({
      ...configOf(plan, number),
      connectors: Object.fromEntries(this.connectors.map((connector, line) => [connectorName(line), connector])),
      strategies: [trader],
      time,
      fileSystem: watchedFiles(mounted, () => this.#isDead || world.onDiskCrash(this), {
        preallocatedBytes: plan.preallocates ? 16_384 : 0,
        ...laterOf(plant, (delayMs, run) => void world.time.after(delayMs, () => this.#isDead || run())),
      }),
      logger: this.#logger(world),
    }).then(
      (system) => {
        if (this.#isDead) return
        this.system = system
        trace.tell('system', number, () => `process ${number} runs: ${JSON.stringify(system.recovery)}`)
        world.onStarted(this)
      },
      (error: unknown) => {
        if (!this.#isDead) world.onStartFailed(this, error)
      },
    )
  }

  /** From here on whatever the process still does, it does in vain. */
  kill(): void {
    this.#isDead = true
    this.time.kill()
  }

  /** What the system would tell an operator. */
  #logger(world: ClientWorld): Logger {
    const hear = (facts: unknown, message?: string) => {
      if (this.#isDead) return
      const { kind = '', order = 0 } = facts as { kind?: string; order?: number }
      world.trace.tell('alert', hashOf(kind) ^ order, () => `${kind} ${message ?? ''} ${JSON.stringify(facts)}`)
      world.onAlert(kind, order)
    }
    const quiet = () => {}
    const logger: Logger = { debug: quiet, info: quiet, warn: hear, error: hear, child: () => logger }
    return logger
  }

  #releaseReservations(): void {
    const { exposure } = (this.system as TradingSystem).gate
    exposure.buying.fill(0)
    exposure.selling.fill(0)
  }
}

/** The configuration of a process. Tables are small: every process of every seed makes them anew. */
export function configOf(plan: Plan, number: number): TradingSystemConfig {
  return {
    mode: 'paper',
    journal: journalDirectory,
    durability: plan.durability,
    account: accountOf(0),
    ...(plan.lines === 1 ? {} : severalLines(plan)),
    seed: plan.seed * 1_000 + number,
    risk: {
      maxOrderQuantity: plan.limits.maxOrder,
      maxPosition: plan.limits.maxPosition,
      throttle: { limit: plan.limits.throttle, windowMs: plan.limits.throttleMs },
      duplicates: false,
    },
    onClose: 'leave',
    reconciliation: { intervalMs: 3_500, venueGraceMs: 2_000 },
    ...snapshotsOf(plan),
    limits: {
      orders: orderCapacity(plan),
      trades: plan.tables?.trades ?? 512,
      ring: plan.tables?.ring ?? 64,
      instruments: 4,
      accounts: 1 + plan.lines,
      strategies: 4,
      connectors: 1 + plan.lines,
    },
  }
}

/** Orders on record. What is sent again and again fills the history: several lines need more of it. */
export function orderCapacity({ lines, tables }: Plan): number {
  return tables?.orders ?? (lines === 1 ? 256 : 1_024)
}

function snapshotsOf({ tables }: Plan): Pick<TradingSystemConfig, 'snapshots'> {
  return tables === undefined || tables.snapshotEveryRecords === 0
    ? {}
    : { snapshots: { everyRecords: tables.snapshotEveryRecords } }
}

/** Name of the connector of a line. */
export const connectorName = (line: number): string => (line === 0 ? 'venue' : `venue${line}`)

function severalLines({ lines, seed }: Plan): Pick<TradingSystemConfig, 'accounts' | 'routing'> {
  return {
    accounts: Object.fromEntries(Array.from({ length: lines }, (_, line) => [connectorName(line), accountOf(line)])),
    routing: {
      strategy: routingStrategies[seed % routingStrategies.length] as (typeof routingStrategies)[number],
      minDwellMs: 100,
      failbackAfterMs: 300,
      checkIntervalMs: 100,
      unknownBlocks: seed % 2 === 0 ? 'instrument' : 'all',
      startWith: 'any',
    },
  }
}

function laterOf(plant: Plant | undefined, after: (delayMs: number, run: () => void) => void) {
  if (plant === 'send_before_journal') return { later: (write: () => void) => after(1, write) }
  return plant === 'unordered_journal' ? { later: unordered(after) } : {}
}
