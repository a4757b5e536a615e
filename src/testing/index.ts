/** `tradewire/testing`: what tests of connectors, strategies and hosts need: time, randomness and disks that obey, and a venue that fails on demand. */

export {
  type DelayFault,
  type DirectionFaults,
  type FaultCounters,
  type FaultPlan,
  LinkFaults,
} from '../connectors/sim/faults.js'
export { SeededRandom } from '../core/random.js'
export { VirtualTime } from '../core/virtual-time.js'
export { instrumentLike, testCoin, testFuture, testPair, testShare } from './builders.js'
export { type RecordedReport, RecordingReports } from './recording-reports.js'
export { SimulatedDisk } from './simulated-disk.js'
export { TestHost, type TestHostOptions } from './test-host.js'
