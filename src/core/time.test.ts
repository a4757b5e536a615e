import { getEventListeners } from 'node:events'
import { describe, expect, it } from 'vitest'
import { sleep, withTimeout } from './time.js'
import { VirtualTime } from './virtual-time.js'

const listeners = (signal: AbortSignal) => getEventListeners(signal, 'abort').length

describe('sleep', () => {
  it('resolves after its delay and leaves nothing behind', async () => {
    const time = new VirtualTime()
    const { signal } = new AbortController()
    await time.runUntil(sleep(time, 25, signal))
    expect([time.monotonicNs(), time.pendingTimers, listeners(signal)]).toEqual([25e6, 0, 0])
  })

  it('ends with TW_ABORTED when its signal fires, before or during', async () => {
    const time = new VirtualTime()
    const controller = new AbortController()
    const sleeping = sleep(time, 25, controller.signal)
    controller.abort('enough')
    await expect(sleeping).rejects.toMatchObject({ code: 'TW_ABORTED', retryable: false, cause: 'enough' })
    await expect(sleep(time, 25, controller.signal)).rejects.toMatchObject({ code: 'TW_ABORTED' })
    expect([time.pendingTimers, listeners(controller.signal)]).toEqual([0, 0])
  })

  it('refuses a delay that is no number', async () => {
    const { signal } = new AbortController()
    await expect(sleep(new VirtualTime(), Number.NaN, signal)).rejects.toMatchObject({ code: 'TW_INVALID_ARGUMENT' })
    expect(listeners(signal)).toBe(0)
  })
})

describe('withTimeout', () => {
  const options = { timeoutMs: 50, what: 'logon' }

  it('passes on the result or the error of an operation in time', async () => {
    const time = new VirtualTime()
    const { signal } = new AbortController()
    await expect(withTimeout(time, { ...options, signal }, async () => 'done')).resolves.toBe('done')
    await expect(withTimeout(time, { ...options, signal }, () => Promise.reject(new Error('own')))).rejects.toThrow(
      'own',
    )
    expect([time.pendingTimers, listeners(signal)]).toEqual([0, 0])
  })

  it('ends with TW_TIMEOUT and aborts the operation, even one that ignores its signal', async () => {
    const time = new VirtualTime()
    let inner: AbortSignal | undefined
    const running = withTimeout(time, options, (signal) => {
      inner = signal
      return new Promise(() => {})
    })
    await expect(time.runUntil(running)).rejects.toMatchObject({
      code: 'TW_TIMEOUT',
      retryable: true,
      message: 'logon did not finish within 50 ms [TW_TIMEOUT]',
      details: { what: 'logon', timeoutMs: 50 },
    })
    expect(inner?.aborted).toBe(true)
    expect([time.monotonicNs(), time.pendingTimers]).toEqual([50e6, 0])
  })

  it('ends with TW_ABORTED when the caller aborts, before or during', async () => {
    const time = new VirtualTime()
    const controller = new AbortController()
    let inner: AbortSignal | undefined
    const running = withTimeout(time, { ...options, signal: controller.signal }, (signal) => {
      inner = signal
      return new Promise(() => {})
    })
    controller.abort()
    await expect(running).rejects.toMatchObject({ code: 'TW_ABORTED' })
    expect(inner?.aborted).toBe(true)
    let started = false
    const late = withTimeout(time, { ...options, signal: controller.signal }, async () => {
      started = true
    })
    await expect(late).rejects.toMatchObject({ code: 'TW_ABORTED' })
    expect([started, time.pendingTimers, listeners(controller.signal)]).toEqual([false, 0, 0])
  })

  it('leaves nothing behind when the operation throws before it returns a promise', async () => {
    const time = new VirtualTime()
    const { signal } = new AbortController()
    const running = withTimeout(time, { ...options, signal }, () => {
      throw new Error('at once')
    })
    await expect(running).rejects.toThrow('at once')
    expect([time.pendingTimers, listeners(signal)]).toEqual([0, 0])
  })

  it('swallows what an operation does after its time was over', async () => {
    const time = new VirtualTime()
    let fail: (error: Error) => void = () => {}
    const running = withTimeout(time, options, () => new Promise((_, reject) => (fail = reject)))
    await expect(time.runUntil(running)).rejects.toMatchObject({ code: 'TW_TIMEOUT' })
    fail(new Error('too late'))
    await time.advanceMsAsync(1)
  })
})
