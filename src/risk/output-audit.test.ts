import { describe, expect, it } from 'vitest'
import { foldSubmitted } from '../orders/fold.js'
import * as Field from '../orders/order-fields.js'
import { GateUnderTest } from './gate-under-test.test-support.js'

/** A gate that remembers whom it halted, and the ways by which orders leave it. */
function auditOf() {
  const test = new GateUnderTest()
  const halts: string[] = []
  test.gate.actions = {
    halt: (scope, index, control) => halts.push(`${scope} ${index} ${control}`),
    cancel: () => {},
    warn: () => {},
  }
  const leave = (row: number) => test.gate.leaving(test.gate.approved(row))
  const change = (row: number, quantity: number) =>
    test.gate.leaving(test.gate.approvedReplace(row, 1, quantity, 10_000, Number.NaN))
  return { test, halts, leave, change, audit: test.gate.audit }
}

describe('C36, what leaves against what was entered', () => {
  it('lets an order leave once: a router that sends it twice is stopped', () => {
    const { test, halts, leave, audit } = auditOf()
    const row = test.send({ strategy: 2 })
    leave(row)
    expect(() => leave(row)).toThrow('has left already')
    expect(halts).toEqual(['strategy 2 output'])
    leave(test.send())
    expect(audit.counters).toEqual({ orders: 2, changes: 0, refused: 1 })
  })

  it('lets no more leave than was approved, to the unit', () => {
    const { test, halts, leave, change } = auditOf()
    const row = test.send({ quantity: 10 })
    test.table.cells[row + Field.quantity] = 11
    expect(() => leave(row)).toThrow('asks for 11')
    test.table.cells[row + Field.quantity] = 10
    leave(row)
    expect(test.replace(row, 20)).toBe('ok')
    expect(() => change(row, 21)).toThrow('changed to 21')
    change(row, 20)
    change(row, 19)
    expect(halts.length).toBe(2)
  })

  it('holds children against their parent, whatever the gate and the algorithm count', () => {
    const { test, leave, change } = auditOf()
    test.gate.parents.open('P', 0, 1, 30)
    const child = (n: number, quantity: number) => {
      const row = test.draft({ quantity })
      test.table.setClientOrderId(row, `P-E${n}`)
      expect(test.check(row)).toBe('ok')
      test.apply(row, (seq, table) => foldSubmitted(table, row, seq))
      return row
    }
    const first = child(1, 10)
    const second = child(2, 10)
    leave(first)
    leave(second)
    // A gate that forgot the reservations would let this pass: here it does not leave.
    const third = child(3, 10)
    test.gate.parents.change('P', 29)
    expect(() => leave(third)).toThrow('takes 30 out for parent P, which asks for 29')
    test.gate.parents.change('P', 30)
    leave(third)
    test.fill(first, 'a', 4)
    test.cancel(first)
    test.cancel(second)
    // Filled 4, and 10 out.
    expect(test.replace(third, 26)).toBe('ok')
    change(third, 26)
    test.gate.parents.change('P', 29)
    expect(() => change(third, 26)).toThrow('takes 30 out')
  })

  it('counts what was filled, what was asked for and not confirmed, and what children did that are forgotten', () => {
    const { test, leave, change, audit } = auditOf()
    test.gate.parents.open('P', 0, 1, 100)
    const child = (n: number, quantity: number) => {
      const row = test.draft({ quantity })
      test.table.setClientOrderId(row, `P-E${n}`)
      expect(test.check(row)).toBe('ok')
      test.apply(row, (seq, table) => foldSubmitted(table, row, seq))
      return row
    }
    const first = child(1, 10)
    leave(first)
    test.fill(first, 'a', 4)
    // 6 work and 4 are filled: 20 in all are 16 more that may trade.
    expect(test.replace(first, 20)).toBe('ok')
    change(first, 20)
    expect(() => change(first, 21)).toThrow('changed to 21')
    // The venue has not confirmed it: as far as anybody knows all of it may trade, and less that is asked for later does not count.
    change(first, 12)
    const second = child(2, 10)
    test.gate.parents.change('P', 29)
    expect(() => leave(second)).toThrow('takes 30 out')
    test.gate.parents.change('P', 30)
    leave(second)
    expect(audit.counters).toEqual({ orders: 2, changes: 2, refused: 2 })
    // Of a child whose record was taken over it is known what it filled.
    test.cancel(first)
    test.gate.parents.evict(test.table.cells[first] as number, first)
    test.gate.parents.change('P', 100)
    const third = child(3, 10)
    test.gate.parents.change('P', 23)
    expect(() => leave(third)).toThrow('takes 24 out')
  })

  it('takes an order of an earlier session for what its record says', () => {
    const { test, leave } = auditOf()
    test.gate.parents.open('P', 0, 1, 30)
    const before = test.draft({ quantity: 20 })
    test.table.setClientOrderId(before, 'P-E1')
    expect(test.check(before)).toBe('ok')
    test.gate.parents.familyOf(before)
    const next = test.draft({ quantity: 10 })
    test.table.setClientOrderId(next, 'P-E2')
    expect(test.check(next)).toBe('ok')
    test.gate.parents.change('P', 29)
    test.table.cells[before + Field.isOpen] = 1
    expect(() => leave(next)).toThrow('takes 30 out')
  })
})
