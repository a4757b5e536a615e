import { describe, expect, it } from 'vitest'
import { DisposalStack } from './disposal.js'

describe('DisposalStack', () => {
  it('runs steps in reverse order, one after the other, once', async () => {
    const stack = new DisposalStack()
    const seen: string[] = []
    stack.defer(() => {
      seen.push('first')
    })
    stack.defer(async () => {
      seen.push('second starts')
      await Promise.resolve()
      seen.push('second ends')
    })
    expect(stack.size).toBe(2)
    await stack.dispose()
    await stack.dispose()
    expect(seen).toEqual(['second starts', 'second ends', 'first'])
    expect(stack.size).toBe(0)
  })

  it('forgets a step', async () => {
    const stack = new DisposalStack()
    let ran = 0
    const step = stack.defer(() => {
      ran++
    })
    stack.forget(step)
    stack.forget(step)
    await stack.dispose()
    expect(ran).toBe(0)
  })

  it('runs all steps whatever fails, and tells every failure', async () => {
    const stack = new DisposalStack()
    const seen: number[] = []
    const failures = [new Error('one'), new Error('two')]
    stack.defer(() => {
      seen.push(1)
    })
    for (const failure of failures) {
      stack.defer(() => {
        throw failure
      })
    }
    const error = await stack.dispose().catch((thrown: unknown) => thrown)
    expect(seen).toEqual([1])
    expect(error).toBeInstanceOf(AggregateError)
    expect((error as AggregateError).errors).toEqual([...failures].reverse())
  })

  it('throws a single failure as it is', async () => {
    const stack = new DisposalStack()
    const failure = new Error('only')
    stack.defer(() => Promise.reject(failure))
    await expect(stack.dispose()).rejects.toBe(failure)
  })

  it('lets a second call wait for the first and run what was added since', async () => {
    const stack = new DisposalStack()
    const seen: string[] = []
    let release: () => void = () => {}
    stack.defer(async () => {
      await new Promise<void>((resolve) => {
        release = resolve
      })
      seen.push('slow')
      throw new Error('slow failed')
    })
    const first = stack.dispose().catch((error: Error) => seen.push(error.message))
    stack.defer(() => {
      seen.push('late')
    })
    const second = stack.dispose().then(() => seen.push('second done'))
    release()
    await Promise.all([first, second])
    expect(seen.indexOf('slow')).toBe(0)
    expect(seen).toContain('slow failed')
    expect(seen.slice(-1)).toEqual(['second done'])
    expect(seen).toContain('late')
  })
})
