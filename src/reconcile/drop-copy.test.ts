/** Executions of two lines against each other. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { runs } from '../../test/support/runs.js'
import { compareExecutions, describeExecution, differingFields, type LineExecution } from './drop-copy.js'

function execution(exec: string | number, change: Partial<LineExecution> = {}): LineExecution {
  return {
    ...{ exec, instrument: 0, account: 'A', side: 'buy', quantityUnits: 100, priceUnits: 10_000, tsUs: 1 },
    ...change,
  }
}

const counts = (result: ReturnType<typeof compareExecutions>) => [
  result.matched.length,
  result.differing.length,
  result.missingHere.length,
  result.missingThere.length,
]

describe('executions of two lines', () => {
  it('agree where both tell the same, numbers written out or not', () => {
    expect(counts(compareExecutions([execution(1), execution('b')], [execution('b'), execution('1')]))).toEqual([
      2, 0, 0, 0,
    ])
  })

  it('that only one of them tells are missing on the other', () => {
    const result = compareExecutions([execution('a'), execution('b')], [execution('b'), execution('c')])
    expect(counts(result)).toEqual([1, 0, 1, 1])
    expect([result.missingHere[0]?.exec, result.missingThere[0]?.exec]).toEqual(['c', 'a'])
  })

  it('differ by every field that both of them tell', () => {
    const differ = (change: Partial<LineExecution>, own: Partial<LineExecution> = {}) =>
      differingFields(execution('a', own), execution('a', change))
    expect(differ({ quantityUnits: 99, priceUnits: 10_001 })).toEqual(['quantity', 'price'])
    expect(differ({ side: 'sell', instrument: 1, account: 'B' })).toEqual(['account', 'instrument', 'side'])
    expect(differ({ clientOrderId: 'T-2' }, { clientOrderId: 'T-1' })).toEqual(['order'])
    expect(differ({ clientOrderId: 'T-2' })).toEqual([])
    expect(differ({ account: '' })).toEqual([])
    expect(differ({ isBusted: true })).toEqual(['bust'])
    expect(differ({ isBusted: true, priceUnits: 1 }, { isBusted: true })).toEqual([])
  })

  it('under one id are told apart by their side', () => {
    const ours = [execution(7, { side: 'sell' }), execution(7)]
    expect(counts(compareExecutions(ours, [execution(7), execution(7, { side: 'sell' })]))).toEqual([2, 0, 0, 0])
    expect(counts(compareExecutions(ours, [execution(7)]))).toEqual([0, 1, 0, 1])
  })

  it('that a correction renamed are found by any of their ids', () => {
    const ours = execution('a', { aliases: ['a2'], priceUnits: 10_100 })
    expect(counts(compareExecutions([ours], [execution('a2', { priceUnits: 10_100 })]))).toEqual([1, 0, 0, 0])
    expect(
      counts(compareExecutions([execution('a2')], [execution('a', { aliases: ['a1', 'a2'], priceUnits: 9_000 })])),
    ).toEqual([0, 1, 0, 0])
  })

  it('that were taken back and never told on the other side count on neither', () => {
    const busted = { isBusted: true }
    expect(counts(compareExecutions([execution('a', busted)], [execution('b', busted)]))).toEqual([0, 0, 0, 0])
  })

  it('with other ids are paired by their terms only where that is asked for, and each once', () => {
    const ours = [execution('a'), execution('b')]
    const theirs = [execution('x'), execution('y', { priceUnits: 1 })]
    expect(counts(compareExecutions(ours, theirs))).toEqual([0, 0, 2, 2])
    expect(counts(compareExecutions(ours, theirs, 'terms'))).toEqual([1, 0, 1, 1])
  })

  it('are put in words', () => {
    const words = () => ({ name: 'IBM.XNYS', priceScale: 2, sizeScale: 0 })
    expect(describeExecution(execution('a', { clientOrderId: 'T-1' }), words)).toBe(
      'a: buy 100 IBM.XNYS at 100 (T-1, A)',
    )
    expect(describeExecution(execution('a', { account: '', venueOrderId: 9, isInferred: true }), words)).toBe(
      'a: buy 100 IBM.XNYS at 100 (venue order 9), concluded',
    )
  })

  it('are found whatever was lost, doubled or changed on the way, in whatever order', () => {
    const fate = fc.constantFrom('same', 'lost here', 'lost there', 'changed')
    fc.assert(
      fc.property(fc.array(fate, { maxLength: 40 }), fc.infiniteStream(fc.nat(1_000)), (fates, order) => {
        const told = fates.map((each, at) => ({ each, at }))
        const ours = told.filter(({ each }) => each !== 'lost here').map(({ at }) => execution(`e${at}`))
        const theirs = told
          .filter(({ each }) => each !== 'lost there')
          .map(({ each, at }) => ({
            key: order.next().value as number,
            execution: execution(`e${at}`, each === 'changed' ? { quantityUnits: 101 } : {}),
          }))
          .sort((a, b) => a.key - b.key)
          .map((entry) => entry.execution)
        const of = (name: string) => fates.filter((each) => each === name).length
        expect(counts(compareExecutions(ours, theirs))).toEqual([
          of('same'),
          of('changed'),
          of('lost here'),
          of('lost there'),
        ])
      }),
      { numRuns: runs({ ci: 200, full: 5_000 }) },
    )
  })
})
