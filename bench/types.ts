/** What a benchmark is made of: cases, each with our variant and its peers, which the harness runs interleaved. */

/** One way of doing what a case measures. */
export interface Variant {
  /** Shown name, e.g. 'tradewire' or 'eventemitter3'. */
  name: string
  /** Prepares once; returns a function that runs `operations` operations and returns the elapsed nanoseconds, or throws PeerMissing. */
  prepare(): Promise<{ run(): number | Promise<number>; operations: number; dispose?(): void | Promise<void> }>
}

/** A case: ours against its peers. Unit 'ops/s' is computed from the elapsed time; for 'bytes/op' `run()` returns bytes. */
export interface BenchmarkCase {
  case: string
  unit: string
  better: 'higher' | 'lower'
  ours: Variant
  peers: Variant[]
  /** The ratio to a peer that must be reached. */
  floor?: { peer: string; ratio: number }
  /** The figure that must not be passed, in the unit of the case, on a quiet machine; shown beside the peer of `floor`. */
  most?: number
  /** The figure that must be reached, in the unit of the case, on a quiet machine; shown beside the peer of `floor`. */
  least?: number
}

/** A named benchmark. */
export interface Benchmark {
  name: string
  cases(): BenchmarkCase[] | Promise<BenchmarkCase[]>
}

/** Thrown by `prepare` when the peer cannot be built or installed; it is reported as missing. */
export class PeerMissing extends Error {}
