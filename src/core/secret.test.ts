import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { TradewireError } from './errors.js'
import { revealSecret, Secret, sameSecret } from './secret.js'
import { SecretMask } from './secret-mask.js'

const value = 'hunter2-Zq9!"\\{}'

describe('Secret', () => {
  it('shows nothing, whatever is done to it', () => {
    const secret = new Secret(value)
    const shown = [
      String(secret),
      `${secret}`,
      `x${secret as unknown as string}`,
      JSON.stringify({ secret }),
      inspect({ deep: [{ secret }] }, { depth: 9, showHidden: true }),
      JSON.stringify(structuredClone(secret)),
      JSON.stringify({ ...secret }),
      JSON.stringify(Object.getOwnPropertyDescriptors(secret)),
    ]
    for (const text of shown) {
      expect(text).not.toContain('hunter2')
      expect(text).toContain('[redacted]')
    }
    expect(secret.reveal()).toBe(value)
    expect(revealSecret(value)).toBe(value)
  })

  it.each([[''], ['x'.repeat(65_537)], [undefined], [42]])('is text of some length: %#', (wrong) => {
    expect(() => new Secret(wrong as string)).toThrow(TradewireError)
  })

  it('compares by hash', () => {
    const secret = new Secret(value)
    expect(secret.equals(value)).toBe(true)
    for (const wrong of [`${value} `, '', undefined, null, 7, { toString: () => value }])
      expect(secret.equals(wrong)).toBe(false)
    expect(sameSecret('', undefined)).toBe(false)
  })
})

describe('SecretMask', () => {
  const mask = new SecretMask([value, new Secret('second-secret'), undefined, 'wrong'])

  it('takes secrets out in every form they travel in', () => {
    for (const form of [
      value,
      JSON.stringify({ password: value }),
      `https://venue/?key=${encodeURIComponent(value)}`,
      `Basic ${Buffer.from(value).toString('base64')}`,
    ]) {
      const masked = mask.text(`wrong password ${form} for second-secret`)
      expect(masked).not.toMatch(/hunter2|second|aHVudGVyMi1acTk/)
      expect(masked).toContain('wrong password')
    }
    expect(mask.text('a wrong word stays')).toBe('a wrong word stays')
  })

  it('takes them out of data and errors, causes included', () => {
    const error = new TradewireError('TW_NETWORK', `refused ${value}`, {
      cause: new Error(`deeper ${value}`),
      details: { frame: [value], count: 1 },
    })
    const masked = mask.data({ error, [value]: 1, list: [{ text: value }] })
    expect(inspect(masked, { depth: 9, showHidden: true })).not.toContain('hunter2')
    expect(JSON.stringify(masked)).not.toContain('hunter2')
    const kept = (masked as { error: TradewireError }).error
    expect(kept).toBeInstanceOf(TradewireError)
    expect(kept.code).toBe('TW_NETWORK')
    expect(kept.details.count).toBe(1)
  })

  it('ends at cycles', () => {
    const cycle: Record<string, unknown> = { value }
    cycle.self = cycle
    expect(JSON.stringify(mask.data(cycle))).not.toContain('hunter2')
  })

  it('wraps loggers and their children', () => {
    const lines: string[] = []
    const write = (...parts: unknown[]) => void lines.push(JSON.stringify(parts))
    const logger = mask.logger({
      debug: write,
      info: write,
      warn: write,
      error: write,
      child(bindings) {
        write(bindings)
        return this
      },
    })
    logger.info(`plain ${value}`)
    logger.error({ value }, `with ${value}`)
    logger.child({ value }).warn({ value }, 'x')
    expect(lines).toHaveLength(4)
    expect(lines.join()).not.toContain('hunter2')
  })
})
