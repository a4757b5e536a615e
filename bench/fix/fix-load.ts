/**
 * fix-load: sustained load and long resends over loopback, file stores on both sides, the venue in a process of its own.
 *
 * The first case sends orders as fast as the venue takes them and ends when the last has arrived: what passes per second, nothing
 * lost. The second answers a ResendRequest for 100,000 messages: the longest turn of the event loop meanwhile.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { FixAcceptor } from '../../src/connectors/fix/acceptor/acceptor.js'
import { loadFixDictionary } from '../../src/connectors/fix/dictionary/built-in.js'
import { FixValidator } from '../../src/connectors/fix/dictionary/validator.js'
import { FixSession } from '../../src/connectors/fix/session/fix-session.js'
import { FixInitiator } from '../../src/connectors/fix/session/initiator.js'
import { FileStore } from '../../src/connectors/fix/store/file-store.js'
import { nodeFileSystem } from '../../src/core/node-file-system.js'
import { nodeNetwork } from '../../src/core/node-network.js'
import { SeededRandom } from '../../src/core/random.js'
import { RealTime } from '../../src/core/real-time.js'
import type { Benchmark, Variant } from '../types.js'

const messages = 250_000
const resent = 100_000
const beginString = 'FIX.4.4'

/**
 * The venue: says `8` when it has got so many application messages, and begins to count anew: how many of them were not the next
 * one by ClOrdID, and how many came in the poorest second. Prints its port.
 */
export async function serve(folder: string, count: number): Promise<void> {
  const time = new RealTime()
  const dictionary = await loadFixDictionary('FIX.4.4')
  let got = 0
  let strays = 0
  let second = 0
  let inSecond = 0
  let poorest = Number.POSITIVE_INFINITY
  const tally = () => {
    const now = Math.floor(time.monotonicNs() / 1e9)
    if (now !== second) {
      // The first second and the last are no whole ones.
      if (second > 0 && got > inSecond) poorest = Math.min(poorest, inSecond)
      second = now
      inSecond = 0
    }
    inSecond++
  }
  const session: FixSession = new FixSession({
    config: { role: 'acceptor', beginString, senderCompId: 'VENUE', targetCompId: 'ME', maxQueuedMessages: 200_000 },
    store: new FileStore(nodeFileSystem, join(folder, 'venue')),
    clock: time,
    application: {
      onMessage: (message) => {
        got++
        tally()
        if (message.has(11) && message.int(11) !== got) strays++
        if (got < count) return
        const encoder = session.begin('8')
        encoder.string(37, 'done')
        encoder.int(38, strays)
        if (Number.isFinite(poorest)) encoder.int(32, poorest)
        session.send()
        got = strays = second = 0
        poorest = Number.POSITIVE_INFINITY
      },
    },
    validator: new FixValidator(dictionary),
    messageOptions: { dataTags: dictionary.dataTags },
  })
  const acceptor = new FixAcceptor({ time, network: nodeNetwork, port: 0 })
  acceptor.add(session)
  await acceptor.start()
  process.stdout.write(`${acceptor.port}\n`)
}

async function startVenue(folder: string, count: number): Promise<{ child: ChildProcess; port: number }> {
  const code = `import(${JSON.stringify(import.meta.url)}).then((bench) => bench.serve(${JSON.stringify(folder)}, ${count}))`
  const child = spawn(process.execPath, ['-e', code], { stdio: ['ignore', 'pipe', 'inherit'] })
  const port = await new Promise<number>((settle, reject) => {
    child.once('exit', () => reject(new Error('the venue did not start')))
    child.stdout?.once('data', (chunk) => settle(Number(String(chunk))))
  })
  return { child, port }
}

interface Client {
  readonly session: FixSession
  readonly initiator: FixInitiator
  readonly store: FileStore
  /** Resolves when the venue says that it has got everything, with what it says. */
  done(): Promise<VenueTally>
}

interface VenueTally {
  /** Messages that were not the next one. */
  readonly strays: number
  /** Messages in the poorest whole second; NaN for less than three seconds. */
  readonly poorestSecond: number
}

function clientOf(folder: string, port: number): Client {
  const time = new RealTime()
  let onDone = (_tally: VenueTally): void => {}
  const store = new FileStore(nodeFileSystem, join(folder, 'client'))
  const session = new FixSession({
    config: { role: 'initiator', beginString, senderCompId: 'ME', targetCompId: 'VENUE', offlineSend: 'store' },
    store,
    clock: time,
    application: {
      onMessage: (message) =>
        onDone({ strays: message.int(38), poorestSecond: message.has(32) ? message.int(32) : Number.NaN }),
    },
  })
  const endpoints = [{ host: '127.0.0.1', port }]
  const initiator = new FixInitiator({ session, time, network: nodeNetwork, random: new SeededRandom(1), endpoints })
  return { session, initiator, store, done: () => new Promise((settle) => (onDone = settle)) }
}

