/** Bars of the past: from files and connectors, put together and cut, in pages; what cannot be answered says why. */
import { describe, expect, it } from 'vitest'
import { textFiles } from '../../../test/recorded/memory-files.js'
import type { BaseConnector } from '../../connector/base-connector.js'
import type { HistoryRequest } from '../../connector/history.js'
import { TradewireError } from '../../core/errors.js'
import type { ConnectorId, InstrumentId } from '../../model/ids.js'
import type { InstrumentDefinition } from '../../model/instrument.js'
import { InstrumentRegistry } from '../../model/instrument-registry.js'
import type { MarketEvent } from '../../model/market-data.js'
import type { BarRequest } from './bar-request.js'
import { HistoricalBars, type HistoricalBarsOptions } from './historical-bars.js'

const ibm: InstrumentDefinition = {
  id: 'IBM.XNYS' as InstrumentId,
  symbol: 'IBM',
  venue: 'XNYS',
  assetClass: 'equity',
  currency: 'USD',
  priceIncrement: '0.01',
  sizeIncrement: '1',
}
const minute = 60_000_000
const header = `{"tradewire":1,"instruments":[${JSON.stringify(ibm)}]}`
const barLine = (open: number, index: number, extra = '') =>
  `{"kind":"bar","instrument":"IBM.XNYS","tsRecvUs":${(index + 1) * minute},"tsEventUs":${(index + 1) * minute},"intervalUs":${minute},"tsOpenUs":${index * minute},"open":"${open}","high":"${open + 2}","low":"${open - 1}","close":"${open + 1}","volume":"10","count":2,"vwap":"${open}"${extra}}`
const tradeLine = (price: number, size: number, tsUs: number) =>
  `{"kind":"trade","instrument":"IBM.XNYS","tsRecvUs":${tsUs},"tsEventUs":${tsUs},"price":"${price}","size":"${size}"}`

function barsOf(files: Record<string, string[]>, more: Partial<HistoricalBarsOptions> = {}) {
  const texts = Object.fromEntries(Object.entries(files).map(([name, lines]) => [name, [header, ...lines].join('\n')]))
  return new HistoricalBars({ files: Object.keys(files), fileSystem: textFiles(texts), ...more })
}

const ask = (more: Partial<BarRequest> = {}): BarRequest => ({
  symbol: 'IBM',
  timeFrame: '1m',
  from: 0,
  to: 60 * minute,
  ...more,
})

