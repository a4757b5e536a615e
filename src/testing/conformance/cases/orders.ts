/** New orders: that they arrive as they were meant, and that what becomes of them is reported. */

import type { OrderRequest } from '../../../model/order.js'
import { type OrderType, orderTypes, type TimeInForce, timesInForce } from '../../../model/order-types.js'
import type { ConformanceCase } from '../case.js'
import type { CaseContext } from '../case-context.js'

const dayUs = 86_400_000_000

/** ORD. */
const plainCases: readonly ConformanceCase[] = [
  {
    id: 'ORD-001',
    title: 'sends a buy order with its exact terms, and reports that the venue has it',
    needs: { type: 'LIMIT' },
    async run(t) {
      await t.start()
      const placed = await t.place()
      const { side, type, quantity, price, state } = t.atVenue(placed)
      t.equal(
        [side, type, quantity, price, state],
        ['buy', 'LIMIT', t.lots(4), t.at(3), 'working'],
        'terms at the venue',
      )
      t.report(placed.number, 'accepted')
    },
  },
  {
    id: 'ORD-002',
    title: 'sends a sell order with its exact terms',
    needs: { type: 'LIMIT' },
    async run(t) {
      await t.start()
      const { side, quantity, price } = t.atVenue(await t.place({ side: 'sell', quantity: t.lots(3) }))
      t.equal([side, quantity, price], ['sell', t.lots(3), t.at(7)], 'terms at the venue')
    },
  },
  {
    id: 'ORD-003',
    title: 'reports the id that the venue gave the order',
    needs: { type: 'LIMIT' },
    async run(t) {
      await t.start()
      const placed = await t.place()
      t.equal(String(t.report(placed.number, 'accepted').venueOrderId), String(placed.venueId), 'venue order id')
    },
  },
  {
    id: 'ORD-004',
    title: 'stamps reports in epoch microseconds',
    needs: { type: 'LIMIT' },
    async run(t) {
      await t.start()
      const { tsUs } = t.report((await t.place()).number, 'accepted')
      t.check(Math.abs(tsUs - t.time.wallUs()) < dayUs, `the venue's time is ${tsUs}, and it is ${t.time.wallUs()}`)
    },
  },
  {
    id: 'ORD-005',
    title: 'reports a fill with quantity, price and the id of the execution',
    needs: { type: 'LIMIT' },
    async run(t) {
      await t.start()
      const placed = await t.place()
      await t.fill(placed, 4)
      const { exec, quantityUnits, priceUnits } = t.report(placed.number, 'filled')
      t.equal([quantityUnits, priceUnits], [t.units(4), t.priceUnits(t.at(3))], 'quantity and price')
      t.equal(String(exec), String(t.venue.fills().at(-1)?.id), 'id of the execution')
    },
  },
  {
    id: 'ORD-006',
    title: 'reports every part of an order that is filled in parts',
    needs: { type: 'LIMIT' },
    async run(t) {
      await t.start()
      const placed = await t.place()
      await t.fill(placed, 1)
      await t.fill(placed, 1)
      await t.fill(placed, 2)
      t.equal(
        t.reports(placed.number, 'filled').map(({ quantityUnits }) => quantityUnits),
        [t.units(1), t.units(1), t.units(2)],
        'parts',
      )
    },
  },
  {
    id: 'ORD-007',
    title: 'says nothing more about an order that is filled',
    needs: { type: 'LIMIT' },
    async run(t) {
      await t.start()
      const placed = await t.place()
      await t.fill(placed, 4)
      await t.settle(100)
      t.equal(t.kinds(placed.number), 'accepted, filled', 'reports')
    },
  },
  {
    id: 'ORD-008',
    title: 'reports the fill of an order that takes what is offered, at the price of the offer',
    needs: { type: 'LIMIT' },
    async run(t) {
      await t.start()
      const number = t.send({ price: t.at(12) })
      const { priceUnits } = await t.reported({ number }, 'filled')
      t.equal(priceUnits, t.priceUnits(t.at(10)), 'price')
      t.equal(t.filledLots(number), 4, 'lots filled')
    },
  },
  {
    id: 'ORD-009',
    title: 'reports fees as a number of 10^-8 with their currency, or as not known yet',
    needs: { type: 'LIMIT' },
    async run(t) {
      await t.start()
      const placed = await t.place()
      await t.fill(placed, 4)
      const { feeUnits = Number.NaN, feeCurrency = '' } = t.report(placed.number, 'filled')
      t.check(Number.isNaN(feeUnits) || Number.isSafeInteger(feeUnits), `the fee is ${feeUnits}`)
      t.check(Number.isNaN(feeUnits) || feeCurrency !== '', 'the fee has no currency')
    },
  },
  {
    id: 'ORD-010',
    title: 'reports a refusal of the venue, with its reason and nothing else',
    needs: { type: 'LIMIT', venue: ['rejectNext'] },
    async run(t) {
      await t.start()
      t.venue.rejectNext?.('no such thing')
      const number = t.send()
      const { reason = '' } = await t.reported({ number }, 'rejected')
      t.check(reason.includes('no such thing'), `the reason is "${reason}"`)
      await t.settle(50)
      t.equal(t.kinds(number), 'rejected', 'reports')
    },
  },
  {
    id: 'ORD-011',
    title: 'keeps orders apart: each report names its own',
    needs: { type: 'LIMIT' },
    async run(t) {
      await t.start()
      const first = await t.place()
      const second = await t.place({ price: t.at(4), quantity: t.lots(2) })
      const third = await t.place({ side: 'sell' })
      await t.fill(second, 2)
      await t.fill(third, 1)
      t.equal(
        [first, second, third].map(({ number }) => t.filledLots(number)),
        [0, 2, 1],
        'lots filled',
      )
    },
  },
  {
    id: 'ORD-012',
    title: 'sends many orders at once, and each of them once',
    needs: { type: 'LIMIT' },
    async run(t) {
      await t.start()
      const numbers = Array.from({ length: 50 }, (_, i) => t.send({ price: t.at(-1 - i), quantity: t.lots(1) }))
      await t.until('all are acknowledged', () => numbers.every((number) => t.reports(number, 'accepted').length > 0))
      const own = t.venue.orders().filter(({ wireId }) => wireId !== undefined)
      t.equal(own.length, 50, 'orders at the venue')
      t.equal(new Set(own.map(({ wireId }) => wireId)).size, 50, 'ids on the wire')
      t.equal(
        own.map(({ price }) => price),
        numbers.map((_, i) => t.at(-1 - i)),
        'prices in the order of sending',
      )
    },
  },
  {
    id: 'ORD-013',
    title: 'sends ids of the host in a form that the venue takes, and finds the order by what comes back',
    needs: { type: 'LIMIT' },
    async run(t) {
      await t.start()
      const placed = await t.place({ clientOrderId: 'a-rather-long-id/of the host,with:signs-0001' })
      await t.fill(placed, 4)
      t.report(placed.number, 'filled')
    },
  },
  {
    id: 'ORD-014',
    title: 'hands an order over at once: the call returns nothing to wait for',
    needs: { type: 'LIMIT' },
    async run(t) {
      await t.start()
      const sent = t.connector.statistics.ordersSent
      const number = t.send()
      t.equal(t.connector.statistics.ordersSent, sent + 1, 'orders counted as sent')
      await t.reported({ number }, 'accepted')
    },
  },
  {
    id: 'ORD-015',
    title: 'groups reports in turns, and closes every turn',
    needs: { type: 'LIMIT' },
    async run(t) {
      await t.start()
      const placed = await t.place()
      await t.fill(placed, 4)
      t.equal(t.host.reports.depth, 0, 'turns left open')
    },
  },
]

