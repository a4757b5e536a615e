/**
 * fix-roundtrip: one order in flight over loopback: NewOrderSingle out, ExecutionReport back, with validation and file stores on
 * both sides, each side a process of its own. Beside QuickFIX C++ (threaded, file stores) doing the same.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { FixAcceptor } from '../../src/connectors/fix/acceptor/acceptor.js'
import { type FixMessage, msgTypeCodeOf } from '../../src/connectors/fix/codec/message.js'
import { FixDictionary } from '../../src/connectors/fix/dictionary/dictionary.js'
import { parseQuickFixXml } from '../../src/connectors/fix/dictionary/quickfix-xml.js'
import { FixValidator } from '../../src/connectors/fix/dictionary/validator.js'
import { FixSession } from '../../src/connectors/fix/session/fix-session.js'
import { FixInitiator } from '../../src/connectors/fix/session/initiator.js'
import type { FixApplication } from '../../src/connectors/fix/session/parts.js'
import { FileStore } from '../../src/connectors/fix/store/file-store.js'
import { nodeFileSystem } from '../../src/core/node-file-system.js'
import { nodeNetwork } from '../../src/core/node-network.js'
import { SeededRandom } from '../../src/core/random.js'
import { RealTime } from '../../src/core/real-time.js'
import { type Benchmark, type BenchmarkCase, PeerMissing, type Variant } from '../types.js'
import { dictionaryPath } from './workload.js'

const orders = 10_000
const source = resolve(process.env.TRADEWIRE_ANCHORS ?? join('..', 'shared', 'anchors'), 'quickfix', 'lat.cpp')
const beginString = 'FIX.4.4'
const venueNames = { senderCompId: 'VENUEX', targetCompId: 'TRADEWIRE' }
const clientNames = { senderCompId: 'TRADEWIRE', targetCompId: 'VENUEX' }
type Percentile = 'p50' | 'p99'

// ---- Ours ----------------------------------------------------------------------------------------------------------------

function sessionOf(
  role: 'initiator' | 'acceptor',
  folder: string,
  application: FixApplication,
  time: RealTime,
): { session: FixSession; store: FileStore } {
  const dictionary = new FixDictionary(parseQuickFixXml(readFileSync(dictionaryPath, 'utf8')))
  const store = new FileStore(nodeFileSystem, join(folder, role))
  const names = role === 'initiator' ? clientNames : venueNames
  const session = new FixSession({
    config: { role, beginString, ...names, resetOnLogon: true },
    store,
    clock: time,
    application,
    validator: new FixValidator(dictionary),
    messageOptions: { dataTags: dictionary.dataTags },
  })
  return { session, store }
}

/** The venue, in a process of its own: answers every order with an execution report. Prints its port. */
export async function serve(folder: string): Promise<void> {
  const time = new RealTime()
  const newOrder = msgTypeCodeOf('D')
  let count = 0
  const application: FixApplication = {
    onMessage(message: FixMessage): undefined {
      if (message.msgTypeCode !== newOrder) return
      const encoder = session.begin('8')
      const id = `E${++count}`
      const copy = (tag: number) => {
        const index = message.find(tag)
        encoder.raw(tag, message.bytes, message.valueStarts[index], message.valueEnds[index])
      }
      encoder.string(37, id)
      copy(11)
      encoder.string(17, id)
      encoder.string(150, '0')
      encoder.string(39, '0')
      for (const tag of [1, 55, 54, 38]) copy(tag)
      encoder.string(40, '2')
      copy(44)
      encoder.string(59, '0')
      encoder.raw(151, message.bytes, message.valueStarts[message.find(38)], message.valueEnds[message.find(38)])
      encoder.int(14, 0)
      encoder.int(6, 0)
      copy(60)
      session.send()
    },
  }
  const { session } = sessionOf('acceptor', folder, application, time)
  const acceptor = new FixAcceptor({ time, network: nodeNetwork, port: 0 })
  acceptor.add(session)
  await acceptor.start()
  process.stdout.write(`${acceptor.port}\n`)
}

async function startVenue(folder: string): Promise<{ child: ChildProcess; port: number }> {
  const code = `import(${JSON.stringify(import.meta.url)}).then((bench) => bench.serve(${JSON.stringify(folder)}))`
  const child = spawn(process.execPath, ['-e', code], { stdio: ['ignore', 'pipe', 'inherit'] })
  const port = await new Promise<number>((settle, reject) => {
    child.once('exit', () => reject(new Error('the venue did not start')))
    child.stdout?.once('data', (chunk) => settle(Number(String(chunk))))
  })
  return { child, port }
}

/** Microseconds that an order takes there and back, as a percentile over many orders. */
function ours(percentile: Percentile): Variant {
  return {
    name: 'tradewire',
    async prepare() {
      if (!existsSync(dictionaryPath)) throw new PeerMissing(`${dictionaryPath} is absent`)
      const folder = mkdtempSync(join(tmpdir(), 'tradewire-roundtrip-'))
      const { child, port } = await startVenue(folder)
      const time = new RealTime()
      let received = (): void => {}
      const { session, store } = sessionOf('initiator', folder, { onMessage: () => received() }, time)
      const initiator = new FixInitiator({
        session,
        time,
        network: nodeNetwork,
        random: new SeededRandom(1),
        endpoints: [{ host: '127.0.0.1', port }],
      })
      await initiator.connect()
      const play = (count: number) => roundTrips(session, count, (listener) => (received = listener))
      await play(20_000)
      return {
        operations: 1,
        run: async () => percentileOf(await play(orders), percentile),
        dispose: async () => {
          await initiator.disconnect()
          store.close()
          child.kill('SIGKILL')
          rmSync(folder, { recursive: true, force: true })
        },
      }
    },
  }
}

