/**
 * Random histories of the order plane, with snapshots, disk faults and deaths at any call: what a journal gives does not
 * depend on where it is read from, is what the system believed, and knows every order that has left.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { buy, type EchoSystem, startEcho } from '../../test/support/echo-system.js'
import { runs } from '../../test/support/runs.js'
import { silentLogger } from '../core/logger.js'
import { settlePromises, VirtualTime } from '../core/virtual-time.js'
import { readJournal } from '../journal/read-journal.js'
import type { TradingSystemConfig } from '../system/config.js'
import { composeOrderPlane } from '../system/order-plane.js'
import { differences, exportState, type SystemState } from '../system/state.js'
import type { TradingSystemOptions } from '../system/trading-system.js'
import { Recovery } from './recovery.js'

const config: TradingSystemConfig = {
  limits: { orders: 16, trades: 512 },
  risk: { duplicates: false, throttle: false, marketData: false, priceCollarPercent: false },
  onOverfill: 'alert',
}
const noMarks = { bid: () => Number.NaN, ask: () => Number.NaN, last: () => Number.NaN }

/** One thing that happens: what, to which of the orders so far, and a number to vary it with. */
type Step = readonly [kind: number, which: number, amount: number]

type Act = (echo: EchoSystem, number: number, amount: number, step: number) => void

const acts: readonly Act[] = [
  ({ system }, _, amount) => {
    for (let i = 0; i <= amount % 3; i++)
      system.orders.submit(
        buy({ quantity: 1 + amount, side: amount % 2 === 0 ? 'buy' : 'sell', strategy: `s${amount % 4}` }),
      )
  },
  ({ system }, _, amount, step) => {
    system.orders.submit(buy({ quantity: 1 + amount, clientOrderId: `mine-${step}`, tag: `t${amount}` }))
  },
  ({ venue }, number, amount) => venue.reports.accepted(number, amount % 2 === 0 ? number : `v${number}`, amount),
  ({ venue }, number, amount, step) =>
    venue.reports.filled(
      number,
      amount % 2 === 0 ? step : `e${step}`,
      1 + (amount % 9),
      1_000_000 + amount,
      amount,
      amount % 3 === 0 ? 'EUR' : 'USD',
      amount % 4,
      step,
    ),
  ({ venue }, number, amount, step) =>
    venue.reports.filled(number, `e${step - 1}`, 1 + (amount % 9), 1_000_000, Number.NaN, '', 0, step),
  ({ venue }, number, amount, step) =>
    venue.reports.canceled(number, amount % 2 === 0 ? Number.NaN : amount % 7, 'x', step),
  ({ venue }, number, _, step) => venue.reports.expired(number, Number.NaN, step),
  ({ venue }, number, _, step) => venue.reports.rejected(number, 'no', step),
  ({ venue }, number, amount, step) =>
    venue.reports.corrected(
      number,
      `e${step - (amount % 6)}`,
      `c${step}`,
      1 + (amount % 5),
      999_000,
      amount % 2 === 0,
      step,
    ),
  ({ venue }, number, amount, step) =>
    venue.reports.busted(
      number,
      amount % 2 === 0 ? `e${step - (amount % 6)}` : `c${step - (amount % 6)}`,
      amount % 3 === 0,
      step,
    ),
  ({ venue }, number) => venue.reports.outcomeUnknown(number, 'test'),
  ({ system }, number) => system.orders.cancel(number),
  ({ system }, number, amount) => system.orders.modify(number, { quantity: 1 + amount }),
  ({ venue }, number, amount, step) =>
    venue.reports.replaced(number, amount % 3, 1 + amount, Number.NaN, Number.NaN, undefined, step),
  ({ venue }, number, amount, step) => venue.reports.cancelRejected(number, 1 + (amount % 3), 'late', step),
  ({ venue }, _, amount, step) =>
    venue.reports.externalFill(venue.source, {
      exec: `x${amount % 5}`,
      venueOrderId: `o${amount % 3}`,
      instrument: 0,
      account: amount % 2 === 0 ? 'PAPER' : 'OTHER',
      side: 'buy',
      quantityUnits: 1 + amount,
      priceUnits: 1_000_000,
      liquidity: 0,
      tsUs: step,
    }),
  ({ system }, _, amount) =>
    system.kill({ scope: 'strategy', name: 's1', cancel: amount % 2 === 0, actor: 'a', reason: 'r' }),
  ({ system }) => {
    system.releaseKill({ scope: 'strategy', name: 's1', actor: 'a', reason: 'r' })
    system.setTradingState('instrument', 'IBM', 'ACTIVE', 'a', 'r')
    system.setTradingState('global', '', 'ACTIVE', 'a', 'r')
  },
  ({ system }, number, amount) => {
    const rest =
      amount % 2 === 0 ? ({ kind: 'canceled' } as const) : ({ kind: 'working', venueOrderId: amount } as const)
    system.orders.resolveUnknown(
      number,
      amount % 3 === 0 ? { kind: 'filled', quantity: 1, price: 99, rest: 'working' } : rest,
      {
        actor: 'a',
        reason: 'r',
      },
    )
  },
  ({ system }) => system.orders.saveSnapshot(),
  ({ time, venue }, _, amount) => {
    time.advanceMs(amount)
    venue.quote(99.99, 100.01)
  },
  ({ venue }) => venue.drop(),
  ({ system, venue }, _, amount, step) => {
    for (const { number } of system.orders.list()) venue.reports.canceled(number, Number.NaN, 'x', step)
    system.operator.applySplit({
      id: `split-${step % 20}`,
      instrument: 'IBM',
      ratio: { numerator: 1 + (amount % 4), denominator: 1 + (step % 3) },
      ...(amount % 3 === 0 ? {} : { cashInLieu: 50 + amount }),
      actor: 'a',
      reason: 'r',
    })
  },
]

