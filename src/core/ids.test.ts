import { describe, expect, it } from 'vitest'
import { SessionIds } from './ids.js'

describe('SessionIds', () => {
  it('counts within a session, in base 36', () => {
    const ids = new SessionIds('TW', 37)
    expect([ids.next(), ids.next()]).toEqual(['TW-11-1', 'TW-11-2'])
    expect(ids.of(36)).toBe('TW-11-10')
    expect(ids.next()).toBe('TW-11-3')
  })

  it('gives no id twice over prefixes and sessions', () => {
    const seen = new Set<string>()
    let made = 0
    for (const prefix of ['A', 'A1', 'A11', 'a', '1', '11']) {
      for (let session = 0; session < 1_500; session++) {
        const ids = new SessionIds(prefix, session)
        for (let i = 0; i < 3; i++, made++) seen.add(ids.next())
      }
    }
    expect(seen.size).toBe(made)
  })

  it('refuses prefixes and sessions that could not be told apart', () => {
    for (const prefix of ['', 'A-B', 'toolongprefix', 'ä', 'a b']) {
      expect(() => new SessionIds(prefix, 1)).toThrow(/idPrefix must be 1 to 8 letters or digits.*TW_INVALID_ARGUMENT/)
    }
    for (const session of [-1, 1.5, Number.NaN, 2 ** 53]) {
      expect(() => new SessionIds('A', session)).toThrow(/session must be a whole number.*TW_INVALID_ARGUMENT/)
    }
  })
})
