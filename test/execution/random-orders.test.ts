/**
 * Random lives of routed orders, emulated orders and groups over venues that do whatever venues may do, with lost lines and
 * processes that die. What holds whatever happens:
 *
 *   sor       what is filled and what may still fill is never more than the order; no two shots at the same displayed size
 *   emulate   nothing reaches the venue before its price was there, then never more than the order; it always does
 *   oco       a fill of one asks for the end of the others in the same moment, and none is ever sent again
 *   ouo       when everything is answered, each works for what none has filled, and never for more than it was asked for
 *   oto       the others never work for more than the share of the first that is filled
 *   broker    an order that a broker works is never doubled, whatever line or process dies, and can be canceled
 *   bracket   when everything is answered, the stop works for exactly what is held
 */
import fc from 'fast-check'
import { describe, it } from 'vitest'
import { SeededRandom } from '../../src/core/random.js'
import { runs } from '../support/runs.js'
import { type HeldOrder, RandomVenues } from './random-venues.js'

function must(holds: boolean, what: string): void {
  if (!holds) throw new Error(what)
}

const shown = 100

async function routed(seed: number): Promise<void> {
  const random = new SeededRandom(seed)
  const world = new RandomVenues(random, ['a', 'b'], {
    risk: { maxPosition: 1_000_000, maxOrderNotional: 100_000_000 },
  })
  await world.start()
  const quantity = 1 + random.below(600)
  /** Sent after what a venue showed last. */
  const taken = new Map<string, number>()
  world.onQuote = (venue) => taken.set(venue, 0)
  world.onOrder = ({ venue, isImmediate, quantityUnits }) => {
    if (!isImmediate) return
    const after = (taken.get(venue) ?? 0) + quantityUnits
    taken.set(venue, after)
    must(after <= shown, `${after} after ${shown} that venue ${venue} shows`)
  }
  const check = () => must(world.filled() + world.leaves() <= quantity, `more than ${quantity} may fill`)
  const quote = () => world.quote(random.chance(0.5) ? 'a' : 'b', 9_998, 10_000 + random.below(8))
  quote()
  world.system.orders.submit({
    symbol: 'IBM',
    side: 'buy',
    quantity,
    price: '100.05',
    clientOrderId: 'p',
    algo: { type: 'sor', rest: (['wait', 'post', 'cancel'] as const)[random.below(3)] },
  })
  for (let step = 0; step < 25; step++) {
    if (random.chance(0.4)) quote()
    await world.act()
    check()
  }
  world.onOrder = undefined
  world.system.execution.get('p')?.cancel()
  await world.settle()
  check()
  const parent = world.system.execution.get('p')
  if (parent !== undefined) {
    must(parent.isClosed, `it ended as ${parent.status}`)
    must(parent.filledQuantity.toNumber() === world.filled(), 'its fills are those of the venues')
  }
  must(world.open.length === 0, 'nothing of it works any more')
  await world.stop()
}

async function emulatedOrder(seed: number): Promise<void> {
  const random = new SeededRandom(seed)
  const world = new RandomVenues(random, ['a'])
  await world.start()
  const kind = (['STOP', 'TRAILING_STOP', 'MARKET_IF_TOUCHED', 'STOP_LIMIT'] as const)[random.below(4)] as string
  const side = random.chance(0.5) ? 'buy' : 'sell'
  const sign = side === 'buy' ? 1 : -1
  const isTrailing = kind === 'TRAILING_STOP'
  const touched = kind === 'MARKET_IF_TOUCHED'
  // Away from the market, in cents: the trigger is not there at once.
  let level = isTrailing ? Number.NaN : 10_000 + (touched ? -sign : sign) * 20
  let bid = 9_999
  let wasThere = false
  /** What the system has seen: only what came while a venue was up. */
  const see = () => {
    const price = sign > 0 ? bid + 2 : bid
    if (isTrailing && !(sign * (price + sign * 15 - level) >= 0)) level = price + sign * 15
    if (touched ? sign * (price - level) <= 0 : sign * (price - level) >= 0) wasThere = true
  }
  world.onQuote = see
  const quantity = 1 + random.below(300)
  world.onOrder = () => must(wasThere, `sent before ${level} was there`)
  world.quote('a', bid, bid + 2)
  world.system.orders.submit({
    symbol: 'IBM',
    side,
    quantity,
    type: kind as 'STOP',
    clientOrderId: 'p',
    ...(isTrailing ? { trailing: { amount: '0.15' } } : { triggerPrice: (level / 100).toFixed(2) }),
    ...(kind === 'STOP_LIMIT' ? { price: (level / 100 + sign).toFixed(2) } : {}),
    algo: { type: 'emulate' },
  })
  const check = () => must(world.filled() + world.leaves() <= quantity, `more than ${quantity} may fill`)
  for (let step = 0; step < 25; step++) {
    if (random.chance(0.5)) {
      bid += random.below(13) - 6
      world.quote('a', bid, bid + 2)
    }
    // A crash loses what moved the level within the last second: it is written as often.
    if (isTrailing) await world.time.advanceMsAsync(1_100)
    await world.act()
    check()
  }
  await world.settle()
  for (let round = 0; round < 6 && wasThere; round++) {
    world.quote('a', bid, bid + 2)
    await world.settle(1)
  }
  check()
  must(!wasThere || world.orders.length > 0, 'a price that was there sends the order')
  await world.stop()
}