/** Does one thing. That the host asks for what cannot be is part of the history. */
async function act(echo: EchoSystem, [kind, which, amount]: Step, step: number): Promise<void> {
  const highest = echo.venue.sent.reduce((most, { number }) => Math.max(most, number), 1)
  const number = Math.max(1, highest - (which % 24))
  try {
    ;(acts[kind % acts.length] as Act)(echo, number, amount, step)
  } catch (error) {
    if (!/TW_(INVALID|UNKNOWN|CAPACITY|NOT_SUPPORTED|OFF_GRID|DUPLICATE|JOURNAL_FAILED)/.test(String(error)))
      throw error
  }
  await settlePromises()
}

function stateFrom({ disk }: EchoSystem, from: 'snapshot' | 'start'): SystemState {
  const core = composeOrderPlane(config, { clock: new VirtualTime(), logger: silentLogger, marks: noMarks })
  const recovery = new Recovery(core)
  readJournal(disk, 'journal', (type, seq, record) => recovery.apply(type, seq, record), { from })
  recovery.finish(false)
  return exportState(core)
}

const steps = fc.array(fc.tuple(fc.nat({ max: 200 }), fc.nat({ max: 50 }), fc.nat({ max: 30 })), {
  minLength: 1,
  maxLength: 60,
})
const start = (change: TradingSystemOptions = {}, parts = {}) =>
  startEcho({ ...config, ...change } as TradingSystemOptions, parts)

describe('random histories', () => {
  it('recover equal, from the first record and from the newest snapshot, over restarts', async () => {
    await fc.assert(
      fc.asyncProperty(steps, steps, fc.constantFrom('os', 'fsync'), async (before, after, durability) => {
        let echo = await start({ durability })
        let step = 0
        for (const history of [before, after]) {
          for (const each of history) await act(echo, each, ++step)
          await echo.time.advanceMsAsync(5)
          const live = echo.system.exportState()
          for (const from of ['start', 'snapshot'] as const)
            expect(differences(live, stateFrom(echo, from)), from).toEqual([])
          echo.venue.drop()
          await echo.venue.stop()
          echo.disk.crash({ powerCut: false })
          echo = await start({ durability }, { time: echo.time, disk: echo.disk })
        }
        await echo.system.stop()
        expect(differences(stateFrom(echo, 'start'), stateFrom(echo, 'snapshot'))).toEqual([])
      }),
      {
        numRuns: runs({ ci: 15, full: 3_000 }),
        // A bust of an order that was never sent: nothing may be named for it that the journal does not know.
        examples: [
          // A split of what nobody holds yet.
          [
            [
              [22, 0, 1],
              [19, 0, 0],
              [0, 0, 0],
            ],
            [[0, 0, 0]],
            'os',
          ],
          [
            [
              [3, 0, 0],
              [0, 0, 0],
              [9, 0, 0],
              [0, 0, 0],
            ],
            [[0, 0, 0]],
            'os',
          ],
        ],
      },
    )
  })

  it('that end in the middle of any disk call know every order that has left, from wherever they are read', async () => {
    await fc.assert(
      fc.asyncProperty(
        steps,
        fc.nat({ max: 400 }),
        fc.boolean(),
        fc.constantFrom('os', 'fsync'),
        fc.constantFrom(undefined, 0, 1),
        async (history, call, powerCut, durability, keepSegments) => {
          const snapshots = { everyRecords: 25, ...(keepSegments === undefined ? {} : { keepSegments }) }
          const echo = await start({ durability, snapshots })
          const injected = echo.disk.injected
          echo.disk.failCall(1 + call, 'crash')
          let step = 0
          for (const each of history) {
            await act(echo, each, ++step).catch(() => {})
            if (echo.disk.injected > injected) break
          }
          const sent = new Set(echo.venue.sent.filter(({ kind }) => kind === 'new').map(({ number }) => number))
          echo.disk.heal()
          echo.disk.crash({ powerCut })
          const state = stateFrom(echo, 'snapshot')
          if (keepSegments === undefined) expect(differences(stateFrom(echo, 'start'), state)).toEqual([])
          if (powerCut && durability === 'os') return
          const { orderNumber } = state.highWater
          for (const number of sent) expect(number).toBeLessThanOrEqual(orderNumber)
          const known = new Set(state.orders.map((order) => order.number))
          for (const number of sent) if (number > orderNumber - 16) expect(known).toContain(number)
        },
      ),
      { numRuns: runs({ ci: 80, full: 5_000 }) },
    )
  })
})