/** Terms that an order of a type needs, and stays away from the market with. */
function termsOf(t: CaseContext, type: OrderType): Partial<OrderRequest> {
  switch (type) {
    case 'MARKET':
    case 'MARKET_TO_LIMIT':
      return {}
    case 'LIMIT':
      return { price: t.at(3) }
    case 'STOP':
      return { triggerPrice: t.at(60) }
    case 'STOP_LIMIT':
      return { triggerPrice: t.at(60), price: t.at(65) }
    case 'TRAILING_STOP':
      return { trailing: { amount: String(t.at(80) - t.at(0)).slice(0, 8) } }
    case 'TRAILING_STOP_LIMIT':
      return { trailing: { amount: String(t.at(80) - t.at(0)).slice(0, 8) }, price: t.at(90) }
    case 'MARKET_IF_TOUCHED':
      return { triggerPrice: t.at(-60) }
    case 'LIMIT_IF_TOUCHED':
      return { triggerPrice: t.at(-60), price: t.at(-58) }
  }
}

/** The trailing distance on the grid of the instrument, as text. */
function onGrid(t: CaseContext, terms: Partial<OrderRequest>): Partial<OrderRequest> {
  if (terms.trailing === undefined) return terms
  const units = t.priceUnits(t.at(80)) - t.priceUnits(t.at(0))
  return { ...terms, trailing: { amount: t.instrument.priceText(units) } }
}

/** One case for each order type: the venue gets it as what it is; without the type, nothing leaves. */
const typeCases: readonly ConformanceCase[] = orderTypes.map((type, i) => ({
  id: `TYP-${String(i + 1).padStart(3, '0')}`,
  title: `sends ${type} orders as such, or refuses them before anything is sent`,
  needs: { orders: true },
  async run(t) {
    await t.start()
    const terms = { ...onGrid(t, termsOf(t, type)), type }
    if (t.connector.capabilities.orders?.types.includes(type) !== true) {
      t.equal(await t.errorOf('the order', () => t.send(terms)), 'TW_NOT_SUPPORTED', 'error')
      await t.settle(50)
      t.equal(t.venue.messages(), 0, 'messages at the venue')
      return
    }
    const number = t.send(terms)
    await t.reported({ number }, 'accepted')
    t.equal(t.reports(number, 'rejected').length, 0, 'rejections')
    t.equal(t.venue.orders().find(({ wireId }) => wireId !== undefined)?.type, type, 'type at the venue')
    if (type === 'MARKET' || type === 'MARKET_TO_LIMIT') {
      await t.reported({ number }, 'filled')
      t.equal(t.filledLots(number), 4, 'lots filled')
    }
  },
}))

