/** Market data. */
import type { ConformanceCase } from '../case.js'
import type { CaseContext } from '../case-context.js'

const dayUs = 86_400_000_000

async function started(t: CaseContext): Promise<void> {
  await t.start()
  await t.subscribe('quotes')
}

/** Moves the market and waits for the quote that says so. */
async function quoted(t: CaseContext, bid: number, ask: number): Promise<CaseContext['quotes'][number]> {
  t.venue.quote(t.at(bid), t.at(ask), t.lots(7))
  const isIt = (quote: CaseContext['quotes'][number]) => quote.bid === t.at(bid) && quote.ask === t.at(ask)
  await t.until(`the quote ${t.at(bid)} / ${t.at(ask)} arrives`, () => t.quotes.some(isIt))
  return t.quotes.find(isIt) as CaseContext['quotes'][number]
}

/** DAT. */
export const dataCases: readonly ConformanceCase[] = [
  {
    id: 'DAT-001',
    title: 'delivers quotes with their prices and sizes',
    needs: { data: 'quotes' },
    async run(t) {
      await started(t)
      const quote = await quoted(t, 1, 9)
      t.equal([quote.bidSize, quote.askSize], [t.lots(7), t.lots(7)], 'sizes')
    },
  },
  {
    id: 'DAT-002',
    title: 'marks data with its instrument and with itself as the source',
    needs: { data: 'quotes' },
    async run(t) {
      await started(t)
      const quote = await quoted(t, 1, 9)
      t.equal([quote.instrument, quote.source], [t.instrument.index, t.connector.source], 'instrument and source')
    },
  },
  {
    id: 'DAT-003',
    title: 'stamps data in epoch microseconds: the time of the venue, and our time of receipt',
    needs: { data: 'quotes' },
    async run(t) {
      await started(t)
      const { tsEventUs, tsRecvUs } = await quoted(t, 1, 9)
      const nowUs = t.time.wallUs()
      t.check(Math.abs(nowUs - tsRecvUs) < 60_000_000, `received at ${tsRecvUs}, and it is ${nowUs}`)
      t.check(Math.abs(tsRecvUs - tsEventUs) < dayUs, `venue time ${tsEventUs}, received at ${tsRecvUs}`)
    },
  },
  {
    id: 'DAT-004',
    title: 'wakes the handlers of what it published, and counts it',
    needs: { data: 'quotes' },
    async run(t) {
      await started(t)
      const before = t.connector.statistics.updates
      await quoted(t, 2, 8)
      // A market that is played on virtual time is counted when it is driven.
      t.check(t.venue.pushesAll === true || t.connector.statistics.updates > before, 'updates were not counted')
    },
  },
  {
    id: 'DAT-005',
    title: 'delivers nothing that was not asked for',
    needs: { data: 'quotes', asksForData: true },
    async run(t) {
      await t.start()
      t.venue.quote(t.at(1), t.at(9), t.lots(7))
      await t.settle(100)
      t.equal(t.quotes.length, 0, 'quotes')
    },
  },
  {
    id: 'DAT-006',
    title: 'ends a stream when nobody wants it any more',
    needs: { data: 'quotes', asksForData: true },
    async run(t) {
      await started(t)
      await quoted(t, 1, 9)
      await t.ask(t.connector.unsubscribeFrom({ kind: 'quotes', instrument: t.instrument.index }))
      await t.settle(50)
      const { length } = t.quotes
      t.venue.quote(t.at(2), t.at(8), t.lots(7))
      await t.settle(100)
      t.equal(t.quotes.length, length, 'quotes after the end')
    },
  },
  {
    id: 'DAT-007',
    title: 'keeps a stream for its second user',
    needs: { data: 'quotes' },
    async run(t) {
      await started(t)
      await t.subscribe('quotes')
      await t.ask(t.connector.unsubscribeFrom({ kind: 'quotes', instrument: t.instrument.index }))
      await quoted(t, 1, 9)
    },
  },
  {
    id: 'DAT-008',
    title: 'asks for its streams again over a new connection',
    needs: { data: 'quotes' },
    async run(t) {
      await started(t)
      await t.reconnect()
      await t.settle(50)
      await quoted(t, 1, 9)
    },
  },
  {
    id: 'DAT-009',
    title: 'asks for a stream that was wanted before there was a connection',
    needs: { data: 'quotes' },
    async run(t) {
      await t.start()
      t.venue.cut()
      await t.until('the loss is noticed', () => t.host.disconnects.length > 0)
      await t.ask(t.connector.subscribeTo({ kind: 'quotes', instrument: t.instrument.index }))
      await t.ready()
      await t.settle(50)
      await quoted(t, 1, 9)
    },
  },
  {
    id: 'DAT-010',
    title: 'refuses a kind of data that it does not have, and names those it has',
    async run(t) {
      await t.start()
      const { data } = t.connector.capabilities
      for (const kind of ['quotes', 'trades', 'book', 'orders', 'bars', 'status', 'news'] as const) {
        if (data.includes(kind)) continue
        const error = await t.errorOf(kind, () => t.connector.subscribeTo({ kind, instrument: t.instrument.index }))
        t.equal(error, 'TW_NOT_SUPPORTED', `error for ${kind}`)
      }
    },
  },
  {
    id: 'DAT-011',
    title: 'delivers trades with price and size',
    needs: { data: 'trades', venue: ['trade'] },
    async run(t) {
      await t.start()
      await t.subscribe('trades')
      t.venue.trade?.(t.at(5), t.lots(2))
      const isIt = ({ price, size }: CaseContext['trades'][number]) => price === t.at(5) && size === t.lots(2)
      await t.until('the trade arrives', () => t.trades.some(isIt))
    },
  },
  {
    id: 'DAT-012',
    title: 'delivers books',
    needs: { data: 'book' },
    async run(t) {
      await t.start()
      await t.subscribe('book')
      const before = t.books
      t.venue.quote(t.at(1), t.at(9), t.lots(7))
      await t.until('the book changes', () => t.books > before)
    },
  },
  {
    id: 'DAT-013',
    title: 'tells that a stream went quiet although the connection is fine, and that it is back',
    needs: { data: 'quotes' },
    settings: { staleAfterMs: { quotes: 40 } },
    async run(t) {
      await started(t)
      await quoted(t, 1, 9)
      await t.until('the silence is told', () => t.streams.some(({ state }) => state === 'stale'))
      t.equal(t.host.disconnects.length, 0, 'losses')
      await quoted(t, 2, 8)
      await t.until('the return is told', () => t.streams.at(-1)?.state === 'live')
    },
  },
  {
    id: 'DAT-014',
    title: 'delivers quotes in the order in which they were made',
    needs: { data: 'quotes' },
    async run(t) {
      await started(t)
      await t.settle(20)
      const from = t.quotes.length
      for (let i = 1; i <= 5; i++) t.venue.quote(t.at(i), t.at(i + 3), t.lots(7))
      await t.until('the last quote arrives', () => t.quotes.at(-1)?.bid === t.at(5))
      // Between two quotes the venue may show the market without one of them.
      const bids = t.quotes.slice(from).map(({ bid }) => bid)
      const seen = [1, 2, 3, 4, 5].map((ticks) => bids.lastIndexOf(t.at(ticks))).filter((place) => place >= 0)
      t.equal(
        seen,
        [...seen].sort((a, b) => a - b),
        'places of the quotes',
      )
    },
  },
]
