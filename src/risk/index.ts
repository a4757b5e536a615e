/**
 * `tradewire/risk`: the pre-trade gate and what it is made of.
 */

export type { Breach } from './breach.js'
export { type Control, type ControlName, controls } from './controls.js'
export { RiskGate, type RiskGateOptions, type Venue } from './gate.js'
export { CompiledLimits, type PerInstrument, type RiskLimits } from './limits.js'
export { type MarketDataLimits, ReferenceFault, ReferencePrices } from './reference-prices.js'
export { SlidingWindow } from './sliding-window.js'
export { type Scope, type TradingStateName, TradingStates } from './trading-state.js'
