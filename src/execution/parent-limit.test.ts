/** Children of an order under the risk gate: whatever an algorithm believes or asks for, they stay within their parent. */
import { describe, expect, it } from 'vitest'
import { type EchoSystem, startEcho } from '../../test/support/echo-system.js'
import { restartEcho } from '../oms/restart.test-support.js'
import { Verdict } from '../risk/controls.js'
import type { TradingSystemOptions } from '../system/trading-system.js'
import { type ChildDecision, ExecutionAlgorithm, type ParentView } from './algorithm.js'
import type { Child } from './child-book.js'

/** Sends 60, and what it takes to be left. */
class Plain extends ExecutionAlgorithm {
  override get needsWindow(): boolean {
    return false
  }
  override decide(view: ParentView, decision: ChildDecision): void {
    decision.quantityUnits = view.sentChildren === 0 ? 60 : view.unsentUnits
    decision.priceUnits = 10_000
    decision.continues = view.sentChildren === 0
  }
}

/** Spoils the books of its own order: its first child seems to be over. The second goes when the venue has the first. */
class Spoiler extends Plain {
  override decide(view: ParentView, decision: ChildDecision): void {
    super.decide(view, decision)
    decision.continues = false
  }
  override childSent(_view: ParentView, child: Child): void {
    if (child.index === 1) child.leavesUnits += child.quantityUnits
  }
}

/** Sends 60 and waits. */
class Waiter extends Plain {
  override decide(view: ParentView, decision: ChildDecision): void {
    if (view.sentChildren === 0) super.decide(view, decision)
    decision.continues = false
  }
}

const options: TradingSystemOptions = {
  algorithms: {
    'custom:plain': (parameters) => new Plain(parameters),
    'custom:spoiler': (parameters) => new Spoiler(parameters),
    'custom:waiter': (parameters) => new Waiter(parameters),
  },
}

const start = async () => {
  const echo = await startEcho(options)
  echo.venue.onNew = ({ number }) => echo.venue.reports.accepted(number, `v${number}`, 1)
  return echo
}

const submit = ({ system }: EchoSystem, type: string, clientOrderId = 'p', quantity = 100) =>
  system.orders.submit({
    symbol: 'IBM',
    side: 'buy',
    quantity,
    price: '100.00',
    clientOrderId,
    algo: { type: `custom:${type}` },
  })

/** What the venue holds. */
const sent = ({ venue }: EchoSystem) =>
  venue.sent.map((each) => (each.kind === 'cancel' ? 'cancel' : `${each.kind} ${each.quantityUnits}`))
const denied = ({ system }: EchoSystem) => system.gate.denials[Verdict.parent]
/** Number of the first child of `p`. */
const child = ({ system }: EchoSystem) => system.execution.get('p')?.children[0]?.number as number
const reopen = ({ system }: EchoSystem) =>
  system.setTradingState('strategy', system.orders.list()[0]?.snapshot.strategy ?? '', 'ACTIVE', 'ann', 'test')

describe('children under the risk gate', () => {
  it('pass as long as they add up to their order', async () => {
    const echo = await start()
    submit(echo, 'plain')
    expect(sent(echo)).toEqual(['new 60', 'new 40'])
    expect([echo.system.gate.parents.usedBy('p'), denied(echo)]).toEqual([100, 0])
    await echo.system.stop()
  })

  it('are refused beyond it, whatever the algorithm made its books say, and the algorithm is halted', async () => {
    const echo = await start()
    const parent = submit(echo, 'spoiler')
    expect(parent.children.map(({ status, snapshot }) => [status, snapshot.reason])).toEqual([
      ['ACCEPTED', undefined],
      ['DENIED', 'PARENT_QUANTITY'],
    ])
    expect(sent(echo)).toEqual(['new 60'])
    expect(echo.system.gate.parents.usedBy('p')).toBe(60)
    await echo.time.advanceMs(2_000)
    expect(parent.snapshot.pausedBy).toEqual(['halt'])
    expect(sent(echo)).toEqual(['new 60'])
    await echo.system.stop()
  })

  it('are not raised beyond it either; another price is no matter of the parent', async () => {
    const echo = await start()
    submit(echo, 'plain')
    echo.system.orders.modify(child(echo), { price: '99.99' })
    expect([sent(echo).at(-1), denied(echo)]).toEqual(['replace 60', 0])
    echo.system.orders.modify(child(echo), { quantity: 61 })
    expect([sent(echo).length, denied(echo), echo.events.at(-1)]).toEqual([3, 1, 'update_rejected'])
    await echo.system.stop()
  })

  it('are held against an amended order, larger or smaller', async () => {
    const echo = await start()
    const parent = submit(echo, 'waiter')
    parent.modify({ quantity: 200 })
    echo.system.orders.modify(child(echo), { quantity: 150 })
    expect([sent(echo), denied(echo)]).toEqual([['new 60', 'replace 150'], 0])
    parent.modify({ quantity: 160 })
    echo.system.orders.modify(child(echo), { quantity: 161 })
    expect([sent(echo).length, denied(echo)]).toEqual([2, 1])
    await echo.system.stop()
  })

  for (const knows of [true, false])
    it(`are held against it after a crash${knows ? '' : ', also where its algorithm is gone'}`, async () => {
      const first = await start()
      const parent = submit(first, 'waiter')
      first.venue.reports.filled(child(first), 'x', 20, 1_000_000, 0, 'USD', 1, 2)
      parent.modify({ quantity: 120 })
      const number = child(first)
      const working = first.venue.report(number, { venueOrderId: `v${number}`, cumulativeUnits: 20 })
      const second = await restartEcho(first, knows ? options : {}, (venue) => {
        venue.venue.orders = [working]
      })
      expect(second.system.gate.parents.usedBy('p')).toBe(60)
      second.system.orders.modify(number, { quantity: 121 })
      expect([sent(second), denied(second)]).toEqual([[], 1])
      reopen(second)
      second.system.orders.modify(number, { quantity: 120 })
      expect([sent(second), denied(second)]).toEqual([['replace 120'], 1])
      await second.system.stop()
    })

  it('get nothing more when it is over, and it is forgotten with the books of the order plane', async () => {
    const echo = await startEcho({ ...options, risk: { duplicates: false, throttle: false } })
    echo.venue.onNew = ({ number, quantityUnits }) =>
      echo.venue.reports.filled(number, `x${number}`, quantityUnits, 1_000_000, 0, 'USD', 1, 2)
    expect(submit(echo, 'plain', 'p', 60).status).toBe('FILLED')
    const { parents } = echo.system.gate
    expect(parents.usedBy('p')).toBe(60)
    for (let i = 0; i < 999; i++) submit(echo, 'plain', `q${i}`, 1)
    expect([parents.usedBy('p'), parents.size]).toEqual([60, 1_000])
    submit(echo, 'plain', 'last', 1)
    expect([parents.usedBy('p'), parents.usedBy('last'), parents.size]).toEqual([undefined, 1, 1_000])
    await echo.system.stop()
  })

  it('of groups are no sum, and without a parent the gate has nothing to ask', async () => {
    const echo = await start()
    echo.system.execution.submitBracket({
      symbol: 'IBM',
      side: 'buy',
      quantity: 100,
      price: '100.00',
      stopLoss: { triggerPrice: '99.00' },
    })
    echo.system.orders.submit({ symbol: 'IBM', side: 'buy', quantity: 1, price: '100.00' })
    expect(echo.system.gate.hasParents).toBe(false)
    await echo.system.stop()
  })
})
