/** What a soak watches: the heap after forced garbage collections, and everything that could pile up beside it. */
import { readdirSync } from 'node:fs'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** One look. */
export interface Sample {
  readonly atMs: number
  readonly heapBytes: number
  /** Buffers beside the heap. */
  readonly externalBytes: number
  readonly timers: number
  /** Sockets, files, watchers: everything that keeps the loop alive, timers aside. */
  readonly handles: number
  /** Open file descriptors; 0 where the system does not tell. */
  readonly descriptors: number
  readonly listeners: number
}

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

/** Takes a look. What waits for the next turn is let go first. */
export async function takeSample(startedMs: number, listeners: () => number): Promise<Sample> {
  for (let round = 0; round < 3; round++) {
    collect()
    await new Promise((resolve) => setImmediate(resolve))
  }
  const { heapUsed, external } = process.memoryUsage()
  const resources = process.getActiveResourcesInfo()
  const timers = resources.filter((name) => name === 'Timeout' || name === 'Immediate').length
  return {
    atMs: performance.now() - startedMs,
    heapBytes: heapUsed,
    externalBytes: external,
    timers,
    handles: resources.length - timers,
    descriptors: openDescriptors(),
    listeners: listeners(),
  }
}

function openDescriptors(): number {
  try {
    return readdirSync('/proc/self/fd').length
  } catch {
    return 0
  }
}

/** Slope of the least-squares line through the samples, in bytes a minute. */
export function slopePerMinute(samples: readonly Sample[], of: (sample: Sample) => number): number {
  const count = samples.length
  const meanX = samples.reduce((sum, { atMs }) => sum + atMs, 0) / count
  const meanY = samples.reduce((sum, sample) => sum + of(sample), 0) / count
  let above = 0
  let below = 0
  for (const sample of samples) {
    above += (sample.atMs - meanX) * (of(sample) - meanY)
    below += (sample.atMs - meanX) ** 2
  }
  return below === 0 ? 0 : (above / below) * 60_000
}

/** Whether something that is counted has grown: its least value late lies above its highest early. */
export function hasGrown(samples: readonly Sample[], of: (sample: Sample) => number): boolean {
  const third = Math.max(1, Math.floor(samples.length / 3))
  const early = samples.slice(0, third).map(of)
  const late = samples.slice(-third).map(of)
  return Math.min(...late) > Math.max(...early)
}