function roundTrips(
  session: FixSession,
  count: number,
  onReceived: (listener: () => void) => void,
): Promise<Float64Array> {
  const times = new Float64Array(count)
  return new Promise((settle) => {
    let index = 0
    let startedNs = 0n
    const send = () => {
      startedNs = process.hrtime.bigint()
      const encoder = session.begin('D')
      encoder.string(11, `ORD-${String(index).padStart(12, '0')}`)
      encoder.string(1, 'ACC-0001')
      encoder.string(21, '1')
      encoder.string(55, 'MSFT')
      encoder.string(54, '1')
      encoder.string(60, '20261121-14:30:05.122')
      encoder.units(38, 1_500, 0)
      encoder.string(40, '2')
      encoder.units(44, 41_235, 2)
      encoder.string(59, '0')
      session.send()
    }
    onReceived(() => {
      times[index] = Number(process.hrtime.bigint() - startedNs) / 1_000
      if (++index < count) setImmediate(send)
      else settle(times)
    })
    send()
  })
}

function percentileOf(times: Float64Array, percentile: Percentile): number {
  times.sort()
  return times[Math.floor((percentile === 'p50' ? 0.5 : 0.99) * times.length)]
}

// ---- QuickFIX --------------------------------------------------------------------------------------------------------------

function compiled(): string {
  if (!existsSync(source)) throw new PeerMissing(`${source} is absent`)
  const program = join(tmpdir(), `tradewire-lat-quickfix-${Math.round(statSync(source).mtimeMs)}`)
  if (existsSync(program)) return program
  const folder = mkdtempSync(join(tmpdir(), 'tradewire-bench-'))
  try {
    const output = join(folder, 'lat')
    execFileSync('g++', ['-std=c++14', '-O2', '-w', source, '-o', output, '-lquickfix', '-lpthread'], { stdio: 'pipe' })
    renameSync(output, program)
    return program
  } catch (cause) {
    throw new PeerMissing(`g++ could not compile ${source} (it needs libquickfix-dev)`, { cause })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function settings(role: 'initiator' | 'acceptor', folder: string, port: number): string {
  const names = role === 'initiator' ? clientNames : venueNames
  const address =
    role === 'initiator'
      ? ['SocketConnectHost=127.0.0.1', `SocketConnectPort=${port}`, 'ReconnectInterval=1']
      : [`SocketAcceptPort=${port}`, 'SocketReuseAddress=Y']
  const path = join(folder, `${role}.cfg`)
  const lines = [
    '[DEFAULT]',
    `ConnectionType=${role}`,
    ...['StartTime=00:00:00', 'EndTime=00:00:00', 'HeartBtInt=30', 'ResetOnLogon=Y', 'SocketNodelay=Y'],
    `FileStorePath=${join(folder, role)}`,
    `DataDictionary=${resolve(dictionaryPath)}`,
    ...address,
    '[SESSION]',
    `BeginString=${beginString}`,
    `SenderCompID=${names.senderCompId}`,
    `TargetCompID=${names.targetCompId}`,
  ]
  mkdirSync(join(folder, role), { recursive: true })
  writeFileSync(path, `${lines.join('\n')}\n`)
  return path
}

function quickfix(percentile: Percentile): Variant {
  return {
    name: 'QuickFIX C++',
    async prepare() {
      const program = compiled()
      const folder = mkdtempSync(join(tmpdir(), 'tradewire-roundtrip-'))
      const port = await freePort()
      const venue = spawn(program, ['acceptor', settings('acceptor', folder, port), 'threaded'], { stdio: 'ignore' })
      const config = settings('initiator', folder, port)
      await new Promise((settle) => setTimeout(settle, 1_500))
      return {
        operations: 1,
        run: async () => {
          const printed = await output(program, ['initiator', config, String(orders), 'threaded'])
          const found = new RegExp(`${percentile} ([\\d.]+) us`).exec(printed)?.[1]
          if (found === undefined) throw new PeerMissing(`${source} prints no ${percentile}`)
          return Number(found)
        },
        dispose: () => {
          venue.kill('SIGKILL')
          rmSync(folder, { recursive: true, force: true })
        },
      }
    },
  }
}

function output(program: string, args: readonly string[]): Promise<string> {
  return new Promise((settle, reject) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'ignore'] })
    let text = ''
    child.stdout.on('data', (chunk) => {
      text += String(chunk)
      // It may take its time to log out: all that is wanted is there.
      if (text.includes('p99.9')) settle(text)
    })
    child.once('error', reject)
    child.once('exit', () => settle(text))
  })
}

function freePort(): Promise<number> {
  return new Promise((settle) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => settle(port))
    })
  })
}

/** The round trip of an order, beside QuickFIX C++ with file stores. */
export const benchmark: Benchmark = {
  name: 'fix-roundtrip',
  cases: () =>
    (['p50', 'p99'] as const).map(
      (percentile): BenchmarkCase => ({
        case: `order round trip, file stores, ${percentile}`,
        unit: 'us',
        better: 'lower',
        ours: ours(percentile),
        peers: [quickfix(percentile)],
        floor: { peer: 'QuickFIX C++', ratio: percentile === 'p50' ? 1 : 1 / 1.2 },
      }),
    ),
}
