/** Data quality in a system: who hears of what, that it costs a simulation nothing unless asked, and that nothing is left behind. */
import { describe, expect, it } from 'vitest'
import { SimulatedConnector } from '../connectors/sim/simulated-connector.js'
import type { FeedEvent } from './feed-event.js'
import { Strategy } from './strategy.js'
import { TradingSystem, type TradingSystemOptions } from './trading-system.js'

class Listener extends Strategy {
  readonly heard: FeedEvent[] = []
  override onFeed(event: FeedEvent) {
    this.heard.push(event)
  }
}

async function start(options: Partial<TradingSystemOptions> = {}) {
  const listener = new Listener()
  const system = await TradingSystem.create({
    mode: 'simulation',
    connectors: { sim: new SimulatedConnector({ synthetic: {} }) },
    strategies: [listener],
    ...options,
  })
  const events: FeedEvent[] = []
  system.events.on('feed', (event) => events.push(event))
  await system.start()
  const { index } = system.instruments.get('ACME')
  const source = system.connectors.get('sim')?.source as number
  const quote = (bid: number, ask: number) => {
    const now = system.time.wallUs()
    system.ring.publishQuote(index, source, bid, ask, 1, 1, now, now, Number.NaN, 0)
    system.ring.drain()
  }
  return { system, events, listener, quote }
}

describe('data quality in a system', () => {
  it('is told to listeners and strategies, with names', async () => {
    const { system, events, listener, quote } = await start({ quality: { staleAfterMs: { quotes: 2_000 } } })
    await system.subscribe(['ACME'], ['quotes'])
    await system.run({ durationMs: 500 })
    expect(system.quality.report().feeds[0]).toMatchObject({ connector: 'sim', isConnected: true, score: 100 })
    quote(101, 100)
    const isCrossed = (event: FeedEvent) => event.type === 'quality' && event.issue === 'crossed'
    expect(events.filter(isCrossed)).toMatchObject([
      { state: 'begin', connector: 'sim', symbol: system.instruments.get('ACME').id },
    ])
    expect(listener.heard.filter(isCrossed)).toHaveLength(1)
    expect(system.quality.score(system.connectors.get('sim')?.source as number)).toBeLessThan(100)
    expect(events.some((event) => event.type === 'stream' && event.kind === 'quotes')).toBe(true)
    expect(system.getMemoryUse().quality).toBeGreaterThan(0)
    await system.stop()
    expect(system.quality.report().feeds[0]).toMatchObject({ isConnected: false, score: 0 })
  })

  it('finds silence on the clock of the system', async () => {
    const { system, events, quote } = await start({
      mode: 'paper',
      quality: { checkIntervalMs: 10, staleAfterMs: { quotes: 1 } },
    })
    quote(100, 101)
    const isStale = (event: FeedEvent) => event.type === 'quality' && event.issue === 'stale'
    await new Promise<void>((resolve) => {
      system.events.on('feed', (event) => isStale(event) && resolve())
    })
    expect(events.filter(isStale)).toMatchObject([{ state: 'begin', detail: 'quotes' }])
    await system.stop()
  })

  it('is watched on paper unless it is switched off, and not in a simulation unless asked for', async () => {
    for (const [options, feeds] of [
      [{ mode: 'paper' }, 1],
      [{ mode: 'paper', quality: false }, 0],
      [{ mode: 'simulation' }, 0],
      [{ mode: 'simulation', quality: {} }, 1],
    ] as const) {
      const { system, quote } = await start(options)
      quote(100, 101)
      expect(system.quality.report().feeds).toHaveLength(feeds)
      await system.stop()
    }
  })

  it('refuses thresholds that are wrong by name', async () => {
    await expect(start({ quality: { windowMs: -1 } })).rejects.toThrow('quality.windowMs')
  })
})
