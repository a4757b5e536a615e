/** The conformance kit: numbered cases that every connector has to pass, and what it takes to run them. */
export type { CaseNeeds, ConformanceCase } from './case.js'
export { ConformanceFailure } from './case.js'
export { conformanceCases } from './cases/index.js'
export {
  type CaseResult,
  type ConformanceOptions,
  type ConformanceReport,
  describeConformance,
  formatReport,
  runConformance,
  type TestFunctions,
} from './run.js'
export { type SimulatedConformanceOptions, SimulatedConformanceVenue, simulatedConformance } from './simulated-venue.js'
export type { ConformanceFill, ConformanceMessage, ConformanceOrder, ConformanceVenue, VenueAbility } from './venue.js'
