import { describe, expect, it } from 'vitest'
import { type Logger, silentLogger } from './logger.js'

describe('silentLogger', () => {
  it('takes every call of the port, says nothing, and is its own child', () => {
    const logger: Logger = silentLogger
    for (const level of ['debug', 'info', 'warn', 'error'] as const) {
      expect(logger[level]('message')).toBeUndefined()
      expect(logger[level]({ venue: 'sim' }, 'message')).toBeUndefined()
    }
    expect(logger.child({ venue: 'sim' })).toBe(logger)
  })
})
