import { describe, expect, it } from 'vitest'
import { StandstillWatch } from './standstill.js'
import { VirtualTime } from './virtual-time.js'

const realMs = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

describe('StandstillWatch', () => {
  it('tells when nobody moves the clock', async () => {
    const time = new VirtualTime()
    await new Promise<void>((resolve) => {
      const watch = new StandstillWatch(time, () => true, resolve)
      watch.begin()
      watch.begin()
    })
    expect(time.steps).toBe(0)
  })

  it('waits while somebody moves it, while nothing needs it, and after its end', async () => {
    const time = new VirtualTime()
    let told = 0
    const moved = new StandstillWatch(
      time,
      () => true,
      () => told++,
    )
    const idle = new StandstillWatch(
      time,
      () => false,
      () => told++,
    )
    const ended = new StandstillWatch(
      time,
      () => true,
      () => told++,
    )
    for (const watch of [moved, idle, ended]) watch.begin()
    ended.end()
    for (let i = 0; i < 30; i++) {
      time.advanceMs(1)
      await realMs(50)
    }
    expect(told).toBe(0)
    moved.end()
  })
})
