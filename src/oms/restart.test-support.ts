/** For tests: a process that dies, and the one after it. */
import { EchoConnector } from '../../test/support/echo-connector.js'
import { type EchoSystem, startEcho } from '../../test/support/echo-system.js'
import type { TradingSystemOptions } from '../system/trading-system.js'

/** Ends the process, not the system, and starts another over the same disk. The venue answers what `answer` says. */
export async function restartEcho(
  { time, disk, venue }: EchoSystem,
  options: TradingSystemOptions = {},
  answer: (next: EchoConnector) => void = () => {},
): Promise<EchoSystem> {
  venue.drop()
  await venue.stop()
  disk.crash({ powerCut: false })
  const next = new EchoConnector()
  answer(next)
  return startEcho(options, { time, disk, venue: next })
}