/** Two orders to sell the same, of which each takes the other off or down, at a venue of its own. */
async function twoLegs(kind: 'oco' | 'ouo', seed: number) {
  const random = new SeededRandom(seed)
  const world = new RandomVenues(random, ['a'])
  await world.start()
  world.quote('a', 9_999, 10_001)
  const quantity = 1 + random.below(300)
  const order = { symbol: 'IBM', side: 'sell', quantity } as const
  world.system.execution.submitGroup({
    kind,
    clientOrderId: 'g',
    orders: [
      { ...order, price: '100.05' },
      { ...order, price: '100.10' },
    ],
  })
  world.collect()
  const legOf = ({ id }: HeldOrder) => (Number(id.slice(id.lastIndexOf('E') + 1)) - 1) % 2
  return { world, quantity, legOf }
}

async function oneCancelsOther(seed: number): Promise<void> {
  const { world, quantity, legOf } = await twoLegs('oco', seed)
  const filledOf = (leg: number) => world.filled((each) => legOf(each) === leg)
  world.onOrder = (sent) =>
    must(filledOf(1 - legOf(sent)) === 0 || filledOf(legOf(sent)) > 0, 'a leg is sent after the other filled')
  for (let step = 0; step < 25; step++) {
    await world.act()
    world.quote('a', 9_999, 10_001)
    // What came while the line was down is known when it is back.
    if (!world.venue('a').isReady || world.filled() === 0) continue
    const going = world.open.filter(({ state, cancels }) => state === 'working' && cancels.length === 0)
    must(going.length <= 1, 'a fill of one takes the other off in the same moment')
  }
  await world.settle()
  must(world.filled() === 0 || world.open.length <= 1, 'the other is off')
  must(
    world.leaves() <= Math.max(0, quantity - world.filled()) || world.filled() === 0,
    'what is left is not more than one order',
  )
  await world.stop()
}

async function bracket(seed: number): Promise<void> {
  const random = new SeededRandom(seed)
  const world = new RandomVenues(random, ['a'])
  await world.start()
  world.quote('a', 9_999, 10_001)
  const quantity = 1 + random.below(300)
  world.system.execution.submitBracket({
    symbol: 'IBM',
    side: 'buy',
    quantity,
    price: '100.00',
    clientOrderId: 'g',
    ...(random.chance(0.5) ? { takeProfit: { price: '101.00' } } : {}),
    stopLoss: { triggerPrice: '99.00' },
  })
  const isEntry = ({ side }: HeldOrder) => side > 0
  for (let step = 0; step < 30; step++) {
    await world.act()
    if (random.chance(0.3)) world.quote('a', 9_999, 10_001)
    must(world.filled(isEntry) + world.leaves(isEntry) <= quantity, 'the entry is never more than it was asked for')
  }
  await world.settle(12, () => world.quote('a', 9_999, 10_001))
  const held = world.filled(isEntry) - world.filled((order) => !isEntry(order))
  const group = world.system.execution.get('g')
  const isGivenUp =
    group === undefined || group.explain().some((line) => /given up|taken off|refused|dropped/.test(line))
  const stops = world.leaves(
    (order) => !isEntry(order) && !Number.isNaN(order.quantityUnits) && Number.isNaN(order.priceUnits),
  )
  if (held > 0 && !isGivenUp)
    must(stops === held, `${held} held, the stop works for ${stops}: ${group?.explain().join('; ')}`)
  if (held <= 0) must(world.leaves((order) => !isEntry(order)) === 0, 'nothing is held, and an exit works')
  await world.stop()
}