/** One case for each time in force. */
const timeCases: readonly ConformanceCase[] = timesInForce.map((timeInForce, i) => ({
  id: `TIF-${String(i + 1).padStart(3, '0')}`,
  title: `sends ${timeInForce} orders as such, or refuses them before anything is sent`,
  needs: { type: 'LIMIT' },
  async run(t) {
    await t.start()
    const expireTimeUs = t.time.wallUs() + 3_600_000_000
    const terms = { timeInForce, ...(timeInForce === 'GTD' ? { expireTimeUs } : {}) }
    if (t.connector.capabilities.orders?.timeInForce.includes(timeInForce) !== true) {
      t.equal(await t.errorOf('the order', () => t.send(terms)), 'TW_NOT_SUPPORTED', 'error')
      await t.settle(50)
      t.equal(t.venue.messages(), 0, 'messages at the venue')
      return
    }
    const number = t.send(terms)
    await t.until('anything is reported', () => t.kinds(number) !== 'none')
    const own = () => t.venue.orders().find(({ wireId }) => wireId !== undefined)
    t.equal(own()?.timeInForce, timeInForce, 'time in force at the venue')
    await endsAsItShould(t, number, timeInForce)
  },
}))

async function endsAsItShould(t: CaseContext, number: number, timeInForce: TimeInForce): Promise<void> {
  // Nothing is offered at the price of the order: what may not rest is over at once.
  if (timeInForce === 'IOC' || timeInForce === 'FOK') {
    const isOver = () => ['canceled', 'expired', 'rejected'].some((kind) => t.reports(number, kind).length > 0)
    await t.until('the order is over', isOver)
    t.equal(t.filledLots(number), 0, 'lots filled')
    return
  }
  await t.settle(50)
  t.equal(t.kinds(number), 'accepted', 'reports')
}

/** FLG: what an order carries beside type and time. */
const flagCases: readonly ConformanceCase[] = [
  {
    id: 'FLG-001',
    title: 'sends post-only orders as such: they never take, or post-only is refused before anything is sent',
    needs: { type: 'LIMIT' },
    async run(t) {
      await t.start()
      const terms = { postOnly: true, price: t.at(12) }
      if (t.connector.capabilities.orders?.postOnly !== true) {
        t.equal(await t.errorOf('the order', () => t.send(terms)), 'TW_NOT_SUPPORTED', 'error')
        return
      }
      const number = t.send(terms)
      await t.until('anything is reported', () => t.kinds(number) !== 'none')
      await t.settle(50)
      t.equal(t.filledLots(number), 0, 'lots filled')
    },
  },
  {
    id: 'FLG-002',
    title: 'sends iceberg orders with what is shown, or refuses them before anything is sent',
    needs: { type: 'LIMIT' },
    async run(t) {
      await t.start()
      const terms = { displayQuantity: t.lots(1) }
      if (t.connector.capabilities.orders?.iceberg !== true) {
        t.equal(await t.errorOf('the order', () => t.send(terms)), 'TW_NOT_SUPPORTED', 'error')
        return
      }
      t.equal(t.atVenue(await t.place(terms)).displayQuantity, t.lots(1), 'shown at the venue')
    },
  },
  {
    id: 'FLG-003',
    title: 'sends reduce-only orders as such',
    needs: { type: 'LIMIT', flag: 'reduceOnly' },
    async run(t) {
      await t.start()
      const bought = t.send({ price: t.at(12) })
      await t.until('the position is there', () => t.filledLots(bought) === 4)
      t.equal(t.atVenue(await t.place({ side: 'sell', reduceOnly: true })).reduceOnly, true, 'reduce-only at the venue')
    },
  },
  {
    id: 'FLG-004',
    title: 'reports that the trigger of a stop order was hit, and its fill',
    needs: { type: 'STOP', venue: ['trade'] },
    async run(t) {
      await t.start()
      const number = t.send({ type: 'STOP', triggerPrice: t.at(20) })
      await t.reported({ number }, 'accepted')
      t.venue.trade?.(t.at(21), t.lots(1))
      await t.until('the stop is filled', () => t.filledLots(number) === 4)
    },
  },
  {
    id: 'FLG-005',
    title: 'reports that an order expired',
    needs: { type: 'LIMIT', timeInForce: 'GTD', time: 'virtual' },
    async run(t) {
      await t.start()
      const expireTimeUs = t.time.wallUs() + 1_000_000
      const { number } = await t.place({ timeInForce: 'GTD', expireTimeUs })
      await t.until('it is over', () => t.reports(number, 'expired').length + t.reports(number, 'canceled').length > 0)
    },
  },
]

/** ORD, TYP, TIF, FLG. */
export const orderCases: readonly ConformanceCase[] = [...plainCases, ...typeCases, ...timeCases, ...flagCases]
