/**
 * The control block of a shared ring: int32 cells that both threads reach with Atomics. What the producer writes and what
 * the consumer writes lie 128 bytes apart, so that the two cores do not fight for a cache line.
 *
 * Positions wrap at 2^32; their difference, as int32, is exact because a ring holds fewer than 2^31 records.
 *
 * Sleeping works by event counts: the sleeper raises its flag, reads the wake cell, looks once more whether there is
 * something to do, and waits on the wake cell. Whoever gives it something to do looks at the flag and changes the wake
 * cell. A wake-up can be early, never lost.
 */

/** Cells of the control block. */
export const Cell = {
  magic: 0,
  records: 1,
  isBlocking: 2,
  producerTaken: 3,
  consumerTaken: 4,
  head: 32,
  producerClosed: 33,
  dropLow: 34,
  dropHigh: 35,
  dataWake: 36,
  tail: 64,
  consumerClosed: 65,
  spaceWake: 66,
  consumerSleeps: 96,
  producerSleeps: 128,
} as const

/** Bytes of the control block. */
export const controlBytes = 640

/** First cell of every shared ring: "twr" and the version of the layout. */
export const sharedRingMagic = 0x74_77_72_01

const dropBase = 2 ** 30

/** Publishes the count of dropped records (written by the producer only) in two cells, readable at any time. */
export function storeDropped(control: Int32Array, dropped: number): void {
  const high = Math.floor(dropped / dropBase)
  const low = dropped - high * dropBase
  if (Atomics.load(control, Cell.dropHigh) === high) {
    Atomics.store(control, Cell.dropLow, low)
    return
  }
  Atomics.store(control, Cell.dropHigh, -1)
  Atomics.store(control, Cell.dropLow, low)
  Atomics.store(control, Cell.dropHigh, high)
}

/** Reads the count of dropped records; a carry in progress is waited out. */
export function loadDropped(control: Int32Array): number {
  for (;;) {
    const before = Atomics.load(control, Cell.dropHigh)
    const low = Atomics.load(control, Cell.dropLow)
    const after = Atomics.load(control, Cell.dropHigh)
    if (before >= 0 && before === after) return before * dropBase + low
  }
}

/** Wakes the sleeper of `wakeCell` if its flag is up. */
export function wake(control: Int32Array, sleepsCell: number, wakeCell: number): void {
  if (Atomics.load(control, sleepsCell) !== 0) forceWake(control, sleepsCell, wakeCell)
}

/** Takes the flag of the sleeper of `wakeCell` down and wakes it. */
export function forceWake(control: Int32Array, sleepsCell: number, wakeCell: number): void {
  Atomics.store(control, sleepsCell, 0)
  Atomics.add(control, wakeCell, 1)
  Atomics.notify(control, wakeCell)
}
