/**
 * The limit of TWS, 50 messages in a second, over a real socket on a virtual clock: how busy the machine is changes nothing.
 * What is promised is about what is sent; what TWS counts is what arrives.
 */
import { afterEach, describe, expect, it } from 'vitest'
import { VirtualTime } from '../../core/virtual-time.js'
import { TestHost } from '../../testing/test-host.js'
import { TwsGateway } from '../../testing/tws/gateway.js'
import { stock } from './contracts.js'
import { IbkrConnector } from './ibkr-connector.js'
import type { IbkrConnectorOptions } from './ibkr-options.js'
import { SessionRecorder } from './session-tape.js'

const account = 'DU1234567'
const kindsOfData = ['quotes', 'trades', 'status', 'bars', 'news'] as const
const open: { close(): unknown }[] = []

afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close()
})

const turn = () => new Promise<void>((resolve) => setImmediate(resolve))

/** A connector and a gateway on one virtual clock, and when each message was sent. */
async function pacedLine(options: IbkrConnectorOptions = {}) {
  const time = new VirtualTime()
  const gateway = await TwsGateway.open({ quoteIntervalMs: 0, accounts: [account], time })
  open.push(gateway)
  let arrived = 0
  gateway.tamper = (way) => {
    if (way === 'in') arrived++
    return 'pass'
  }
  const contracts = gateway.listings
    .filter(({ contract }) => contract.secType === 'STK')
    .map(({ contract }) => stock(contract.symbol))
  const sentMs: number[] = []
  const nowMs = () => time.monotonicNs() / 1e6
  // The first piece is the greeting, which TWS does not count.
  const recorder = new SessionRecorder((line) => {
    if (JSON.parse(line).way === 'out') sentMs.push(nowMs())
  }, nowMs)
  const connector = new IbkrConnector({
    port: gateway.port,
    contracts,
    healthIntervalMs: 0,
    recorder,
    ...options,
  })
  const host = new TestHost({ time, handlers: { onQuotes: () => {} }, orderCapacity: 4_096 })
  connector.attach(host, 'ibkr', 0)
  /** One virtual millisecond, and whatever was sent has arrived. */
  const step = async () => {
    time.advanceMs(1)
    await turn()
    while (arrived < sentMs.length - 1) await turn()
  }
  const settled = async (work: Promise<unknown>) => {
    let isDone = false
    const end = () => {
      isDone = true
    }
    work.then(end, end)
    while (!isDone) await step()
    await work
  }
  await settled(connector.start())
  open.push({ close: () => settled(connector.stop()) })
  // What the start took of the second is over.
  for (let i = 0; i < 1_200; i++) await step()
  const subscribeAll = () =>
    Promise.all(
      contracts.flatMap(({ symbol }) =>
        kindsOfData.map((kind) => connector.subscribeTo({ kind, instrument: host.instruments.get(symbol).index })),
      ),
    )
  const submit = () =>
    host.submit(connector, { symbol: 'AAPL', side: 'buy', type: 'LIMIT', quantity: 1, price: '100', account })
  return { time, gateway, connector, host, sentMs, step, settled, subscribeAll, submit, nowMs }
}

/** The most messages in any span of a second, both ends included. */
function busiestSecond(timesMs: readonly number[]): number {
  let most = 0
  let first = 0
  for (let last = 0; last < timesMs.length; last++) {
    while ((timesMs[last] as number) - (timesMs[first] as number) > 1_000) first++
    most = Math.max(most, last - first + 1)
  }
  return most
}

describe('message limit', () => {
  it('lets orders pass what waits, and never sends more than 50 messages in a second', async () => {
    const { gateway, connector, host, sentMs, step, settled, subscribeAll, submit, nowMs } = await pacedLine()
    const asked = subscribeAll()
    asked.catch(() => {})
    for (let i = 0; i < 65; i++) connector.queryFills(0).catch(() => {})
    expect(connector.health.waitingMessages).toBeGreaterThan(70)
    const before = sentMs.length
    const submittedMs = nowMs()
    const numbers = Array.from({ length: 20 }, submit)
    // All 20 were handed to the socket within the calls.
    expect(sentMs.slice(before)).toEqual(numbers.map(() => submittedMs))
    const isAccepted = (number: number) => host.reports.kinds(number).includes('accepted')
    for (let i = 0; i < 50 && !numbers.every(isAccepted); i++) await step()
    expect(numbers.every(isAccepted)).toBe(true)
    expect(connector.health.waitingMessages).toBeGreaterThan(0)
    await settled(asked)
    while (connector.health.waitingMessages > 0) await step()
    expect(sentMs.length).toBeGreaterThan(120)
    expect(busiestSecond(sentMs)).toBeLessThanOrEqual(50)
    expect(gateway.counters.busiestSecond).toBeLessThanOrEqual(50)
    expect(gateway.counters.pacingViolations).toBe(0)
  })

  it.each([
    [undefined, 95, 0],
    [250, 240, 0],
    [0, 95, 1],
  ])(
    'a margin of %s ms and a line that holds everything back for %i ms: TWS complains %i times',
    async (pacingMarginMs, heldMs, complaints) => {
      const { time, gateway, connector, sentMs, step, subscribeAll, submit } = await pacedLine(
        pacingMarginMs === undefined ? {} : { pacingMarginMs },
      )
      const asked = subscribeAll()
      asked.catch(() => {})
      for (let i = 0; i < 65; i++) connector.queryFills(0).catch(() => {})
      for (let i = 0; i < 20; i++) submit()
      // Nothing is read meanwhile: the burst arrives late, what comes a second later does not.
      for (let i = 0; i < heldMs; i++) time.advanceMs(1)
      for (let i = 0; i < 4_000; i++) {
        await step()
        // Orders that keep each window full.
        if (connector.hasRoomFor('order')) submit()
      }
      expect(busiestSecond(sentMs)).toBeLessThanOrEqual(50)
      expect(Math.min(1, gateway.counters.pacingViolations)).toBe(complaints)
    },
  )

  it('refuses a margin that is none', () => {
    for (const pacingMarginMs of [-1, 1_001, Number.NaN])
      expect(() => new IbkrConnector({ pacingMarginMs })).toThrow(/pacingMarginMs/)
  })
})
