/**
 * Figures of the IBKR connector against the simulated gateway, over a real socket:
 * `npm run bench:ibkr`. Both ends run in one process, so times are upper bounds, and others on the machine add to them.
 */
import { cpus, loadavg } from 'node:os'
import { monitorEventLoopDelay, performance } from 'node:perf_hooks'
import {
  IbkrConnector,
  type IbkrConnectorOptions,
  type SessionRecorder,
  stock,
} from '../../src/connectors/ibkr/index.js'
import { RealTime } from '../../src/core/real-time.js'
import { TestHost } from '../../src/testing/test-host.js'
import { frameOf } from '../../src/testing/tws/frames.js'
import { TwsGateway } from '../../src/testing/tws/gateway.js'

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
const account = 'DU1234567'

async function connected(gateway: TwsGateway, options: IbkrConnectorOptions = {}) {
  const host = new TestHost({ time: new RealTime(), handlers: { onQuotes: () => {} }, orderCapacity: 4_096 })
  const connector = new IbkrConnector({
    port: gateway.port,
    clientId: 3,
    contracts: ['AAPL'],
    healthIntervalMs: 0,
    ...options,
  })
  await host.start(connector)
  const submit = () => host.submit(connector, { symbol: 'AAPL', side: 'buy', quantity: 1, price: '100', account })
  return { host, connector, submit }
}

interface Figure {
  readonly name: string
  readonly value: number
  readonly unit: string
  /** What the figure has to be: at most, or at least. */
  readonly goal: { readonly most: number } | { readonly least: number }
}

const figures: Figure[] = []
const add = (name: string, value: number, unit: string, goal: Figure['goal']) => {
  figures.push({ name, value, unit, goal })
  const isMet = 'most' in goal ? value <= goal.most : value >= goal.least
  const words = 'most' in goal ? `at most ${goal.most}` : `at least ${goal.least.toLocaleString('en')}`
  const text = value >= 1_000 ? Math.round(value).toLocaleString('en') : value.toFixed(2)
  console.log(`${isMet ? 'met   ' : 'MISSED'} ${name}: ${text} ${unit} (${words})`)
}

/** Processor time of this process, both ends in it: what others on the machine take is not in it. */
const processorMs = () => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e3
}

/** Processor milliseconds until the venue has so many order messages; how long it took by the clock is printed. */
async function arrival(gateway: TwsGateway, count: number): Promise<number> {
  const startMs = performance.now()
  const startCpuMs = processorMs()
  while (gateway.counters.orderMessages < count) await new Promise((resolve) => setImmediate(resolve))
  const cpuMs = processorMs() - startCpuMs
  console.log(`(by the clock ${(performance.now() - startMs).toFixed(1)} ms)`)
  return cpuMs
}

/** Watches how much processor time the longest turn of the loop takes. */
function longestTurn() {
  let mostMs = 0
  let isOver = false
  let lastMs = processorMs()
  const look = () => {
    const nowMs = processorMs()
    mostMs = Math.max(mostMs, nowMs - lastMs)
    lastMs = nowMs
    if (!isOver) setImmediate(look)
  }
  setImmediate(look)
  return () => {
    isOver = true
    return mostMs
  }
}

/** Sees when each order is handed to the socket. */
function orderTimes() {
  const leftMs: number[] = []
  // An order's frame begins with its length and the message number 3.
  const recorder = {
    record: (way: 'in' | 'out', bytes: Uint8Array) => {
      if (way === 'out' && bytes[4] === 0x33 && bytes[5] === 0) leftMs.push(performance.now())
    },
  } as unknown as SessionRecorder
  return { leftMs, recorder }
}

async function behindSubscriptions(): Promise<void> {
  const gateway = await TwsGateway.open({ quoteIntervalMs: 0, accounts: [account] })
  const contracts = gateway.listings
    .filter(({ contract }) => contract.secType === 'STK')
    .map(({ contract }) => stock(contract.symbol))
  const { leftMs, recorder } = orderTimes()
  const { host, connector, submit } = await connected(gateway, { contracts, recorder })
  await pause(1_200)
  const kinds = ['quotes', 'trades', 'status', 'bars', 'news'] as const
  // 7 stocks make 35 streams; the rest of the 118 are questions, which wait in the same line: 100 do when the order comes.
  const asked = contracts.flatMap(({ symbol }) =>
    kinds.map((kind) => connector.subscribeTo({ kind, instrument: host.instruments.get(symbol).index })),
  )
  for (let i = 0; i < 83; i++) connector.queryFills(0).catch(() => {})
  console.log(`(${connector.health.waitingMessages} requests wait)`)
  const startMs = performance.now()
  submit()
  const arrivedMs = await arrival(gateway, 1)
  add('an order behind 100 waiting requests leaves after', (leftMs[0] as number) - startMs, 'ms', { most: 50 })
  add('  and is at TWS after', arrivedMs, 'ms of processor time', { most: 50 })
  const burstMs = performance.now()
  for (let i = 0; i < 19; i++) submit()
  const lastMs = await arrival(gateway, 20)
  add('the last of 20 orders of that second leaves after', (leftMs.at(-1) as number) - burstMs, 'ms', { most: 50 })
  add('  and is at TWS after', lastMs, 'ms of processor time', { most: 50 })
  await Promise.all(asked)
  await pause(2_000)
  add('messages in the busiest second at TWS', gateway.counters.busiestSecond, '', { most: 50 })
  await connector.stop()
  await gateway.close()
}

