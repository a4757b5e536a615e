/** The limits of historical data: 60 requests in ten minutes, 6 for the same contract in two seconds, none twice in 15 seconds. */

const tenMinutesMs = 600_000
const violation = 'Historical data request pacing violation'

/** Counts the requests of all clients. */
export class HistoryPacing {
  readonly #isEnforced: boolean
  #requests: { atMs: number; contract: string; key: string; weight: number }[] = []

  constructor(isEnforced: boolean) {
    this.#isEnforced = isEnforced
  }

  /** Why a request is one too many; empty when it is not. Requests that are refused do not count. */
  faultOf(nowMs: number, contract: string, rest: string, weight: number): string {
    if (!this.#isEnforced) return ''
    const key = `${contract}/${rest}`
    this.#requests = this.#requests.filter(({ atMs }) => atMs > nowMs - tenMinutesMs)
    const total = this.#requests.reduce((sum, each) => sum + each.weight, 0)
    const near = this.#requests.filter((each) => each.contract === contract && each.atMs > nowMs - 2_000).length
    const isSame = this.#requests.some((each) => each.key === key && each.atMs > nowMs - 15_000)
    if (total + weight > 60 || near >= 5 || isSame) return violation
    this.#requests.push({ atMs: nowMs, contract, key, weight })
    return ''
  }
}
