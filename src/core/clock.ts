/**
 * The clock port. Wall time names moments, the monotonic clock measures durations; nothing else reads a clock.
 *
 * A wall clock may jump (NTP, a suspended machine, an operator); timeouts, throttles and schedules therefore count on
 * the monotonic clock, and only records and calendars use wall time.
 */

/** Reads time. Implementations: {@link RealTime} (the machine's clocks) and {@link VirtualTime} (a simulation's). */
export interface Clock {
  /** Wall time: Unix epoch in whole microseconds. May go backwards when the machine's clock is set. */
  wallUs(): number
  /** Monotonic time in nanoseconds from an arbitrary origin. Never goes backwards. */
  monotonicNs(): number
}

/** Nanoseconds in a millisecond. */
export const NS_PER_MS = 1_000_000
/** Nanoseconds in a microsecond. */
export const NS_PER_US = 1_000
/** Nanoseconds in a second. */
export const NS_PER_SECOND = 1_000_000_000
/** Microseconds in a millisecond. */
export const US_PER_MS = 1_000
/** Microseconds in a second. */
export const US_PER_SECOND = 1_000_000
