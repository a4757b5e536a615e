/** How the connectors of a system are, as routing sees them: recent latency and errors, smoothed; streams that are stale. */
import type { BaseConnector } from '../connector/base-connector.js'
import { type CompleteHealthScale, type HealthReading, healthScore } from '../routing/health.js'

/** What a connector did up to one moment, to take rates from. */
interface Tally {
  latencyMs: number
  errorRate: number
  operations: number
  failures: number
}

/** Weight of the newest figure in the smoothed ones. */
const newest = 0.3

/** Health of several connectors, by index. */
export class HealthBoard {
  readonly #connectors: readonly (BaseConnector | undefined)[]
  readonly #scale: CompleteHealthScale
  readonly #minScore: number
  readonly #tallies = new Map<number, Tally>()
  readonly #leaving = new Set<number>()

  /**
   * @param connectors by index; may grow.
   * @param minScore a connector below this counts as not usable.
   */
  constructor(connectors: readonly (BaseConnector | undefined)[], scale: CompleteHealthScale, minScore: number) {
    this.#connectors = connectors
    this.#scale = scale
    this.#minScore = minScore
  }

  /** Follows a connector from now on. Returns the end of it. */
  follow(connector: BaseConnector): () => void {
    const tally: Tally = { latencyMs: Number.NaN, errorRate: 0, operations: 0, failures: 0 }
    const { source } = connector
    this.#tallies.set(source, tally)
    this.#leaving.delete(source)
    const end = connector.events.on('health', ({ isHealthy, latencyMs }) => {
      if (isHealthy) tally.latencyMs = smoothed(tally.latencyMs, latencyMs)
    })
    return () => {
      end()
      if (this.#tallies.get(source) === tally) this.#tallies.delete(source)
    }
  }

  /** A connector is about to be taken out: nothing that is new uses it. */
  leave(source: number): void {
    this.#leaving.add(source)
  }

  /** Takes the rates since the last time. */
  sample(): void {
    for (const [source, tally] of this.#tallies) {
      const connector = this.#connectors[source]
      if (connector === undefined) continue
      const { errors, failedConnects, disconnects, queries, ordersSent, replacesSent, cancelsSent, connects } =
        connector.statistics
      const failures = errors + failedConnects + disconnects
      const operations = failures + queries + ordersSent + replacesSent + cancelsSent + connects
      const done = operations - tally.operations
      tally.errorRate = smoothed(tally.errorRate, done === 0 ? 0 : (failures - tally.failures) / done)
      tally.operations = operations
      tally.failures = failures
    }
  }

  /** What is known of a connector. */
  reading(source: number): HealthReading {
    const connector = this.#connectors[source]
    const tally = this.#tallies.get(source)
    if (connector === undefined || tally === undefined)
      return { isReady: false, latencyMs: Number.NaN, stalenessMs: Number.NaN, errorRate: Number.NaN }
    const { isReady, streams, staleStreams } = connector.health
    const staleShare = streams === 0 ? 0 : staleStreams / streams
    return {
      isReady,
      latencyMs: tally.latencyMs,
      stalenessMs: staleShare * this.#scale.stalenessCeilingMs,
      errorRate: tally.errorRate,
    }
  }

  /** Score of a connector, 0 to 100. */
  score(source: number): number {
    return healthScore(this.reading(source), this.#scale)
  }

  /** Whether a connector is ready and not worse than the least that is accepted. */
  isUsable(source: number): boolean {
    if (this.#leaving.has(source)) return false
    return this.#connectors[source]?.isReady === true && this.score(source) >= this.#minScore
  }
}

function smoothed(before: number, now: number): number {
  return Number.isNaN(before) ? now : before + newest * (now - before)
}