describe('bars of files', () => {
  const sixBars = [10, 11, 12, 13, 14, 15].map((open, index) => barLine(open, index))

  it('come as they are, from a time to a time', async () => {
    const { bars, nextUs, of, source } = await barsOf({ a: sixBars }).bars(ask({ from: minute, to: 3 * minute }))
    expect(bars).toEqual([
      {
        tsOpenUs: minute,
        tsCloseUs: 2 * minute,
        open: 11,
        high: 13,
        low: 10,
        close: 12,
        volume: 10,
        count: 2,
        vwap: 11,
        isClosed: true,
      },
      {
        tsOpenUs: 2 * minute,
        tsCloseUs: 3 * minute,
        open: 12,
        high: 14,
        low: 11,
        close: 13,
        volume: 10,
        count: 2,
        vwap: 12,
        isClosed: true,
      },
    ])
    expect([nextUs, of, source]).toEqual([undefined, 'bars', 'files'])
  })

  it('are put together to longer ones', async () => {
    const { bars } = await barsOf({ a: sixBars }).bars(ask({ timeFrame: '3m' }))
    expect(bars).toMatchObject([
      { tsOpenUs: 0, tsCloseUs: 3 * minute, open: 10, high: 14, low: 9, close: 13, volume: 30, count: 6, vwap: 11 },
      { tsOpenUs: 3 * minute, open: 13, high: 17, low: 12, close: 16, volume: 30, isClosed: true },
    ])
  })

  it('are made of trades where there are no bars, of mid prices where that is asked for', async () => {
    const quote = `{"kind":"quote","instrument":"IBM.XNYS","tsRecvUs":5,"tsEventUs":5,"bid":"9","ask":"10"}`
    const history = barsOf({ a: [quote, tradeLine(10, 5, 10), tradeLine(12, 15, 20), tradeLine(9, 1, minute + 1)] })
    const page = await history.bars(ask())
    expect(page.of).toBe('trades')
    expect(page.bars).toMatchObject([
      { tsOpenUs: 0, open: 10, high: 12, low: 10, close: 12, volume: 20, count: 2, vwap: 11.5, isClosed: true },
      { tsOpenUs: minute, open: 9, volume: 1, isClosed: false },
    ])
    expect((await history.bars(ask({ of: 'quotes' }))).bars).toMatchObject([{ open: 9.5, close: 9.5, volume: 0 }])
  })

  it('come in pages of the size asked for, whole and each once', async () => {
    const history = barsOf({ a: sixBars.slice(0, 3), b: sixBars.slice(3) })
    const opens: number[][] = []
    for await (const { bars } of history.pages(ask({ limit: 4 }))) opens.push(bars.map(({ open }) => open))
    expect(opens).toEqual([
      [10, 11, 12, 13],
      [14, 15],
    ])
    const byHand: number[] = []
    let from: number | undefined = 0
    while (from !== undefined) {
      const { bars, nextUs }: Awaited<ReturnType<typeof history.bars>> = await history.bars(ask({ limit: 2, from }))
      byHand.push(...bars.map(({ open }) => open))
      from = nextUs
    }
    expect(byHand).toEqual([10, 11, 12, 13, 14, 15])
  })

  it('are adjusted before they are put together', async () => {
    const adjustments = () => [{ exUs: 3 * minute, priceFactor: 0.5, sizeFactor: 2 }]
    const history = barsOf({ a: [barLine(20, 2), barLine(10, 3)] }, { adjustments })
    const { bars } = await history.bars(ask({ timeFrame: '1h', adjust: true }))
    expect(bars).toMatchObject([{ open: 10, high: 12, low: 9, close: 11, volume: 30, vwap: 10 }])
    expect((await history.bars(ask({ timeFrame: '1h' }))).bars).toMatchObject([{ open: 20, high: 22 }])
  })

  it('leave out what forms, what is no price, and what comes twice, which is counted', async () => {
    const forming = barLine(50, 1, ',"isClosed":false')
    const { bars, late } = await barsOf({ a: [barLine(10, 0), barLine(10, 0), forming, barLine(12, 2)] }).bars(ask())
    expect([bars.map(({ open }) => open), late]).toEqual([[10, 12], 1])
  })

  it('count from the sessions that are given, and leave out what lies outside', async () => {
    const session = {
      sessionStartUs: (tsUs: number) => (tsUs < minute ? Number.NaN : minute),
      sessionEndUs: () => 4 * minute,
    }
    const { bars } = await barsOf({ a: sixBars.slice(0, 4) }).bars(ask({ timeFrame: '2m', session }))
    expect(bars).toMatchObject([
      { tsOpenUs: minute, open: 11, close: 13 },
      { tsOpenUs: 3 * minute, tsCloseUs: 4 * minute, open: 13, close: 14 },
    ])
  })

  it('that come twice are put into a longer bar once', async () => {
    const [first, second, third] = sixBars as [string, string, string]
    const history = barsOf({ a: [first, first, second], b: [second, third] })
    const { bars, late } = await history.bars(ask({ timeFrame: '3m' }))
    expect(bars).toMatchObject([{ open: 10, close: 13, volume: 30, count: 6 }])
    expect(late).toBe(2)
  })

  it('that reach over the end of a longer one are refused: their volume is of both', async () => {
    const session = { sessionStartUs: () => minute, sessionEndUs: () => 100 * minute }
    const twoMinutes = sixBars.map((line) =>
      line
        .replace(/"tsOpenUs":(\d+)/, (_, at) => `"tsOpenUs":${2 * Number(at)}`)
        .replace(/("intervalUs":)\d+/, `$1${2 * minute}`),
    )
    const shifted = twoMinutes.map((line, at) =>
      line.replace(/"ts(Recv|Event)Us":\d+/g, (_, which) => `"ts${which}Us":${(2 * at + 2) * minute}`),
    )
    const history = barsOf({ a: shifted })
    expect((await history.bars(ask({ timeFrame: '4m' }))).bars[0]).toMatchObject({ tsOpenUs: 0, open: 10, volume: 20 })
    await expect(history.bars(ask({ timeFrame: '4m', session }))).rejects.toMatchObject({ code: 'TW_NOT_SUPPORTED' })
  })

  it('an infinite size is none', async () => {
    const history = barsOf({ a: [tradeLine(10, 5, 10), tradeLine(11, Number.POSITIVE_INFINITY, 20)] })
    expect((await history.bars(ask())).bars).toMatchObject([{ close: 11, volume: 5, vwap: 10 }])
  })

  it('are refused with the reason', async () => {
    const history = barsOf({ a: [barLine(10, 0)] })
    const refusals: [Partial<BarRequest>, string, string?][] = [
      [{ timeFrame: '90' }, 'TW_INVALID_ARGUMENT', 'timeFrame'],
      [{ timeFrame: 0 }, 'TW_INVALID_ARGUMENT', 'timeFrame'],
      [{ from: '2024-01-01' }, 'TW_INVALID_ARGUMENT', 'from'],
      [{ to: -1 }, 'TW_INVALID_ARGUMENT', 'to'],
      [{ limit: 10_001 }, 'TW_INVALID_ARGUMENT', 'limit'],
      [{ of: 'ticks' as 'bars' }, 'TW_INVALID_ARGUMENT', 'of'],
      [{ symbols: [] } as Partial<BarRequest>, 'TW_INVALID_ARGUMENT', 'symbols'],
      [{ symbol: 'SPY' }, 'TW_UNKNOWN_INSTRUMENT'],
      [{ timeFrame: '30s' }, 'TW_NOT_SUPPORTED'],
      [{ source: 'sim' }, 'TW_NOT_SUPPORTED', 'source'],
    ]
    for (const [request, code, field] of refusals) {
      const error = await history.bars(ask(request)).catch((thrown: unknown) => thrown as TradewireError)
      expect(error, JSON.stringify(request)).toBeInstanceOf(TradewireError)
      expect((error as TradewireError).code, JSON.stringify(request)).toBe(code)
      if (field !== undefined) expect((error as TradewireError).details).toMatchObject({ field })
    }
    await expect(barsOf({ a: ['{'] }).bars(ask())).rejects.toMatchObject({ code: 'TW_BAD_ROW' })
    await expect(history.bars(ask({ signal: AbortSignal.abort() }))).rejects.toMatchObject({ code: 'TW_ABORTED' })
    expect(() => new HistoricalBars({ files: ['a'] })).toThrow('fileSystem')
    await expect(new HistoricalBars({}).bars(ask())).rejects.toMatchObject({ code: 'TW_NOT_SUPPORTED' })
    expect((await history.bars(ask({ from: 10 * minute }))).bars).toEqual([])
  })
})

