/** Balances: what moved at the venue beyond what our trades paid is told once, and nothing else is. */
import { describe, expect, it } from 'vitest'
import { compareBalances } from './balances.js'
import type { BalanceMemory } from './inputs.js'

const none: BalanceMemory = new Map()
const report = (total: string, currency = 'USD') => ({ account: 'A', currency, total, locked: '0' })
const cash = (paid: string, currency = 'USD') => ({ account: 'A', currency, paid })

describe('balances', () => {
  it('only remembers at the first look', () => {
    const first = compareBalances([report('1000')], [cash('-50')], none, true)
    expect(first.findings).toEqual([])
    expect([...first.memory]).toEqual([['A|USD', { venue: '1000', ours: '-50' }]])
  })

  it('tells what moved beyond what was paid, once, exact at the tolerance', () => {
    const first = compareBalances([report('1000')], [cash('0')], none, true)
    const paid = compareBalances([report('900.01')], [cash('-100')], first.memory, true)
    expect(paid.findings).toEqual([])
    const drifted = compareBalances([report('890')], [cash('-100')], paid.memory, true)
    expect(drifted.findings).toMatchObject([
      {
        kind: 'balance_drift',
        severity: 'alert',
        account: 'A',
        details: { currency: 'USD', expected: '900.01', venue: '890', drift: '-10.01' },
      },
    ])
    expect(compareBalances([report('890')], [cash('-100')], drifted.memory, true).findings).toEqual([])
    expect(compareBalances([report('890.02')], [cash('-100')], drifted.memory, true).findings).toHaveLength(1)
    expect(compareBalances([report('890.5')], [cash('-100')], drifted.memory, true, '0.5').findings).toEqual([])
  })

  it('says nothing while something moves, and remembers what it knew', () => {
    const first = compareBalances([report('1000')], [], none, true)
    const moving = compareBalances([report('5')], [], first.memory, false)
    expect(moving).toEqual({ findings: [], memory: first.memory })
  })

  it('keeps accounts and currencies apart, and takes what we never traded for unpaid', () => {
    const first = compareBalances([report('1000'), report('10', 'EUR')], [cash('5', 'EUR')], none, true)
    const second = compareBalances([report('1000'), report('9', 'EUR')], [cash('4', 'EUR')], first.memory, true)
    expect(second.findings).toEqual([])
    const third = compareBalances([report('1001')], [cash('4', 'EUR')], second.memory, true)
    expect(third.findings.map(({ details }) => details.currency)).toEqual(['USD'])
    expect(third.memory.get('A|EUR')).toEqual({ venue: '9', ours: '4' })
  })

  it('tells of an account in which more is locked than there is', () => {
    const { findings } = compareBalances([{ ...report('10'), locked: '11' }], [], none, true)
    expect(findings.map(({ details }) => details.problem)).toEqual(['more is locked than there is'])
  })
})
