/** Who may change limits, and what of it lasts. What a system does with it is tested with systems. */
import { describe, expect, it } from 'vitest'
import { LimitBook, type LimitBookOptions } from './limit-book.js'
import type { RiskLimits } from './limits.js'

const who = { actor: 'ann', reason: 'test', tsUs: 100 }

function bookOf(options: Partial<LimitBookOptions> = {}) {
  const applied: RiskLimits[] = []
  const book = new LimitBook({ limits: { maxOrderNotional: 100 }, apply: (limits) => applied.push(limits), ...options })
  return { book, applied, now: () => applied.at(-1) }
}

describe('a book of limits', () => {
  it('takes the time of its owner where a change says none, and an override without any time ends when it is told', () => {
    const { book } = bookOf({ nowUs: () => 77 })
    book.change({ maxOrderNotional: 90 }, { actor: 'ann', reason: 'x' })
    expect(book.history.at(-1)).toMatchObject({ tsUs: 77, version: 2 })
    const timeless = bookOf().book
    timeless.change({ maxOrderNotional: 90 }, { actor: 'ann', reason: 'x' })
    expect(timeless.history.at(-1)?.tsUs).toBeNaN()
    // When it would end cannot be told: it does not begin.
    const override = () => timeless.override({ maxOrderNotional: 500 }, { actor: 'ann', reason: 'x', untilUs: 5 })
    expect(override).toThrow('untilUs must lie in the future')
    expect(timeless.limits.maxOrderNotional).toBe(90)
  })

  it('keeps an override over a restart until it ends, and not after that', () => {
    const first = bookOf()
    first.book.override({ maxOrderNotional: 500 }, { ...who, untilUs: 200 })
    const saved = JSON.parse(JSON.stringify(first.book.save()))
    const [before, at] = [bookOf(), bookOf()]
    expect([before.book.restore(saved, 199), at.book.restore(saved, 200)]).toEqual([true, true])
    expect([before.now(), at.now()]).toEqual([{ maxOrderNotional: 500 }, { maxOrderNotional: 100 }])
    before.book.advance(199)
    expect(before.book.limits.maxOrderNotional).toBe(500)
    before.book.advance(200)
    expect([before.book.limits.maxOrderNotional, before.book.version]).toEqual([100, 3])
    expect(before.book.history.at(-1)).toMatchObject({ kind: 'expiry', actor: 'system', tsUs: 200 })
  })

  it('does not take back what is above a ceiling of now', () => {
    const first = bookOf()
    first.book.change({ maxOrderNotional: 400 }, who)
    const second = bookOf({ ceilings: { maxOrderNotional: 300 } })
    expect(second.book.restore(first.book.save(), 0)).toBe(false)
    expect([second.book.limits.maxOrderNotional, second.book.version, second.applied]).toEqual([100, 2, []])
  })

  it('refuses under an override what could not stand without it: above a ceiling, or no limit at all', () => {
    const { book, applied } = bookOf({ ceilings: { maxOrderNotional: 300 } })
    book.override({ maxOrderNotional: 50 }, { ...who, untilUs: 200 })
    expect(() => book.change({ maxOrderNotional: 301 }, who)).toThrow('risk.maxOrderNotional must be at most 300')
    expect(() => book.change({ maxOrderNotional: 'many' }, who)).toThrow('maxOrderNotional')
    expect([book.version, applied.length]).toEqual([2, 1])
    book.change({ maxOrderNotional: 300 }, who)
    expect(book.limits.maxOrderNotional).toBe(50)
    book.advance(200)
    expect([book.limits.maxOrderNotional, applied.at(-1)]).toEqual([300, { maxOrderNotional: 300 }])
    // Nor does a restart take it.
    const saved = {
      version: 2,
      patch: { maxOrderNotional: 301 },
      override: { patch: { maxOrderNotional: 50 }, untilUs: 200 },
    }
    const second = bookOf({ ceilings: { maxOrderNotional: 300 } })
    expect([second.book.restore(saved, 0), second.applied]).toEqual([false, []])
    expect(() => second.book.restore({ ...saved, patch: { maxOrderNotional: 'many' } }, 0)).toThrow('maxOrderNotional')
  })

  it('ends what an override allows beyond a change, and keeps what is stricter', () => {
    const { book, now } = bookOf({ limits: { maxOrderNotional: 100, maxPosition: { A: 5, '*': 9 } } })
    const patch = { maxOrderNotional: 500, maxPosition: { A: 50, '*': 9 } }
    book.override(patch, { ...who, untilUs: 200 })
    // Somebody tightens one of them: it holds from now on, and the other goes on.
    book.change({ maxOrderNotional: 80 }, who)
    expect(now()).toEqual({ maxOrderNotional: 80, maxPosition: patch.maxPosition })
    expect(book.save().override).toEqual({ patch: { maxPosition: patch.maxPosition }, untilUs: 200 })
    book.change({ maxPosition: { A: 49, '*': 9 } }, who)
    expect([book.limits.maxPosition, book.save().override]).toEqual([{ A: 49, '*': 9 }, null])
    book.override({ maxOrderNotional: 10 }, { ...who, untilUs: 300 })
    book.change({ maxOrderNotional: 90 }, who)
    expect(book.limits.maxOrderNotional).toBe(10)
    book.advance(300)
    expect(now()).toEqual({ maxOrderNotional: 90, maxPosition: { A: 49, '*': 9 } })
  })

  it('remembers the latest thousand changes', () => {
    const { book } = bookOf()
    for (let i = 0; i < 1_001; i++) book.change({ maxOrderNotional: 1 + i }, who)
    expect([book.history.length, book.history[0]?.version, book.version]).toEqual([1_000, 3, 1_002])
  })

  it('holds ceilings at the amount and one unit above, in tables, and where a limit is left out; words and lists bound nothing', () => {
    const ceilings = {
      maxOrderNotional: 300,
      global: { maxGross: 1_000 },
      groups: { g: { symbols: ['A'], maxNet: 50 } },
    }
    const limits = { maxOrderNotional: 100, global: { maxGross: 500 }, groups: { g: { symbols: ['B'], maxNet: 10 } } }
    const { book } = bookOf({ ceilings, limits })
    book.change({ maxOrderNotional: { IBM: 300, '*': 299 } }, who)
    expect(() => book.change({ maxOrderNotional: { IBM: 301, '*': 299 } }, who)).toThrow('maxOrderNotional.IBM')
    expect(() => book.change({ global: {} }, who)).toThrow('no limit')
    expect(() => book.change({ groups: { g: { symbols: ['B'], maxNet: 51 } } }, who)).toThrow('groups.g.maxNet')
    book.change({ groups: { g: { symbols: ['C', 'D'], maxNet: 50 } } }, who)
    expect(() => bookOf({ ceilings })).toThrow('risk.global.maxGross')
    const collar = bookOf({ ceilings: { priceCollarPercent: 5 }, limits: { priceCollarPercent: 5 } }).book
    expect(() => collar.change({ priceCollarPercent: false }, who)).toThrow('no limit')
    expect(bookOf({ ceilings: { priceCollarPercent: false } }).book.version).toBe(1)
  })

  it('lets nobody without a name, and nobody whom its owner refuses, change anything', () => {
    const { book, applied } = bookOf({ authorize: (actor, patch) => actor === 'ann' && patch.maxOrderNotional !== 7 })
    const change = (actor: string, amount: number) => () => book.change({ maxOrderNotional: amount }, { ...who, actor })
    expect(change('', 5)).toThrow('actor must name the person who changes limits')
    for (const bad of [change('bob', 5), change('ann', 7)]) expect(bad).toThrow('may not change limits')
    expect(() => book.override({ maxOrderNotional: 5 }, { ...who, actor: 'bob', untilUs: 900 })).toThrow('may not')
    expect(() => book.change({ throttle: false } as never, who)).toThrow('risk.throttle cannot be changed')
    expect(applied).toEqual([])
    expect(change('ann', 5)()).toBe(2)
  })
})