/** A venue with minute bars from the beginning of time, which gives what it is asked for. */
class Archive {
  readonly asked: HistoryRequest[] = []
  readonly capabilities = { history: ['bars'] }

  async queryHistory(request: HistoryRequest): Promise<MarketEvent[]> {
    this.asked.push(request)
    const events: MarketEvent[] = []
    for (let tsOpenUs = request.fromUs; tsOpenUs < request.toUs; tsOpenUs += request.intervalUs as number) {
      const open = tsOpenUs / minute
      const times = { tsOpenUs, tsEventUs: tsOpenUs + minute, tsRecvUs: tsOpenUs + minute }
      const prices = { open, high: open, low: open, close: open, volume: 1, trades: 1 }
      const [instrument, source] = [ibm.id as InstrumentId, 'archive' as ConnectorId]
      events.push({ kind: 'bar', instrument, source, unit: 'time', step: minute, ...times, ...prices, isClosed: true })
    }
    return events
  }
}

/** A venue that gives trades: one every 20 seconds up to its present. */
class Tape {
  readonly asked: HistoryRequest[] = []
  readonly capabilities = { history: ['trades'] }
  readonly nowUs: number

  constructor(nowUs: number) {
    this.nowUs = nowUs
  }

  async queryHistory(request: HistoryRequest): Promise<MarketEvent[]> {
    this.asked.push(request)
    const [instrument, source] = [ibm.id as InstrumentId, 'tape' as ConnectorId]
    const events: MarketEvent[] = []
    for (let tsUs = 0; tsUs < Math.min(request.toUs, this.nowUs); tsUs += 20_000_000)
      if (tsUs >= request.fromUs)
        events.push({
          kind: 'trade',
          instrument,
          source,
          tsEventUs: tsUs,
          tsRecvUs: tsUs,
          price: 10,
          size: 1,
          aggressor: 'none',
        } as never)
    return events
  }
}

describe('bars of the trades of a connector', () => {
  const barsUpTo = async (nowUs: number, more: Partial<BarRequest>) => {
    const instruments = new InstrumentRegistry()
    instruments.add(ibm)
    const connectors = new Map([['tape', new Tape(nowUs) as unknown as BaseConnector]])
    return (await new HistoricalBars({ connectors, instruments }).bars(ask({ of: 'trades', ...more }))).bars
  }

  it('the one in which the data end is not closed, however far is asked', async () => {
    const bars = await barsUpTo(2.5 * minute, { to: 60 * minute })
    expect(bars.map(({ volume, isClosed }) => [volume, isClosed])).toEqual([
      [3, true],
      [3, true],
      [2, false],
    ])
  })

  it('the last one that begins in the range is whole', async () => {
    const bars = await barsUpTo(100 * minute, { to: 1.5 * minute })
    expect(bars.map(({ volume, isClosed }) => [volume, isClosed])).toEqual([
      [3, true],
      [3, true],
    ])
  })
})

describe('bars of connectors', () => {
  it('are asked for window by window, as far as the page needs them', async () => {
    const instruments = new InstrumentRegistry()
    instruments.add(ibm)
    const archive = new Archive()
    const connectors = new Map([['archive', archive as unknown as BaseConnector]])
    const history = new HistoricalBars({ connectors, instruments })
    const { bars, nextUs, source } = await history.bars(ask({ to: 5_000 * minute, limit: 1_500 }))
    expect([bars.length, nextUs, source]).toEqual([1_500, 1_500 * minute, 'archive'])
    expect(archive.asked.map(({ fromUs, toUs }) => [fromUs / minute, toUs / minute])).toEqual([
      [0, 1_000],
      [1_000, 2_000],
    ])
    await expect(history.bars(ask({ symbol: 'SPY' }))).rejects.toMatchObject({ code: 'TW_UNKNOWN_INSTRUMENT' })
  })
})
