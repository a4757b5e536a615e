/**
 * `tradewire/execution`: orders that an algorithm works. Algorithms, their schedules as pure functions, and the base for
 * algorithms of one's own.
 */
export type {
  AdaptiveParameters,
  AlgoCommon,
  AlgoEndPolicy,
  AlgoOrderRequest,
  AlgoParameters,
  AlgoStyle,
  AlgoUnfilledPolicy,
  AlgoWorker,
  BrokerOrder,
  BrokerWindow,
  BuiltInAlgo,
  CloseParameters,
  CustomAlgoParameters,
  EmulateParameters,
  IcebergParameters,
  ImplementationShortfallParameters,
  PovParameters,
  SniperParameters,
  SorParameters,
  TwapParameters,
  VwapParameters,
} from '../model/algo.js'
export type { AlgoFault } from '../model/algo-error.js'
export {
  type FixAlgo,
  type FixAlgoOptions,
  FixParameterType,
  fixAlgo,
  type IbkrAlgo,
  ibkrAlgo,
} from '../model/broker-algos.js'
export {
  type ParentChange,
  type ParentEvent,
  type ParentOrderHandle,
  type ParentOrderPort,
  type ParentSnapshot,
  type ParentStatus,
  type PauseReason,
  parentStatuses,
} from '../oms/parent-port.js'
export { Adaptive } from './adaptive.js'
export {
  type AlgoInterests,
  ChildDecision,
  ExecutionAlgorithm,
  ParentView,
  type PlanContext,
} from './algorithm.js'
export type { AlgorithmFactories } from './algorithms.js'
export { Close } from './close.js'
export { ExecutionDesk, type ExecutionDeskOptions, type ExecutionEvents } from './desk.js'
export type { BracketRequest, GroupKind, GroupRequest, StopLoss, TakeProfit } from './group-plan.js'
export { displayUnitsOf, Iceberg, icebergTips } from './iceberg.js'
export {
  type AlmgrenChrissOptions,
  type AlmgrenChrissTrajectory,
  almgrenChriss,
  ImplementationShortfall,
  impactParameters,
} from './implementation-shortfall.js'
export { ParticipationRate, type PovState, povChild } from './participation.js'
export { PercentOfVolume } from './pov.js'
export type { UnprotectedPosition } from './protection.js'
export { ScheduledAlgorithm } from './scheduled-algorithm.js'
export { type SlicePlan, type Variation, varied, varyPlan } from './slice-plan.js'
export { planRoute, type RouteChild, type RoutePlan, type RouteRequest, type RouteVenue } from './smart-route.js'
export { SmartOrderRouter } from './smart-router.js'
export { Sniper } from './sniper.js'
export {
  foreignTwap,
  releaseOffset,
  type SlotState,
  slicesOf,
  slotChild,
  Twap,
  type TwapPlanOptions,
  timeWeightedPrice,
  twapPlan,
} from './twap.js'
export { wholeWeights } from './units.js'
export { type SmartRoutingOptions, VenueBoard, type VenueBoardParts, type VenueCosts } from './venue-board.js'
export {
  type CurveMethod,
  curveInWindow,
  dynamicTarget,
  Vwap,
  type VwapPlanOptions,
  volumeCurve,
  volumeWeightedPrice,
  vwapPlan,
} from './vwap.js'
