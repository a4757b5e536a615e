/**
 * Running a system: moving simulated markets, or waiting while the real one moves.
 *
 * On virtual time several markets are one stream: the driver with the earliest event plays until another's turn, and at
 * equal times the connector that was added first goes first.
 */

import type { DriveOptions, MarketDriver } from '../connector/market-driver.js'
import { NS_PER_MS, US_PER_MS } from '../core/clock.js'
import { TradewireError } from '../core/errors.js'
import { sleep, type Time } from '../core/time.js'
import { VirtualTime } from '../core/virtual-time.js'

/** How long a system runs. */
export interface RunOptions {
  /** Milliseconds of the system's clock; until the data end or the signal fires unless given. */
  durationMs?: number
  signal?: AbortSignal
  /** Called now and then with the share done (0 to 1; NaN when the end is not known) and the wall time reached. */
  onProgress?: DriveOptions['onProgress']
}

/** Virtual milliseconds between turns of the real event loop, when nothing drives the market but timers. */
const sliceMs = 100

/** Longest single wait on real time: timers hold no more. */
const longestWaitMs = 2_000_000_000

/** @throws TradewireError `TW_INVALID_ARGUMENT` for options that are none. */
export function checkRunOptions(options: RunOptions, drivers: readonly MarketDriver[]): void {
  for (const name of Object.keys(options)) {
    if (name !== 'durationMs' && name !== 'signal' && name !== 'onProgress')
      throw new TradewireError(
        'TW_INVALID_ARGUMENT',
        `run() has no option "${name}"; it has durationMs, signal and onProgress`,
      )
  }
  const { durationMs, signal } = options
  if (durationMs === undefined && signal === undefined && drivers.some(({ isEndless }) => isEndless === true))
    throw new TradewireError(
      'TW_INVALID_ARGUMENT',
      'A synthetic market has no end: give run a durationMs or a signal, or the market a durationMs',
    )
  if (durationMs !== undefined && !(Number.isFinite(durationMs) && durationMs >= 0))
    throw new TradewireError('TW_INVALID_ARGUMENT', `durationMs must be a finite number from 0, got ${durationMs}`)
}

/** Moves time and markets. See `TradingSystem.run`. */
export async function moveMarkets(time: Time, drivers: readonly MarketDriver[], options: RunOptions): Promise<void> {
  const { durationMs, signal } = options
  if (signal?.aborted) return
  const untilUs = durationMs === undefined ? undefined : time.wallUs() + durationMs * US_PER_MS
  const driven = { ...options, ...(untilUs === undefined ? {} : { untilUs }) }
  try {
    if (drivers.length === 1) await (drivers[0] as MarketDriver).drive(driveOptions(driven))
    else if (drivers.length > 1 && time instanceof VirtualTime) await merge(time, drivers, driven)
    else if (drivers.length > 1) await driveTogether(drivers, driven)
    else if (time instanceof VirtualTime) await advance(time, durationMs, signal)
    else await waitFor(time, durationMs, signal)
  } catch (error) {
    if (!(error instanceof TradewireError && error.code === 'TW_ABORTED')) throw error
  }
}

interface DrivenOptions extends RunOptions {
  untilUs?: number
}

function driveOptions({ signal, untilUs, onProgress }: DrivenOptions, change: DriveOptions = {}): DriveOptions {
  return {
    ...(signal === undefined ? {} : { signal }),
    ...(untilUs === undefined ? {} : { untilUs }),
    ...(onProgress === undefined ? {} : { onProgress }),
    ...change,
  }
}

/** Several markets on real time, each at its own pace. When one of them fails, the others end too. */
async function driveTogether(drivers: readonly MarketDriver[], options: DrivenOptions): Promise<void> {
  const failed = new AbortController()
  const { signal: outer } = options
  const signal = outer === undefined ? failed.signal : AbortSignal.any([outer, failed.signal])
  const drives = drivers.map(async (driver) => {
    try {
      await driver.drive(driveOptions(options, { signal }))
    } catch (error) {
      failed.abort(error)
      throw error
    }
  })
  await Promise.allSettled(drives)
  if (failed.signal.aborted) throw failed.signal.reason
}

/** Several markets on one virtual clock: turn by turn, each up to the next event of another. */
async function merge(time: VirtualTime, drivers: readonly MarketDriver[], options: DrivenOptions): Promise<void> {
  const { signal, untilUs = Number.POSITIVE_INFINITY } = options
  const next: number[] = []
  for (const driver of drivers) next.push(await driver.nextEventUs())
  const begun = new Set<MarketDriver>()
  while (signal?.aborted !== true) {
    const first = earliest(next, -1)
    const nextUs = next[first] as number
    if (nextUs >= untilUs || nextUs === Number.POSITIVE_INFINITY) break
    const second = earliest(next, first)
    // Up to the other's event, and past it where this one goes first at equal times.
    const turnUs = (next[second] as number) + (first < second ? 1 : 0)
    const driver = drivers[first] as MarketDriver
    // A market begins where the clock is: the time until then is lived through. Later it moves the clock itself.
    if (!begun.has(driver)) await moveTo(time, nextUs)
    begun.add(driver)
    await driver.drive(driveOptions(options, { untilUs: Math.min(untilUs, turnUs), staysAtLastEvent: true }))
    next[first] = await driver.nextEventUs()
  }
  if (options.untilUs !== undefined && signal?.aborted !== true) await moveTo(time, options.untilUs)
}

/** Position of the smallest entry but that at `except`; the first of equal ones. */
function earliest(next: readonly number[], except: number): number {
  let best = except === 0 ? 1 : 0
  for (let i = best + 1; i < next.length; i++) {
    if (i !== except && (next[i] as number) < (next[best] as number)) best = i
  }
  return best
}

async function moveTo(time: VirtualTime, wallUs: number): Promise<void> {
  const aheadUs = wallUs - time.wallUs()
  if (aheadUs > 0) await time.advanceMsAsync(aheadUs / US_PER_MS)
}

async function advance(
  time: VirtualTime,
  durationMs: number | undefined,
  signal: AbortSignal | undefined,
): Promise<void> {
  if (durationMs === undefined)
    throw new TradewireError(
      'TW_INVALID_ARGUMENT',
      'run() needs a durationMs: no connector of this simulation has a market of its own (replay or synthetic) that would end',
    )
  const endNs = time.monotonicNs() + durationMs * NS_PER_MS
  while (time.monotonicNs() < endNs && signal?.aborted !== true) {
    await time.advanceMsAsync(Math.min(sliceMs, (endNs - time.monotonicNs()) / NS_PER_MS))
  }
}

async function waitFor(time: Time, durationMs: number | undefined, signal: AbortSignal | undefined): Promise<void> {
  if (durationMs !== undefined && durationMs <= longestWaitMs) return sleep(time, durationMs, signal)
  const endNs = time.monotonicNs() + (durationMs ?? Number.POSITIVE_INFINITY) * NS_PER_MS
  while (time.monotonicNs() < endNs)
    await sleep(time, Math.min(longestWaitMs, (endNs - time.monotonicNs()) / NS_PER_MS), signal)
}
