/** Running a system: moving a simulated market, or waiting while the real one moves. */

import type { DriveOptions } from '../connector/market-driver.js'
import { NS_PER_MS, US_PER_MS } from '../core/clock.js'
import { TradewireError } from '../core/errors.js'
import { sleep, type Time } from '../core/time.js'
import { VirtualTime } from '../core/virtual-time.js'
import type { ConnectorHub } from './connector-hub.js'

/** How long a system runs. */
export interface RunOptions {
  /** Milliseconds of the system's clock; until the data end or the signal fires unless given. */
  durationMs?: number
  signal?: AbortSignal
  onProgress?: DriveOptions['onProgress']
}

/** Virtual milliseconds between turns of the real event loop, when nothing drives the market but timers. */
const sliceMs = 100

/** See `TradingSystem.run`. */
export async function run(time: Time, hub: ConnectorHub, options: RunOptions): Promise<void> {
  const { durationMs, signal, onProgress } = options
  if (signal?.aborted) return
  if (durationMs !== undefined && !(Number.isFinite(durationMs) && durationMs >= 0)) {
    throw new TradewireError('TW_INVALID_ARGUMENT', `durationMs must be a finite number from 0, got ${durationMs}`)
  }
  const { driver } = hub
  try {
    if (driver !== undefined) {
      await driver.drive({
        ...(signal === undefined ? {} : { signal }),
        ...(durationMs === undefined ? {} : { untilUs: time.wallUs() + durationMs * US_PER_MS }),
        ...(onProgress === undefined ? {} : { onProgress }),
      })
    } else if (time instanceof VirtualTime) await advance(time, durationMs, signal)
    else await sleep(time, durationMs ?? 2_000_000_000, signal)
  } catch (error) {
    if (!(error instanceof TradewireError && error.code === 'TW_ABORTED')) throw error
  }
  hub.drain()
}

async function advance(
  time: VirtualTime,
  durationMs: number | undefined,
  signal: AbortSignal | undefined,
): Promise<void> {
  if (durationMs === undefined)
    throw new TradewireError(
      'TW_INVALID_ARGUMENT',
      'durationMs is needed: nothing in this simulation has an end of its own',
    )
  const endNs = time.monotonicNs() + durationMs * NS_PER_MS
  while (time.monotonicNs() < endNs && signal?.aborted !== true) {
    await time.advanceMsAsync(Math.min(sliceMs, (endNs - time.monotonicNs()) / NS_PER_MS))
  }
}