async function oneUpdatesOther(seed: number): Promise<void> {
  const { world, quantity, legOf } = await twoLegs('ouo', seed)
  for (let step = 0; step < 25; step++) {
    await world.act()
    world.quote('a', 9_999, 10_001)
    for (const leg of [0, 1]) {
      const ofLeg = (each: HeldOrder) => legOf(each) === leg
      must(world.filled(ofLeg) + world.leaves(ofLeg) <= quantity, 'a leg is never more than it was asked for')
    }
  }
  await world.settle(12, () => world.quote('a', 9_999, 10_001))
  const left = Math.max(0, quantity - world.filled())
  for (const leg of [0, 1])
    must(world.leaves((each) => legOf(each) === leg) <= left, `${left} left, leg ${leg} works for more`)
  await world.stop()
}

async function oneTriggersOther(seed: number): Promise<void> {
  const random = new SeededRandom(seed)
  const world = new RandomVenues(random, ['a'])
  await world.start()
  world.quote('a', 9_999, 10_001)
  const quantity = 1 + random.below(300)
  const following = 1 + random.below(300)
  const isFull = random.chance(0.3)
  world.system.execution.submitGroup({
    kind: 'oto',
    mode: isFull ? 'full' : 'partial',
    clientOrderId: 'g',
    orders: [
      { symbol: 'IBM', side: 'buy', quantity, price: '100.00' },
      { symbol: 'IBM', side: 'sell', quantity: following, price: '100.10' },
    ],
  })
  world.collect()
  const isFirst = ({ side }: HeldOrder) => side > 0
  const isOther = ({ side }: HeldOrder) => side < 0
  const check = () => {
    const filled = world.filled(isFirst)
    must(filled + world.leaves(isFirst) <= quantity, 'the first is never more than it was asked for')
    const share = isFull && filled < quantity ? 0 : Math.floor((following * filled) / quantity)
    const sent = world.filled(isOther) + world.leaves(isOther)
    must(sent <= share, `${filled} of ${quantity} filled, ${sent} of ${following} sent after it`)
  }
  world.onOrder = () => check()
  for (let step = 0; step < 25; step++) {
    await world.act()
    world.quote('a', 9_999, 10_001)
    check()
  }
  await world.settle(12, () => world.quote('a', 9_999, 10_001))
  check()
  await world.stop()
}

async function workedByBroker(seed: number): Promise<void> {
  const random = new SeededRandom(seed)
  const world = new RandomVenues(random, ['a'])
  await world.start()
  world.quote('a', 9_999, 10_001)
  const quantity = 1 + random.below(300)
  world.system.orders.submit({
    symbol: 'IBM',
    side: 'buy',
    quantity,
    price: '100.00',
    clientOrderId: 'p',
    algo: { type: 'pov', rate: 0.1, workedBy: 'broker' },
  })
  world.collect()
  must(world.orders.length === 1 && world.leaves() === quantity, 'it goes out in one piece')
  const check = () => must(world.filled() + world.leaves() <= quantity, `more than ${quantity} may fill`)
  world.onOrder = check
  for (let step = 0; step < 25; step++) {
    await world.act()
    world.quote('a', 9_999, 10_001)
    if (step === 12) await world.restart()
    check()
    const working = world.open.filter(({ state }) => state === 'working')
    if (step === 12 && working.length > 0) must(world.system.execution.get('p') !== undefined, 'a restart knows it')
  }
  world.system.execution.get('p')?.cancel()
  await world.settle(12, () => world.quote('a', 9_999, 10_001))
  check()
  must(world.open.length === 0, 'it can be canceled')
  const parent = world.system.execution.get('p')
  if (parent !== undefined) {
    must(parent.isClosed, `it ended as ${parent.status}`)
    must(parent.filledQuantity.toNumber() === world.filled(), 'its fills are those of the broker')
  }
  await world.stop()
}

const scenarios = {
  routed,
  emulatedOrder,
  oneCancelsOther,
  oneUpdatesOther,
  oneTriggersOther,
  workedByBroker,
  bracket,
}

describe('random lives', () => {
  for (const [name, play] of Object.entries(scenarios)) {
    it(`${name}: holds what it promises`, { timeout: 3_600_000 }, async () => {
      await fc.assert(
        fc.asyncProperty(fc.integer({ min: 0, max: 0x7fff_ffff }), (seed) => play(seed)),
        { numRuns: runs({ ci: 12, full: 2_000 }), endOnFailure: true },
      )
    })
  }
})
