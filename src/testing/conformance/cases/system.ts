/** The connector in a whole trading system: after whatever happened, both sides say the same. */
import type { Instrument } from '../../../model/instrument.js'
import { TradingSystem } from '../../../system/trading-system.js'
import type { ConformanceCase } from '../case.js'
import type { CaseContext } from '../case-context.js'

/** A market in a trading system: prices and quantities by ticks and lots. */
interface Market {
  /** The price so many ticks above the bid, as text. */
  price(ticks: number): string
  /** So many lots. */
  lots(count: number): number
}

function marketOf(t: CaseContext, instrument: Instrument): Market {
  const { priceIncrement, sizeIncrement, lotSize } = instrument.definition
  const tick = instrument.priceUnits(priceIncrement)
  const bid = Math.floor(instrument.makePriceUnits(t.venue.price, 'floor') / tick) * tick
  const lot = instrument.quantityUnits(lotSize ?? sizeIncrement)
  return {
    price: (ticks) => instrument.priceText(bid + ticks * tick),
    lots: (count) => instrument.quantityNumber(lot * count),
  }
}

/** A system with the connector under test, a market, and no limits in the way. */
async function inSystem(
  t: CaseContext,
  body: (trading: TradingSystem, market: Market) => Promise<void>,
): Promise<void> {
  const trading = await TradingSystem.start({
    mode: t.isVirtual ? 'simulation' : 'paper',
    time: t.time,
    connectors: { tested: t.connector },
    account: t.venue.account ?? 'PAPER',
    onClose: 'leave',
    risk: { maxOrderNotional: '1000000000' },
  })
  try {
    if (t.connector.capabilities.data.includes('quotes')) await trading.subscribe([t.venue.symbol], ['quotes'])
    const instrument = trading.instruments.get(t.venue.symbol)
    const market = marketOf(t, instrument)
    t.venue.quote(Number(market.price(0)), Number(market.price(10)), market.lots(1_000))
    await t.until('the system sees the market', () => !Number.isNaN(trading.quotes.bid(instrument.index)))
    await body(trading, market)
  } finally {
    await trading.stop()
  }
}

/** SYS. */
export const systemCases: readonly ConformanceCase[] = [
  {
    id: 'SYS-001',
    title: 'is found out: a fill while the connection was down is booked when it is back',
    needs: { type: 'LIMIT', simulated: true, cancelOnDisconnect: 'none' },
    async run(t) {
      await inSystem(t, async (trading, market) => {
        const order = trading.orders.submit({
          symbol: t.venue.symbol,
          side: 'buy',
          quantity: market.lots(4),
          price: market.price(3),
        })
        await t.until('the order is acknowledged', () => order.status === 'ACCEPTED')
        const id = t.venue.orders().find(({ wireId }) => wireId !== undefined)?.id as string
        t.venue.cut()
        t.venue.fill(id, market.lots(4))
        await t.until('the order is filled', () => order.status === 'FILLED')
      })
    },
  },
  {
    id: 'SYS-002',
    title: 'is found out: an order that was lost on the way is never taken for rejected without proof',
    needs: { type: 'LIMIT', simulated: true, venue: ['dropNext'] },
    async run(t) {
      await inSystem(t, async (trading, market) => {
        t.venue.dropNext?.('new')
        const order = trading.orders.submit({
          symbol: t.venue.symbol,
          side: 'buy',
          quantity: market.lots(1),
          price: market.price(3),
        })
        await t.settle(20)
        t.equal(order.status, 'SUBMITTED', 'status')
        t.venue.cut()
        await t.until('its fate counts as unknown', () => order.status === 'UNKNOWN' || order.status === 'REJECTED')
        if (t.connector.capabilities.orders?.fullHistory !== true) t.equal(order.status, 'UNKNOWN', 'status')
      })
    },
  },
  {
    id: 'SYS-003',
    title: 'is found out: an order whose acknowledgement was lost works, and is canceled',
    needs: { type: 'LIMIT', simulated: true, cancelOnDisconnect: 'none', venue: ['dropNext'] },
    async run(t) {
      await inSystem(t, async (trading, market) => {
        t.venue.dropNext?.('accepted')
        const order = trading.orders.submit({
          symbol: t.venue.symbol,
          side: 'buy',
          quantity: market.lots(1),
          price: market.price(3),
        })
        await t.until('the venue has it', () => t.venue.orders().some(({ wireId }) => wireId !== undefined))
        t.venue.cut()
        await t.until('it is known to work', () => order.status === 'ACCEPTED')
        order.cancel()
        await t.until('it is canceled', () => order.status === 'CANCELED')
      })
    },
  },
  {
    id: 'SYS-004',
    title: 'agrees with the venue on positions after a busy life with losses',
    needs: { type: 'LIMIT', simulated: true, cancelOnDisconnect: 'none' },
    async run(t) {
      await inSystem(t, async (trading, market) => {
        for (let round = 0; round < 5; round++) {
          const order = trading.orders.submit({
            symbol: t.venue.symbol,
            side: 'buy',
            quantity: market.lots(4),
            price: market.price(3),
          })
          await t.until('the order is acknowledged', () => order.status === 'ACCEPTED')
          const id = t.venue.orders().findLast(({ wireId }) => wireId !== undefined)?.id as string
          const { epoch } = t.connector
          const isCut = round % 2 === 0
          if (isCut) t.venue.cut()
          t.venue.fill(id, market.lots(Math.min(4, round + 1)))
          // A cancel over the line that broke would be lost.
          await t.until('the connector is ready', () => t.connector.isReady && (!isCut || t.connector.epoch > epoch))
          order.cancel()
          await t.until('the order is over', () => order.status === 'CANCELED' || order.status === 'FILLED')
        }
        const [position] = trading.snapshot().positions
        t.equal(Number(position?.quantity), t.venue.position(), 'position')
      })
    },
  },
]
