/**
 * Two sessions with stores on disks that survive, over a line that is cut, flips bits, and between processes that crash: in the end
 * each side has every message of the other exactly once and in order, and both agree on their numbers.
 */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { FixAcceptor } from '../../src/connectors/fix/acceptor/acceptor.js'
import type { FixSessionConfig } from '../../src/connectors/fix/session/config.js'
import { FixSession } from '../../src/connectors/fix/session/fix-session.js'
import { FixInitiator } from '../../src/connectors/fix/session/initiator.js'
import { FileStore } from '../../src/connectors/fix/store/file-store.js'
import { SeededRandom } from '../../src/core/random.js'
import { VirtualTime } from '../../src/core/virtual-time.js'
import { SimulatedDisk } from '../../src/testing/simulated-disk.js'
import { runs } from '../support/runs.js'
import { RecordingApplication, say } from './support/session-pair.js'
import { SimulatedNetwork } from './support/simulated-network.js'

const PORT = 9_000
const variants: readonly Partial<FixSessionConfig>[] = [
  {},
  { nextExpectedMsgSeqNum: true },
  { maxResendRequest: 3, lastMsgSeqNumProcessed: true },
  { maxQueuedMessages: 2 },
  { throttle: { messages: 4, windowMs: 50 } },
]

/** A side: what outlives its process, and the process. */
interface Side {
  readonly disk: SimulatedDisk
  readonly application: RecordingApplication
  readonly said: string[]
  session: FixSession
  store: FileStore
  stop: () => Promise<void>
}

class World {
  readonly time = new VirtualTime()
  readonly network: SimulatedNetwork
  readonly random: SeededRandom
  readonly client: Side
  readonly venue: Side
  readonly #variant: Partial<FixSessionConfig>

  constructor(seed: number, variant: Partial<FixSessionConfig>) {
    this.random = new SeededRandom(seed)
    this.network = new SimulatedNetwork(this.time, this.random.fork('network'))
    this.#variant = variant
    this.client = { ...this.#blank(seed), ...this.#noProcess() }
    this.venue = { ...this.#blank(seed + 1), ...this.#noProcess() }
  }

  #blank(seed: number) {
    return { disk: new SimulatedDisk({ seed }), application: new RecordingApplication(), said: [] }
  }

  #noProcess(): Pick<Side, 'session' | 'store' | 'stop'> {
    return { session: undefined, store: undefined, stop: undefined } as never
  }

  #process(side: Side, names: { role: 'initiator' | 'acceptor'; senderCompId: string; targetCompId: string }): void {
    side.store = new FileStore(side.disk.mount(), 'store')
    side.session = new FixSession({
      config: {
        beginString: 'FIX.4.4',
        ...names,
        heartBtIntSeconds: 2,
        resendTimeoutMs: 1_000,
        offlineSend: 'store',
        ...this.#variant,
      },
      store: side.store,
      clock: this.time,
      application: side.application,
    })
  }

  startClient(): void {
    this.#process(this.client, { role: 'initiator', senderCompId: 'C', targetCompId: 'V' })
    const initiator = new FixInitiator({
      session: this.client.session,
      time: this.time,
      network: this.network,
      random: this.random.fork(`reconnect${this.time.monotonicNs()}`),
      endpoints: [{ host: '127.0.0.1', port: PORT }],
      reconnect: { firstDelayMs: 20, maxDelayMs: 100 },
    })
    initiator.start()
    this.client.stop = () => initiator.stop()
  }

  async startVenue(): Promise<void> {
    this.#process(this.venue, { role: 'acceptor', senderCompId: 'V', targetCompId: 'C' })
    const acceptor = new FixAcceptor({ time: this.time, network: this.network, port: PORT })
    acceptor.add(this.venue.session)
    await acceptor.start()
    this.venue.stop = () => acceptor.stop()
  }

  say(side: Side): void {
    const text = `${side.said.length}`
    say(side.session, text)
    side.said.push(text)
  }

  cut(): void {
    for (const end of this.network.openEnds) this.network.cutConnection(end)
  }

  /** A process dies without a word; its successor opens the same files. */
  async crash(side: Side): Promise<void> {
    side.disk.crash({ powerCut: false })
    this.cut()
    const { stop } = side
    if (side === this.client) this.startClient()
    else await this.startVenue()
    // What is left of the old process stops by itself; its files are out of its reach.
    if (side === this.client) void stop().catch(() => {})
  }
}

const step = fc.oneof(
  { weight: 6, arbitrary: fc.constant('client says') },
  { weight: 6, arbitrary: fc.constant('venue says') },
  { weight: 6, arbitrary: fc.integer({ min: 1, max: 400 }).map((ms) => ms) },
  { weight: 2, arbitrary: fc.constant('cut') },
  { weight: 1, arbitrary: fc.constant('client crashes') },
  { weight: 1, arbitrary: fc.constant('venue crashes') },
  { weight: 1, arbitrary: fc.constant('noise') },
)

async function live(seed: number, variant: number, steps: readonly (string | number)[]): Promise<void> {
  const world = new World(seed, variants[variant] as Partial<FixSessionConfig>)
  const { client, venue, network, time } = world
  await world.startVenue()
  world.startClient()
  await time.advanceMsAsync(50)
  for (const one of steps) {
    if (typeof one === 'number') await time.advanceMsAsync(one)
    else if (one === 'client says') world.say(client)
    else if (one === 'venue says') world.say(venue)
    else if (one === 'cut') world.cut()
    else if (one === 'client crashes') await world.crash(client)
    else if (one === 'venue crashes') await world.crash(venue)
    else network.corruption = network.corruption > 0 ? 0 : 0.2
  }
  network.corruption = 0
  await time.advanceMsAsync(40_000)
  const exact = (texts: readonly string[]) => texts.map((text) => text.replace('*', ''))
  expect(exact(venue.application.texts)).toEqual(client.said)
  expect(exact(client.application.texts)).toEqual(venue.said)
  await time.runUntil(client.stop())
  await time.advanceMsAsync(5_000)
  expect([client.store.nextOutgoing, venue.store.nextOutgoing]).toEqual([
    venue.store.nextIncoming,
    client.store.nextIncoming,
  ])
}

it(
  'nothing is lost, repeated or reordered',
  async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 1_000_000 }),
        fc.integer({ min: 0, max: variants.length - 1 }),
        fc.array(step, { minLength: 1, maxLength: 40 }),
        live,
      ),
      { numRuns: runs({ ci: 150, full: 10_000 }) },
    )
  },
  runs({ ci: 120_000, full: 7_200_000 }),
)
