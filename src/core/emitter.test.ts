import { describe, expect, it } from 'vitest'
import { TypedEmitter } from './emitter.js'

interface Events {
  fill: { price: number }
  close: undefined
}

describe('TypedEmitter', () => {
  it('calls listeners in the order they were added, until they are removed', () => {
    const emitter = new TypedEmitter<Events>()
    const seen: string[] = []
    const stopA = emitter.on('fill', ({ price }) => seen.push(`a${price}`))
    emitter.on('fill', ({ price }) => seen.push(`b${price}`))
    emitter.emit('fill', { price: 1 })
    stopA()
    stopA()
    emitter.emit('fill', { price: 2 })
    expect(seen).toEqual(['a1', 'b1', 'b2'])
  })

  it('refuses listeners of an event that there is not, where it knows its events', () => {
    const emitter = new TypedEmitter<Events>(['fill', 'close'])
    for (const wait of [emitter.on, emitter.once])
      expect(() => wait.call(emitter, 'fil' as 'fill', () => {})).toThrow(
        'There is no event "fil"; there are fill, close [TW_INVALID_ARGUMENT]',
      )
    emitter.on('close', () => {})
    expect(emitter.totalListeners()).toBe(1)
  })

  it('isolates, counts and reports what a listener throws', () => {
    const emitter = new TypedEmitter<Events>()
    const reported: [unknown, string][] = []
    emitter.onListenerError = (error, event) => reported.push([error, event])
    const failure = new Error('listener')
    const seen: number[] = []
    emitter.on('fill', () => {
      throw failure
    })
    emitter.on('fill', ({ price }) => seen.push(price))
    emitter.emit('fill', { price: 3 })
    expect(seen).toEqual([3])
    expect(emitter.listenerErrors).toBe(1)
    expect(reported).toEqual([[failure, 'fill']])
  })

  it('survives an error handler that throws', () => {
    const emitter = new TypedEmitter<Events>()
    emitter.onListenerError = () => {
      throw new Error('handler')
    }
    const seen: string[] = []
    emitter.on('close', () => {
      throw new Error('listener')
    })
    emitter.on('close', () => seen.push('other'))
    emitter.emit('close', undefined)
    expect(seen).toEqual(['other'])
    expect(emitter.listenerErrors).toBe(2)
  })

  it('calls a once listener once, even when it emits again', () => {
    const emitter = new TypedEmitter<Events>()
    let calls = 0
    emitter.once('close', () => {
      calls++
      emitter.emit('close', undefined)
    })
    const stop = emitter.once('close', () => {
      calls += 100
    })
    stop()
    emitter.emit('close', undefined)
    expect(calls).toBe(1)
  })

  it('counts listeners, so that nothing is left behind', () => {
    const emitter = new TypedEmitter<Events>()
    const stop = emitter.on('fill', () => {})
    emitter.on('fill', () => {})
    emitter.once('close', () => {})
    expect([emitter.listenerCount('fill'), emitter.listenerCount('close'), emitter.totalListeners()]).toEqual([2, 1, 3])
    stop()
    expect(emitter.totalListeners()).toBe(2)
    emitter.removeAllListeners()
    expect(emitter.totalListeners()).toBe(0)
  })

  it('lets a listener remove itself or others while an event is delivered', () => {
    const emitter = new TypedEmitter<Events>()
    const seen: string[] = []
    const stops = [
      emitter.on('close', () => {
        seen.push('a')
        for (const stop of stops) stop()
      }),
      emitter.on('close', () => seen.push('b')),
    ]
    emitter.emit('close', undefined)
    emitter.emit('close', undefined)
    expect(seen.filter((name) => name === 'a')).toHaveLength(1)
    expect(emitter.totalListeners()).toBe(0)
  })
})
