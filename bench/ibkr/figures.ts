/**
 * Figures of the IBKR connector against the simulated gateway, over a real socket:
 * `npx tsx bench/ibkr/figures.ts`. Times include both processes in one, so they are upper bounds.
 */
import { monitorEventLoopDelay, performance } from 'node:perf_hooks'
import { IbkrConnector, type IbkrConnectorOptions, stock } from '../../src/connectors/ibkr/index.js'
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

/** Milliseconds until the venue has so many order messages. */
async function arrival(gateway: TwsGateway, count: number, startMs: number): Promise<number> {
  while (gateway.counters.orderMessages < count) await new Promise((resolve) => setImmediate(resolve))
  return performance.now() - startMs
}

async function behindSubscriptions(): Promise<void> {
  const gateway = await TwsGateway.open({ quoteIntervalMs: 0, accounts: [account] })
  const contracts = gateway.listings
    .filter(({ contract }) => contract.secType === 'STK')
    .map(({ contract }) => stock(contract.symbol))
  const { host, connector, submit } = await connected(gateway, { contracts })
  await pause(1_100)
  const kinds = ['quotes', 'trades', 'status', 'bars', 'news'] as const
  // 7 stocks make 35 streams; the rest of the 100 are questions, which wait in the same line.
  const asked = contracts.flatMap(({ symbol }) =>
    kinds.map((kind) => connector.subscribeTo({ kind, instrument: host.instruments.get(symbol).index })),
  )
  for (let i = 0; i < 65; i++) connector.queryFills(0).catch(() => {})
  const startMs = performance.now()
  submit()
  console.log(
    `an order behind 100 waiting requests arrives after ${(await arrival(gateway, 1, startMs)).toFixed(1)} ms`,
  )
  const burstMs = performance.now()
  for (let i = 0; i < 19; i++) submit()
  console.log(`the last of 20 orders of that second after ${(await arrival(gateway, 20, burstMs)).toFixed(1)} ms`)
  await Promise.all(asked)
  await pause(2_000)
  console.log(`busiest second: ${gateway.counters.busiestSecond} messages (limit 50)`)
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
  console.log(`placement to acknowledgement: p50 ${at(0.5)} ms, p95 ${at(0.95)} ms, p99 ${at(0.99)} ms (1,000 orders)`)
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
  console.log(
    `40,000 bars in one answer: read in ${tookMs.toFixed(0)} ms (${read.length} in the span asked for), longest stall of the loop ${(delay.max / 1e6).toFixed(1)} ms`,
  )
  console.log(`(longest stall of an idle loop on this machine just before: ${(idle.max / 1e6).toFixed(1)} ms)`)
  await connector.stop()
  await gateway.close()
}

await behindSubscriptions()
await acknowledgement()
await longHistory()
