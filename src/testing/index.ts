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
export {
  type FaultyMessage,
  FixVenue,
  type FixVenueOptions,
  type FixVenueSession,
  type MessageFault,
  TappedConnection,
  TappedNetwork,
  VenueFaults,
} from '../gateways/fix-venue/index.js'
export { instrumentLike, testCoin, testFuture, testPair, testShare } from './builders.js'
export {
  type CaseNeeds,
  type CaseResult,
  type ConformanceCase,
  ConformanceFailure,
  type ConformanceFill,
  type ConformanceMessage,
  type ConformanceOptions,
  type ConformanceOrder,
  type ConformanceReport,
  type ConformanceVenue,
  conformanceCases,
  describeConformance,
  formatReport,
  runConformance,
  type SimulatedConformanceOptions,
  SimulatedConformanceVenue,
  simulatedConformance,
  type TestFunctions,
  type VenueAbility,
} from './conformance/index.js'
export {
  type ByteFaults,
  FaultProxy,
  type FaultProxyCounters,
  type FaultProxyOptions,
  type ProxyDirection,
} from './fault-proxy.js'
export { type RecordedReport, RecordingReports } from './recording-reports.js'
export { type DiskFault, SimulatedCrash, SimulatedDisk, type SimulatedDiskOptions } from './simulated-disk.js'
export { SimulatedNetwork, type SimulatedNetworkOptions } from './simulated-network.js'
export { TestHost, type TestHostOptions } from './test-host.js'
export { defaultListings, type TwsListing } from './tws/catalogue.js'
export { TwsGateway, type TwsGatewayCounters, type TwsGatewayOptions } from './tws/gateway.js'
export type { MessageFate } from './tws/session.js'
export type { SlowLink } from './tws/slow-line.js'
export { type TapeChunk, TapeServer, type TapeServerOptions } from './tws/tape-server.js'
export type { TwsExecution, TwsOrder } from './tws/tws-order.js'