function say(session: FixSession, index: number): void {
  const encoder = session.begin('D')
  encoder.int(11, index)
  encoder.string(1, 'ACC-0001')
  encoder.string(55, 'MSFT')
  encoder.string(54, '1')
  encoder.string(60, '20261121-14:30:05.122')
  encoder.units(38, 1_500, 0)
  encoder.string(40, '2')
  encoder.units(44, 41_235, 2)
  session.send()
}

const load: Variant = {
  name: 'tradewire',
  async prepare() {
    const folder = mkdtempSync(join(tmpdir(), 'tradewire-load-'))
    const { child, port } = await startVenue(folder, messages)
    const { session, initiator, store, done } = clientOf(folder, port)
    await initiator.connect()
    const run = async () => {
      const startedNs = process.hrtime.bigint()
      const finished = done()
      let sent = 0
      const burst = () => {
        for (let i = 0; i < 200 && sent < messages && session.obstacle('D') === undefined; i++) say(session, ++sent)
        if (sent < messages) setImmediate(burst)
      }
      burst()
      await finished
      return Number(process.hrtime.bigint() - startedNs)
    }
    return {
      operations: messages,
      run,
      dispose: async () => {
        await initiator.disconnect()
        store.close()
        child.kill('SIGKILL')
        rmSync(folder, { recursive: true, force: true })
      },
    }
  },
}

const resend: Variant = {
  name: 'tradewire',
  async prepare() {
    return { operations: 1, run: longestStallMs }
  },
}

/** What came of a load at a pace. */
export interface SustainedLoad extends VenueTally {
  readonly messages: number
  readonly seconds: number
  /** Messages that the sender was behind its pace at most. */
  readonly longestQueue: number
  /** Milliseconds of the processor's time in the longest turn of the sender's loop. */
  readonly longestTurnMs: number
}

/** Sends so many messages a second for so long, file stores on both sides, and waits until the venue has got all of them. */
export async function sustain(rate: number, seconds: number): Promise<SustainedLoad> {
  const total = Math.round(rate * seconds)
  const folder = mkdtempSync(join(tmpdir(), 'tradewire-load-'))
  const { child, port } = await startVenue(folder, total)
  const { session, initiator, store, done } = clientOf(folder, port)
  try {
    await initiator.connect()
    const finished = done()
    const turns = watchTurns()
    const startedNs = process.hrtime.bigint()
    const elapsedSeconds = () => Number(process.hrtime.bigint() - startedNs) / 1e9
    let sent = 0
    let longestQueue = 0
    const burst = () => {
      const due = Math.min(total, Math.floor(elapsedSeconds() * rate))
      longestQueue = Math.max(longestQueue, due - sent)
      for (let i = 0; i < 500 && sent < due && session.obstacle('D') === undefined; i++) say(session, ++sent)
      if (sent < total) setImmediate(burst)
    }
    burst()
    const tally = await finished
    return { ...tally, messages: total, seconds: elapsedSeconds(), longestQueue, longestTurnMs: turns.end() }
  } finally {
    await initiator.disconnect()
    store.close()
    child.kill('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Watches the turns of the loop: `end` gives the longest, in milliseconds of the processor's time, so that other processes do not count. */
function watchTurns(): { end(): number } {
  let longestUs = 0
  let isOver = false
  let last = process.cpuUsage()
  const look = () => {
    const { user, system } = process.cpuUsage(last)
    longestUs = Math.max(longestUs, user + system)
    last = process.cpuUsage()
    if (!isOver) setImmediate(look)
  }
  look()
  return {
    end: () => {
      isOver = true
      return longestUs / 1_000
    },
  }
}

/**
 * Milliseconds that one turn of the loop took at most while 100,000 messages were resent to a venue that had none of them: of the
 * processor's time, so that other processes do not count.
 */
export async function longestStallMs(): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'tradewire-load-'))
  const { child, port } = await startVenue(folder, resent)
  const { session, initiator, store, done } = clientOf(folder, port)
  for (let index = 0; index < resent; index++) {
    const encoder = session.begin('B')
    encoder.string(148, 'a headline of the usual length')
    encoder.int(33, 1)
    encoder.string(58, `line ${index}`)
    session.send()
  }
  const finished = done()
  await initiator.connect()
  const turns = watchTurns()
  await finished
  const longestMs = turns.end()
  await initiator.disconnect()
  store.close()
  child.kill('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
  return longestMs
}

/** Sustained load and long resends. */
export const benchmark: Benchmark = {
  name: 'fix-load',
  cases: () => [
    { case: 'orders one way, file stores on both sides', unit: 'ops/s', better: 'higher', ours: load, peers: [] },
    {
      case: 'longest turn of the loop while 100,000 messages are resent',
      unit: 'ms',
      better: 'lower',
      ours: resend,
      peers: [],
    },
  ],
}
