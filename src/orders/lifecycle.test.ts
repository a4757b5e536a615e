import { describe, expect, it } from 'vitest'
import { StatusCode, statusOf } from './codes.js'
import { eventTable } from './event-table.js'
import * as Fact from './facts.js'
import * as life from './fold.js'
import * as requests from './fold-requests.js'
import * as restated from './fold-restated.js'
import * as trades from './fold-trades.js'
import { isCancellable, isClosed, lifecycleOf, lifecycleRules, mayWork } from './lifecycle.js'

const bits = Object.values(Fact)
const byRules = (facts: number): number => {
  const rule = lifecycleRules.find(({ holds }) => holds(facts))
  if (rule === undefined) throw new Error(`no rule holds for ${facts}`)
  return StatusCode[rule.status]
}

describe('the life cycle', () => {
  it('is in branches what it is in rules, over every combination of facts', () => {
    const all = 2 ** bits.length
    expect(bits.reduce((sum, bit) => sum | bit, 0)).toBe(all - 1)
    const differing: number[] = []
    for (let facts = 0; facts < all; facts++) if (lifecycleOf(facts) !== byRules(facts)) differing.push(facts)
    expect(differing).toEqual([])
  })

  it('uses every rule', () => {
    const first = (facts: number) => lifecycleRules.findIndex(({ holds }) => holds(facts))
    const used = new Set<number>()
    for (let facts = 0; facts < 2 ** bits.length; facts++) used.add(first(facts))
    expect([...used].sort((a, b) => a - b)).toEqual(lifecycleRules.map((_, i) => i))
  })

  it('counts as closed, working and cancellable what it should', () => {
    const names = (holds: (status: number) => boolean) => Object.values(StatusCode).filter(holds).map(statusOf)
    expect(names(isClosed).sort()).toEqual(['CANCELED', 'DENIED', 'EXPIRED', 'FILLED', 'REJECTED'])
    expect(names(mayWork).sort()).toEqual([
      'ACCEPTED',
      'PARTIALLY_FILLED',
      'PENDING_CANCEL',
      'PENDING_UPDATE',
      'RELEASED',
      'SUBMITTED',
      'TRIGGERED',
      'UNKNOWN',
    ])
    expect(names((status) => mayWork(status) && !isCancellable(status))).toEqual(['PENDING_CANCEL'])
  })
})

describe('the table of events', () => {
  it('names every function of the fold, and no other', () => {
    const named = new Set(eventTable.map(({ fold }) => fold))
    expect([...named].sort()).toEqual(
      Object.keys({ ...life, ...requests, ...trades, ...restated })
        .filter((name) => name.startsWith('fold'))
        .sort(),
    )
  })
})
