/** How much of the heap an action uses. */
import { PerformanceObserver } from 'node:perf_hooks'

/** A moment for compilers and collectors, which work in threads of their own. */
export const pause = (): Promise<unknown> => new Promise((resolve) => setTimeout(resolve, 5))

/** Bytes that `action` leaves on the heap, garbage included. A measurement with a collection in it is repeated. */
export async function heapBytesOf(action: () => void): Promise<number> {
  let collections = 0
  const observer = new PerformanceObserver((list) => {
    collections += list.getEntries().length
  })
  observer.observe({ entryTypes: ['gc'] })
  try {
    for (let attempt = 0; attempt < 50; attempt++) {
      await pause()
      collections = 0
      const before = process.memoryUsage().heapUsed
      action()
      const bytes = process.memoryUsage().heapUsed - before
      await pause()
      if (collections === 0 && bytes >= 0) return bytes
    }
  } finally {
    observer.disconnect()
  }
  throw new Error('a garbage collection fell into each of 50 measurements')
}
