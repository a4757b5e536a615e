/**
 * Performance profiles: one word for how market data trade delay for throughput.
 *
 *   conflationMs   how long a strategy of a conflating system is left alone after a batch: meanwhile newer quotes replace
 *                  older ones. A batch that comes after a quiet time is handed on at once.
 *   batchMs        the longest that an event waits for others on its way out to other processes. It is a bound, not a
 *                  delay: what is full leaves at once, and the ring itself is drained in every turn of the loop.
 *
 * Prices that risk judges by, the quote cache and books are never held back.
 */
import { TradewireError } from '../core/errors.js'

/** Names of the profiles, the fastest first. */
export const profileNames = ['ultra-low-latency', 'low-latency', 'balanced', 'high-throughput'] as const
/** Name of a profile. */
export type ProfileName = (typeof profileNames)[number]

/** What a profile sets. */
export interface PerformanceProfile {
  readonly name: ProfileName
  /** Milliseconds between two batches for a strategy; 0: every turn of the loop. */
  readonly conflationMs: number
  /** Longest wait of an event for others, milliseconds. */
  readonly batchMs: number
  /** Messages that are taken off a socket before the loop gets a turn. */
  readonly burst: number
  /** Most events in a frame to other processes, and the bytes at which it is sent. */
  readonly frameRecords: number
  readonly frameBytes: number
  /** Events that the ring of a system holds, a power of two. */
  readonly ring: number
}

/** The profiles by name. */
export const performanceProfiles: Readonly<Record<ProfileName, PerformanceProfile>> = {
  'ultra-low-latency': {
    name: 'ultra-low-latency',
    conflationMs: 0,
    batchMs: 1,
    burst: 64,
    frameRecords: 64,
    frameBytes: 16_384,
    ring: 65_536,
  },
  'low-latency': {
    name: 'low-latency',
    conflationMs: 10,
    batchMs: 20,
    burst: 256,
    frameRecords: 256,
    frameBytes: 65_536,
    ring: 65_536,
  },
  balanced: {
    name: 'balanced',
    conflationMs: 100,
    batchMs: 100,
    burst: 1_000,
    frameRecords: 1_024,
    frameBytes: 131_072,
    ring: 131_072,
  },
  'high-throughput': {
    name: 'high-throughput',
    conflationMs: 250,
    batchMs: 250,
    burst: 4_000,
    frameRecords: 4_096,
    frameBytes: 524_288,
    ring: 262_144,
  },
}

/**
 * A profile by its name.
 *
 * @throws TradewireError `TW_INVALID_CONFIG` for a name that is none.
 */
export function profileOf(name: ProfileName): PerformanceProfile {
  if (profileNames.includes(name)) return performanceProfiles[name]
  throw new TradewireError(
    'TW_INVALID_CONFIG',
    `profile must be one of ${profileNames.join(', ')}, got ${String(name)}`,
    {
      details: { field: 'profile' },
    },
  )
}