/** Ticks from a socket to the ring, with all that a connector does about them. */
async function decoding(): Promise<void> {
  const gateway = await TwsGateway.open({ quoteIntervalMs: 0, accounts: [account] })
  const { host, connector } = await connected(gateway)
  const { index } = host.instruments.get('AAPL')
  let reqId = ''
  gateway.tamper = (way, _session, fields) => {
    if (way === 'in' && Number(fields[0]) === 1) reqId = String(fields[2])
    return 'pass'
  }
  await connector.subscribeTo({ kind: 'quotes', instrument: index })
  const count = 20_000
  const chunk = Buffer.concat(
    Array.from({ length: count }, (_, i) =>
      frameOf([1, 6, reqId, 1 + (i % 2), (227 + (i % 100) / 100).toFixed(2), 7, 1]),
    ),
  )
  const rounds = 20
  const before = connector.statistics.updates
  const cpu = process.cpuUsage()
  for (let round = 0; round < rounds; round++) {
    for (const session of gateway.sessions) session.sendRaw(chunk)
    while (connector.statistics.updates - before < (round + 1) * count)
      await new Promise((resolve) => setImmediate(resolve))
  }
  const { user, system } = process.cpuUsage(cpu)
  const seconds = (user + system) / 1e6
  add('ticks from a socket to the ring in a second of processor time, both ends', (rounds * count) / seconds, '/s', {
    least: 400_000,
  })
  await connector.stop()
  await gateway.close()
}

async function acknowledgement(): Promise<void> {
  const gateway = await TwsGateway.open({ quoteIntervalMs: 0, accounts: [account], messagesPerSecond: 100_000 })
  const { host, connector, submit } = await connected(gateway, {
    pacing: { windows: [{ limit: 100_000, windowMs: 1_000 }] },
  })
  const times: number[] = []
  for (let i = 0; i < 1_000; i++) {
    const startMs = performance.now()
    const number = submit()
    while (host.reports.kinds(number).length === 0) await new Promise((resolve) => setImmediate(resolve))
    times.push(performance.now() - startMs)
  }
  times.sort((a, b) => a - b)
  const at = (share: number) => (times[Math.floor(times.length * share)] as number).toFixed(2)
  add('placement to acknowledgement, median of 1,000 orders', Number(at(0.5)), 'ms', { most: 1 })
  console.log(`(p95 ${at(0.95)} ms, p99 ${at(0.99)} ms)`)
  await connector.stop()
  await gateway.close()
}

async function longHistory(): Promise<void> {
  const gateway = await TwsGateway.open({ quoteIntervalMs: 0, accounts: [account] })
  const { host, connector } = await connected(gateway)
  const bars = Array.from({ length: 40_000 }, (_, i) => [
    String(1_700_000_000 + i * 60),
    '227.51',
    '227.6',
    '227.4',
    '227.55',
    '1200',
    '227.52',
    '40',
  ]).flat()
  const toUs = (1_700_000_000 + 40_000 * 60) * 1e6
  let frame: Uint8Array | undefined
  gateway.tamper = (way, session, fields) => {
    if (way !== 'in' || Number(fields[0]) !== 20) return 'pass'
    // All 40,000 bars in one answer, whatever was asked for.
    frame ??= frameOf([17, fields[1] as string, '', '', 40_000, ...bars])
    session.sendRaw(frame)
    return 'drop'
  }
  const delay = monitorEventLoopDelay({ resolution: 1 })
  // How long the loop stalls on this machine without us.
  const idle = monitorEventLoopDelay({ resolution: 1 })
  // Made before, so that the gateway's own work is not measured.
  const instrument = host.instruments.get('AAPL').index
  frame = frameOf([17, '1500000002', '', '', 40_000, ...bars])
  gateway.tamper = (way, session, fields) => {
    if (way !== 'in' || Number(fields[0]) !== 20) return 'pass'
    const own = frame as Uint8Array
    const id = new TextEncoder().encode(String(fields[1]))
    own.set(id, 4 + 3)
    session.sendRaw(own)
    return 'drop'
  }
  idle.enable()
  await pause(500)
  idle.disable()
  delay.enable()
  const longest = longestTurn()
  const startMs = performance.now()
  const read = await connector.queryHistory({
    kind: 'bars',
    instrument,
    fromUs: toUs - 86_400e6,
    toUs,
    intervalUs: 60e6,
  })
  const tookMs = performance.now() - startMs
  delay.disable()
  add('40,000 bars in one answer: longest turn of the loop', longest(), 'ms of processor time', { most: 50 })
  console.log(
    `(longest stall by the clock ${(delay.max / 1e6).toFixed(1)} ms; read in ${tookMs.toFixed(0)} ms; ${read.length} of them in the span asked for)`,
  )
  console.log(`(longest stall of an idle loop on this machine just before: ${(idle.max / 1e6).toFixed(1)} ms)`)
  await connector.stop()
  await gateway.close()
}

await behindSubscriptions()
await acknowledgement()
await longHistory()
await decoding()
const [oneMinute = 0] = loadavg()
console.log(`(load of the machine: ${oneMinute.toFixed(1)} on ${cpus().length} processors)`)
