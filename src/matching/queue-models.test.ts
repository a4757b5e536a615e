import { describe, expect, it } from 'vitest'
import { QueuePosition, queueModelNames } from './queue-models.js'

describe('QueuePosition', () => {
  it('defaults to the risk-averse model: cancels never move the order while others stand behind it', () => {
    const position = new QueuePosition().reset(50)
    position.depth(80, 60)
    expect(position.front).toBe(50)
    position.depth(60, 40)
    expect(position.front).toBe(40)
  })

  it('fills what a trade leaves after the quantity ahead', () => {
    const position = new QueuePosition().reset(30)
    expect(position.trade(20)).toBe(0)
    expect(position.trade(25)).toBe(15)
    expect(position.front).toBe(0)
    expect(position.trade(7)).toBe(7)
  })

  it('fills nothing when a trade takes exactly the quantity ahead', () => {
    expect(new QueuePosition().reset(30).trade(30)).toBe(0)
  })

  it('rounds to lots', () => {
    expect(new QueuePosition().reset(0.25).trade(1.0004, 0.001)).toBeCloseTo(0.75, 9)
  })

  it.each(queueModelNames)('%s does not count a trade twice when the level shrinks by it', (model) => {
    const position = new QueuePosition(model).reset(100)
    position.trade(20)
    position.depth(130, 110)
    expect(position.front).toBe(80)
  })

  it.each(queueModelNames)('%s stays between 0 and the level', (model) => {
    const position = new QueuePosition(model)
    let seed = 7
    const draw = (bound: number): number => {
      seed = (Math.imul(seed, 1103515245) + 12345) >>> 0
      return seed % bound
    }
    for (let round = 0; round < 300; round++) {
      let level = draw(200)
      position.reset(level)
      for (let step = 0; step < 8; step++) {
        if (draw(2) === 0) position.trade(draw(60))
        const next = draw(200)
        position.depth(level, next)
        level = next
        expect(position.front).toBeGreaterThanOrEqual(0)
        expect(position.front).toBeLessThanOrEqual(level)
      }
    }
  })

  it('starts over with reset', () => {
    const position = new QueuePosition('power1').reset(10)
    position.trade(5)
    position.reset(40)
    position.depth(80, 60)
    expect(position.front).toBe(30)
  })
})
