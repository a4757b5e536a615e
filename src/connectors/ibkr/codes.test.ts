import { describe, expect, it } from 'vitest'
import { twsErrors } from '../../testing/tws/errors.js'
import { classOf, type TwsCodeClass, twsCodes } from './codes.js'

/** Every code that the protocol's description names, and some more that end orders, with what it has to be taken for. */
const expected: Readonly<Record<TwsCodeClass, readonly number[]>> = {
  information: [202, 501, 2104, 2106, 2107, 2108, 2158],
  warning: [100, 116, 154, 399, 404, 411, 505, 2109, 2150, 10_090, 10_167, 10_349],
  order: [
    103, 104, 105, 107, 110, 111, 113, 131, 133, 134, 145, 160, 163, 201, 203, 320, 321, 329, 383, 400, 403, 434, 441,
    460,
  ],
  cancel: [135, 161, 10_147, 10_148],
  request: [101, 102, 162, 200, 300, 309, 310, 354, 366, 420, 492, 10_168, 10_276],
  connectivity: [317, 504, 1100, 1101, 1102, 1300, 2103, 2105, 2110, 10_182, 10_197, 10_225],
  fatal: [326, 502, 503, 506, 507, 508],
}

describe('codes of TWS', () => {
  it.each(Object.entries(expected))('takes the right ones for %s', (kind, codes) => {
    for (const code of codes) {
      expect([code, twsCodes[code]?.class]).toEqual([code, kind])
      for (const isAboutOrder of [true, false]) expect(classOf(code, 7, isAboutOrder)).toBe(kind)
    }
  })

  it('has every code that the simulated gateway sends, each with a meaning', () => {
    for (const code of Object.keys(twsErrors)) expect(twsCodes[Number(code)]?.meaning).toMatch(/\S/)
  })

  it('never ends an order for a code that nobody knows', () => {
    expect(classOf(99_999, 7, true)).toBe('warning')
    expect(classOf(2_199, 7, true)).toBe('warning')
    expect(classOf(99_999, 1_500_000_000, false)).toBe('request')
    expect(classOf(99_999, -1, false)).toBe('information')
  })

  it('lets a host add codes and change what they mean', () => {
    const more = {
      99999: { class: 'order', meaning: 'a new one' },
      201: { class: 'warning', meaning: 'not here' },
    } as const
    expect(classOf(99_999, 7, true, more)).toBe('order')
    expect(classOf(201, 7, true, more)).toBe('warning')
  })
})
