import { describe, expect, it } from 'vitest'
import { assert, unreachable } from './assert.js'
import { errorCodes } from './error-codes.js'
import { messageOf, TradewireError } from './errors.js'

describe('TradewireError', () => {
  it('carries code, retryability, cause and details', () => {
    const cause = new Error('socket hang up')
    const error = new TradewireError('TW_NETWORK', 'Connecting failed', { cause, details: { port: 1 } })
    expect(error).toMatchObject({
      name: 'TradewireError',
      code: 'TW_NETWORK',
      retryable: true,
      cause,
      details: { port: 1 },
    })
    expect(error.message).toBe('Connecting failed [TW_NETWORK]')
    expect(new TradewireError('TW_DISPOSED', 'x').retryable).toBe(false)
    expect('cause' in new TradewireError('TW_DISPOSED', 'x')).toBe(false)
  })

  it('recognises errors of the other build by their brand, and nothing else', () => {
    class Copy extends Error {
      constructor() {
        super('of the other build')
        Object.defineProperty(this, Symbol.for('tradewire.error'), { value: true })
      }
    }
    expect(new Copy() instanceof TradewireError).toBe(true)
    expect(new Error('x') instanceof TradewireError).toBe(false)
    expect((null as unknown) instanceof TradewireError).toBe(false)
    expect(('text' as unknown) instanceof TradewireError).toBe(false)
    expect({ code: 'TW_NETWORK' } instanceof TradewireError).toBe(false)
  })

  it('keeps subclasses of the host apart', () => {
    class HostError extends TradewireError {}
    const plain: unknown = new TradewireError('TW_FILE', 'x')
    expect(plain instanceof HostError).toBe(false)
    const own: unknown = new HostError('TW_FILE', 'x')
    expect(own instanceof HostError).toBe(true)
    expect(own instanceof TradewireError).toBe(true)
  })

  it('has a meaning and a fix for every code', () => {
    for (const [code, { meaning, fix }] of Object.entries(errorCodes)) {
      expect(code).toMatch(/^TW_[A-Z_]+$/)
      expect(meaning).toMatch(/\.$/)
      expect(fix).toMatch(/\.$/)
    }
  })

  it('gives the text of anything thrown', () => {
    expect(messageOf(new Error('a'))).toBe('a')
    expect(messageOf('b')).toBe('b')
    expect(messageOf(undefined)).toBe('undefined')
  })
})

describe('assert', () => {
  it('names the invariant', () => {
    expect(() => assert(true, 'fine')).not.toThrow()
    expect(() => assert(false, 'leaves >= 0')).toThrow('Invariant broken: leaves >= 0 [TW_ASSERTION]')
    expect(() => unreachable(7n as never)).toThrow('unexpected value 7')
  })
})
