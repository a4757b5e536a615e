/** A restart: what the journal holds is found again, and nothing is assumed about what happened meanwhile. */
import { describe, expect, it } from 'vitest'
import { EchoConnector, ibm } from '../../test/support/echo-connector.js'
import { buy, type EchoSystem, startEcho } from '../../test/support/echo-system.js'
import { recoverState } from '../system/recover-state.js'
import { differences } from '../system/state.js'
import { Strategy } from '../system/strategy.js'
import type { TradingSystemOptions } from '../system/trading-system.js'
import { restartEcho } from './restart.test-support.js'

/** Ends the process, not the system, and starts another over the same disk. The venue answers what `answer` says. */
async function restart(
  { time, disk, venue }: EchoSystem,
  options: TradingSystemOptions = {},
  answer: (next: EchoConnector) => void = () => {},
): Promise<EchoSystem> {
  venue.drop()
  await venue.stop()
  disk.crash({ powerCut: false })
  const next = new EchoConnector()
  answer(next)
  return startEcho(options, { time, disk, venue: next })
}

class Named extends Strategy {
  readonly #name: string
  constructor(name: string) {
    super()
    this.#name = name
  }
  override get name(): string {
    return this.#name
  }
}

class Idle extends Strategy {
  override get name(): string {
    return 'idle'
  }
  order(change: Record<string, unknown> = {}) {
    return this.submit(buy(change))
  }
  save(state: unknown) {
    this.persist(state)
  }
  get saved(): unknown {
    return this.persisted
  }
}

