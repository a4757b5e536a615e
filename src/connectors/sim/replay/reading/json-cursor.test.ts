import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { runs } from '../../../../../test/support/runs.js'
import { BadRow } from './bad-row.js'
import { closeArray, JsonCursor, JsonMembers, member, openArray } from './json-cursor.js'

const out = new Float64Array(1)

function cursorOn(text: string): JsonCursor {
  const bytes = new TextEncoder().encode(text)
  const cursor = new JsonCursor()
  cursor.begin(bytes, 0, bytes.length)
  return cursor
}

describe('JsonMembers', () => {
  it('finds members of any object in any order', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.stringMatching(/^[a-z]{1,6}$/), fc.jsonValue(), { maxKeys: 60 }),
        fc.boolean(),
        (object, isPretty) => {
          const cursor = cursorOn(JSON.stringify(object, undefined, isPretty ? 2 : undefined))
          const members = new JsonMembers()
          members.read(cursor, 'object')
          cursor.finish('object')
          expect(members.count).toBe(Object.keys(object).length)
          for (const [name, value] of Object.entries(object).reverse()) {
            expect(members.find(cursor, member(name))).toBe(true)
            const start = cursor.at
            cursor.skip(name)
            expect(JSON.parse(new TextDecoder().decode(cursor.bytes.subarray(start, cursor.at)))).toEqual(
              JSON.parse(JSON.stringify(value)),
            )
          }
          expect(members.find(cursor, member('absent0'))).toBe(false)
        },
      ),
      { numRuns: runs({ ci: 500, full: 50_000 }) },
    )
  })

  it('reads numbers, plain and quoted, and texts with escapes', () => {
    const cursor = cursorOn('{"a": 1.5 , "b":"2.50","c":"x\\"y","d":7}')
    const members = new JsonMembers()
    members.read(cursor, 'object')
    members.decimal(cursor, member('a'), out, 0)
    expect(out[0]).toBe(1.5)
    members.decimal(cursor, member('b'), out, 0)
    expect(out[0]).toBe(2.5)
    members.text(cursor, member('c'))
    expect(cursor.textValue()).toBe('x"y')
    members.whole(cursor, member('d'), out, 0)
    expect(out[0]).toBe(7)
    expect(() => members.decimal(cursor, member('c'), out, 0)).toThrow(BadRow)
    expect(() => members.require(cursor, member('zz'))).toThrow(/zz/)
  })

  it.each([
    '',
    '{',
    '{"a"',
    '{"a":',
    '{"a":1',
    '{"a":1,',
    '{"a":"x',
    '{"a":[1',
    '{"a" 1}',
    '{a:1}',
    '{"a":1 "b":2}',
    '{,"a":1}',
    '[1]',
    '{"a":}',
  ])('refuses %s', (text) => expect(() => new JsonMembers().read(cursorOn(text), 'object')).toThrow(BadRow))
})

describe('JsonCursor', () => {
  it('walks nested lists', () => {
    const cursor = cursorOn('[["1","2"],[],["3"]] ')
    const seen: number[][] = []
    cursor.open(openArray, 'outer')
    while (cursor.more(closeArray, 'outer')) {
      const inner: number[] = []
      cursor.open(openArray, 'inner')
      while (cursor.more(closeArray, 'inner')) {
        cursor.decimal(out, 0, 'number')
        inner.push(out[0])
      }
      seen.push(inner)
    }
    cursor.finish('outer')
    expect(seen).toEqual([[1, 2], [], [3]])
  })

  it.each(['1x', '"1', '"1x"', '"', 'true'])('refuses %s as a number', (text) => {
    expect(() => cursorOn(text).decimal(out, 0, 'number')).toThrow(BadRow)
  })

  it('refuses text after the value', () => {
    const cursor = cursorOn('{} x')
    cursor.skip('value')
    expect(() => cursor.finish('value')).toThrow(/after the end/)
  })
})
