/** The drop copies of a system: which connector is one, when its line is there, and what it is asked after a break. */
import type { BaseConnector } from '../connector/base-connector.js'
import type { Time } from '../core/time.js'
import { DropCopyDesk } from '../oms/drop-copy/drop-copy-desk.js'
import type { DropCopyReport } from '../oms/drop-copy/drop-copy-report.js'
import type { Surroundings } from './compose.js'
import { ownLine } from './drop-copy-config.js'

/** How far back a line is asked when it comes up: for the first time, and beyond the break later on. */
const firstLookbackUs = 12 * 3_600_000_000
const overlapUs = 60_000_000

/** The comparison of a configuration; without the option it compares what the host hands in, and nothing by itself. */
export function composeDropCopies(
  { config, core, time, resources }: Surroundings,
  onReport: (report: DropCopyReport) => void,
): DropCopyDesk {
  const { lines = {}, ...options } = config.dropCopy ?? {}
  const desk = new DropCopyDesk({
    core,
    time,
    options,
    connectors: Object.keys(lines),
    booksExternal: config.externalOrders !== 'ignore',
    onReport,
  })
  resources.defer(() => desk.close())
  return desk
}

/** The connector that a connector is the drop copy of; undefined for all others. */
export function copiedBy(lines: Readonly<Record<string, string>> | undefined, connector: string): string | undefined {
  if (connector === ownLine) return undefined
  return Object.entries(lines ?? {}).find(([, line]) => line === connector)?.[0]
}

/** Tells the comparison when the line of a connector that is a drop copy is there, and asks for what was missed meanwhile. */
export function watchLine(
  desk: DropCopyDesk,
  copied: string,
  copy: BaseConnector,
  time: Time,
  onProblem: (error: unknown, where: string) => void,
): void {
  const sink = desk.sink(copied)
  let sinceUs = Number.NaN
  copy.events.on('state', ({ from, to }) => {
    if (to === 'ready') {
      sink?.line(true)
      const nowUs = time.wallUs()
      const askedSinceUs = Number.isNaN(sinceUs) ? nowUs - firstLookbackUs : sinceUs - overlapUs
      copy.queryFills(Math.max(0, askedSinceUs)).then(
        (fills) => {
          for (const fill of fills) sink?.executed(fill)
        },
        (error: unknown) => {
          if (copy.isReady) onProblem(error, `asking ${copy.name} for executions`)
        },
      )
    } else if (from === 'ready') {
      sinceUs = time.wallUs()
      sink?.line(false)
    }
  })
}