describe('a restart', () => {
  it('finds the state of every kind of order again', async () => {
    const first = await startEcho()
    const { venue, system, disk } = first
    const { reports } = venue
    const submit = (change: Record<string, unknown> = {}) => system.orders.submit(buy(change))
    const orders = Array.from({ length: 8 }, (_, i) => submit({ quantity: 10 + i, tag: `tag ${i}` }))
    const at = (i: number) => orders[i]?.number as number
    for (let i = 0; i < 8; i++) reports.accepted(at(i), 100 + i, 1)
    reports.filled(at(0), 'e0', 10, 1_000_000, 12_345_678, 'USD', 1, 2)
    reports.filled(at(1), 'e1', 5, 999_900, Number.NaN, '', 2, 3)
    reports.canceled(at(2), 4, 'by hand', 4)
    reports.expired(at(3), 0, 5)
    orders[4]?.modify({ quantity: 20, price: '99.99' })
    reports.replaced(at(4), 1, Number.NaN, Number.NaN, Number.NaN, undefined, 6)
    orders[5]?.modify({ quantity: 9 })
    orders[6]?.cancel()
    reports.cancelRejected(at(6), 1, 'too late', 7)
    reports.filled(at(7), 'e7', 17, 1_000_000, 5, 'EUR', 1, 8)
    reports.corrected(at(7), 'e7', 'e7b', 17, 1_000_100, false, 9)
    submit({ price: '500.00' })
    submit({ symbol: 'IBM', side: 'sell', type: 'stop', price: undefined, triggerPrice: '99.00', quantity: 3 })
    reports.accepted(system.orders.openOrders().at(-1) === undefined ? 0 : 10, 110, 10)
    reports.externalFill(venue.source, {
      exec: 'x',
      venueOrderId: 'o',
      instrument: 0,
      account: 'PAPER',
      side: 'sell',
      quantityUnits: 3,
      priceUnits: 1_000_000,
      liquidity: 0,
      tsUs: 11,
    })
    system.setTradingState('strategy', 'HOST', 'REDUCING', 'test', 'careful')
    const live = system.exportState()
    expect(live.orders).toHaveLength(11)
    expect(differences(live, recoverState({ fileSystem: disk, directory: 'journal' }).state)).toEqual([])
    await system.stop()
  })

  it('declares unknown what was never heard of, and keeps its reservation', async () => {
    const first = await startEcho()
    const plain = first.system.orders.submit(buy())
    const canceling = first.system.orders.submit(buy({ quantity: 50 }))
    canceling.cancel()
    const { clientOrderId } = plain.snapshot
    const { disk, time } = first
    disk.crash({ powerCut: false })
    const silent = new EchoConnector()
    Object.assign(silent.capabilities.orders as object, { fullHistory: false })
    const second = await startEcho({}, { time, disk, venue: silent })
    expect(second.system.recovery).toMatchObject({ orders: 2, unknown: 2 })
    expect(second.system.orders.get(clientOrderId)?.status).toBe('UNKNOWN')
    expect(second.system.exportState().limitsUsed).toMatchObject([{ buying: 150, open: 2 }])
    // The cancel that may have been lost, and nothing else.
    expect(second.venue.sent).toMatchObject([{ kind: 'cancel', number: canceling.number }])
    await second.system.stop()
  })

  it('uses no id and no number twice', async () => {
    let current = await startEcho()
    const ids = new Set<string>()
    const numbers = new Set<number>()
    for (let i = 0; i < 4; i++) {
      for (let k = 0; k < 3; k++) {
        const order = current.system.orders.submit(buy({ quantity: 1 + k }))
        ids.add(order.clientOrderId)
        numbers.add(order.number)
        current.venue.reports.rejected(order.number, 'no', 1)
      }
      current = await restart(current)
    }
    expect([ids.size, numbers.size]).toEqual([12, 12])
    for (const id of ids) expect(current.system.orders.get(id)?.status).toBe('REJECTED')
    expect(current.system.orders.submit(buy({ clientOrderId: 'T-1-1' })).reason).toBe('DUPLICATE')
    await current.system.stop()
  })

  it('takes the same order again for the order that it was, also after a change', async () => {
    const first = await startEcho()
    const order = first.system.orders.submit(buy({ clientOrderId: 'mine' }))
    first.venue.reports.accepted(order.number, 'v', 1)
    order.modify({ quantity: 150 })
    first.venue.reports.replaced(order.number, 1, 150, 1_000_000, Number.NaN, undefined, 2)
    expect(first.system.orders.submit(buy({ clientOrderId: 'mine' })).number).toBe(order.number)
    const report = first.venue.report(order.number, { venueOrderId: 'v', quantityUnits: 150 })
    const second = await restart(first, {}, (next) => {
      next.venue.orders = [report]
    })
    const again = second.system.orders.submit(buy({ clientOrderId: 'mine' }))
    expect([again.number, again.status]).toEqual([order.number, 'ACCEPTED'])
    expect(second.venue.sent).toEqual([])
    const other = second.system.orders.submit(buy({ clientOrderId: 'mine', side: 'sell', price: '100.10' }))
    expect([other.status, other.reason]).toEqual(['DENIED', 'DUPLICATE'])
    expect(second.system.orders.get('mine')?.number).toBe(order.number)
    const third = await restart(second, {}, (next) => {
      next.venue.orders = [report]
    })
    expect(third.system.orders.get('mine')?.number).toBe(order.number)
    await third.system.stop()
  })

  it('remembers the id of a denied order like any other', async () => {
    const first = await startEcho()
    const denied = first.system.orders.submit(buy({ clientOrderId: 'far', price: '500.00' }))
    expect(first.system.orders.submit(buy({ clientOrderId: 'far', price: '500.00' })).number).toBe(denied.number)
    const second = await restart(first)
    expect(second.system.orders.get('far')?.status).toBe('DENIED')
    await second.system.stop()
  })

  it('knows strategies, accounts and connectors by name, whatever their order in the configuration', async () => {
    const first = await startEcho({ strategies: [new Idle()], connectors: undefined as never }, {}).catch(
      () => undefined,
    )
    expect(first).toBeUndefined()
    const strategy = new Idle()
    const alpha = new EchoConnector()
    const beta = new EchoConnector()
    const begun = await startEcho({ strategies: [strategy], connectors: { alpha, beta } }, { venue: alpha })
    const host = begun.system.orders.submit(buy({ connector: 'beta' }))
    beta.reports.accepted(host.number, 'v', 1)
    const own = strategy.order({ connector: 'alpha', quantity: 7 })
    alpha.reports.accepted(own.number, 'w', 1)
    const ids = [host.clientOrderId, own.clientOrderId]
    begun.disk.crash({ powerCut: false })
    const nextBeta = new EchoConnector()
    const nextAlpha = new EchoConnector()
    nextBeta.venue.orders = [beta.report(host.number, { venueOrderId: 'v' })]
    nextAlpha.venue.orders = [alpha.report(own.number, { venueOrderId: 'w' })]
    const again = await startEcho(
      { connectors: { gamma: new EchoConnector(), beta: nextBeta, alpha: nextAlpha }, strategies: [new Idle()] },
      { time: begun.time, disk: begun.disk, venue: nextBeta },
    )
    const [one, two] = ids.map((id) => again.system.orders.get(id)?.snapshot)
    expect([one?.connector, one?.strategy, one?.status]).toEqual(['beta', 'HOST', 'ACCEPTED'])
    expect([two?.connector, two?.strategy, two?.status]).toEqual(['alpha', 'idle', 'ACCEPTED'])
    again.system.orders.cancelAll()
    expect([nextBeta.sent.length, nextAlpha.sent.length]).toEqual([1, 1])
    await again.system.stop()
  })

  it('keeps orders of a connector that is not there any more, and says so', async () => {
    const first = await startEcho()
    const order = first.system.orders.submit(buy({ clientOrderId: 'mine' }))
    first.venue.reports.accepted(order.number, 'v', 1)
    const warnings: string[] = []
    const logger = {
      debug: () => {},
      info: () => {},
      error: () => {},
      warn: (_: unknown, text?: string) => warnings.push(text ?? ''),
      child: () => logger,
    }
    first.disk.crash({ powerCut: false })
    const other = new EchoConnector()
    const second = await startEcho(
      { connectors: { other }, logger },
      { time: first.time, disk: first.disk, venue: other },
    )
    expect(warnings.some((text) => text.includes('mine') && text.includes('echo'))).toBe(true)
    const mine = second.system.orders.get('mine')
    expect(mine?.status).toBe('ACCEPTED')
    mine?.cancel()
    expect(mine?.status).toBe('ACCEPTED')
    expect(second.events.slice(-2)).toEqual(['pending_cancel', 'cancel_rejected'])
    expect(() => mine?.modify({ quantity: 5 })).toThrow('TW_NOT_SUPPORTED')
    expect(second.system.orders.submit(buy({ connector: 'echo' })).reason).toBe('NOT_TRADABLE')
    await second.system.stop()
  })

  it('takes instruments by the rules of now, and refuses other terms than those on record', async () => {
    const dot = { ...ibm, id: 'DOT.XNYS', symbol: 'DOT', minQuantity: '10', multiplier: '5' }
    const first = await startEcho({ instruments: [dot] })
    first.venue.quote(99.99, 100.01, 'DOT')
    const order = first.system.orders.submit(buy({ symbol: 'DOT' }))
    const { index } = first.system.instruments.get('DOT')
    const next = { ...dot, priceIncrement: '0.05', minQuantity: '20', venueSymbols: { echo: 'DOT-1' } }
    const second = await restartEcho(first, { instruments: [next] })
    const known = second.system.instruments.get('DOT')
    expect([known.index, known.minQuantityUnits, known.definition.venueSymbols]).toEqual([index, 20, { echo: 'DOT-1' }])
    expect(second.system.orders.get(order.clientOrderId)?.snapshot.instrument).toBe('DOT.XNYS')
    for (const change of [{ multiplier: '50' }, { currency: 'EUR' }, { priceIncrement: '0.001' }])
      await expect(restartEcho(second, { instruments: [{ ...dot, ...change }] })).rejects.toMatchObject({
        code: 'TW_DUPLICATE',
        details: { instrument: 'DOT.XNYS' },
      })
    const third = await restartEcho(second)
    expect(third.system.instruments.get('DOT').multiplierNumber).toBe(5)
    await third.system.stop()
  })

  it('keeps a kill switch and trading states', async () => {
    const first = await startEcho()
    first.system.kill({ actor: 'risk', reason: 'test' })
    first.system.setTradingState('instrument', 'IBM', 'HALTED', 'risk', 'test')
    const second = await restart(first)
    expect(second.system.orders.submit(buy()).reason).toBe('KILL_SWITCH')
    second.system.releaseKill({ actor: 'risk', reason: 'test' })
    expect(second.system.orders.submit(buy()).reason).toBe('HALTED')
    await second.system.stop()
  })

  it('gives strategies back what they saved last', async () => {
    const strategy = new Idle()
    const first = await startEcho({ strategies: [strategy] })
    strategy.save({ count: 1 })
    strategy.save({ count: 2, nested: ['a'] })
    expect(() => strategy.save(undefined)).toThrow('TW_INVALID_ARGUMENT')
    const next = new Idle()
    const second = await restart(first, { strategies: [next] })
    expect(next.saved).toEqual({ count: 2, nested: ['a'] })
    await second.system.stop()
  })

  it('books executions of others once', async () => {
    const fill = {
      exec: 'x',
      instrument: 0,
      account: 'PAPER',
      side: 'buy',
      quantityUnits: 3,
      priceUnits: 1_000_000,
      liquidity: 0,
      tsUs: 1_704_205_800_000_000,
    } as const
    const first = await startEcho()
    first.venue.reports.externalFill(first.venue.source, fill)
    const second = await restart(first, {}, (next) => {
      next.venue.fills = [fill]
      next.venue.account = { positions: [{ account: 'PAPER', instrument: 0, quantityUnits: 3 }] }
    })
    expect(second.system.portfolio.totalQuantityUnits(0, 0)).toBe(3)
    await second.system.stop()
  })

  it('knows executions of orders that are beyond the history', async () => {
    const options: TradingSystemOptions = { limits: { orders: 16 }, risk: { duplicates: false } }
    const first = await startEcho(options)
    const tsUs = first.time.wallUs()
    const old = first.system.orders.submit(buy())
    const { clientOrderId } = old
    first.venue.reports.accepted(old.number, 'v', 1)
    first.venue.reports.filled(old.number, 'e1', 100, 1_000_000, 0, 'USD', 1, tsUs)
    for (let i = 0; i < 20; i++)
      first.venue.reports.rejected(first.system.orders.submit(buy({ quantity: 1 + i })).number, 'no', 3)
    const fill = { instrument: 0, account: 'PAPER', side: 'buy', priceUnits: 1_000_000, liquidity: 0, tsUs } as const
    const second = await restart(first, options, (next) => {
      next.venue.fills = [
        { ...fill, exec: 'e1', clientOrderId, quantityUnits: 100 },
        { ...fill, exec: 'e1', venueOrderId: 'v', quantityUnits: 100 },
        { ...fill, exec: 'e2', clientOrderId, quantityUnits: 1 },
      ]
      next.venue.account = { positions: [{ account: 'PAPER', instrument: 0, quantityUnits: 101 }] }
    })
    expect(second.system.portfolio.totalQuantityUnits(0, 0)).toBe(101)
    expect(second.system.orders.submit(buy({ quantity: 30 })).status).toBe('SUBMITTED')
    await second.system.stop()
  })

  it('puts names on record that come up while it recovers, so that the next restart finds their indices', async () => {
    const first = await startEcho({ strategies: [new Idle()] })
    first.system.orders.submit(buy({ strategy: 'one' }))
    const second = await restart(first, { account: 'NEW', strategies: [new Named('late'), new Idle()] })
    second.system.orders.submit(buy({ strategy: 'two', quantity: 7 }))
    const names = second.system.exportState().names
    expect(names.strategies).toEqual(['idle', 'one', 'late', 'two'])
    expect(names.accounts).toEqual(['PAPER', 'NEW'])
    const third = await restart(second, { strategies: [new Named('last')] })
    expect(third.system.exportState().names).toMatchObject({
      ...names,
      strategies: [...(names.strategies ?? []), 'last'],
    })
    expect(
      differences(
        third.system.exportState().names,
        recoverState({ fileSystem: third.disk, directory: 'journal' }).state.names,
      ),
    ).toEqual([])
    await third.system.stop()
  })

  it('refuses a table that is too small for what is open', async () => {
    const first = await startEcho({ limits: { orders: 64 }, risk: { duplicates: false } })
    for (let i = 0; i < 20; i++) first.system.orders.submit(buy({ quantity: 1 + i }))
    first.disk.crash({ powerCut: false })
    await expect(startEcho({ limits: { orders: 16 } }, { time: first.time, disk: first.disk })).rejects.toThrow(
      'TW_CAPACITY',
    )
    const second = await startEcho({ limits: { orders: 128 } }, { time: first.time, disk: first.disk })
    expect(second.system.recovery.orders).toBe(20)
    await second.system.stop()
  })

  it('refuses a journal that a newer release wrote', async () => {
    const first = await startEcho()
    first.system.journal.begin(99).u8(1)
    first.system.journal.commit()
    first.system.journal.flush()
    first.disk.crash({ powerCut: false })
    await expect(startEcho({}, { time: first.time, disk: first.disk })).rejects.toThrow('TW_JOURNAL_VERSION')
  })

  it('is refused while another process has the journal', async () => {
    const first = await startEcho()
    await expect(startEcho({}, { time: first.time, disk: first.disk })).rejects.toThrow('TW_JOURNAL_LOCKED')
    expect(first.system.orders.submit(buy()).status).toBe('SUBMITTED')
    await first.system.stop()
  })
})
