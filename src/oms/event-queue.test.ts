import { describe, expect, it } from 'vitest'
import { EventQueue } from './event-queue.js'

describe('EventQueue', () => {
  it('gives items back first in, first out, with their owners, over growth and wrap-around', () => {
    const queue = new EventQueue<{ id: number }>(4)
    const seen: [number, number][] = []
    let put = 0
    for (let round = 0; round < 20; round++) {
      for (let i = 0; i < 7; i++) queue.put({ id: put }, put++ % 5)
      for (let i = 0; i < 5; i++) seen.push([(queue.take() as { id: number }).id, queue.owner])
    }
    while (queue.size > 0) seen.push([(queue.take() as { id: number }).id, queue.owner])
    expect(seen).toEqual(Array.from({ length: put }, (_, id) => [id, id % 5]))
  })
})
