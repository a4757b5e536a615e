/** The algorithms by name: those that come with the library, and those of the host. */
import type { AlgoCommon, BuiltInAlgo } from '../model/algo.js'
import { Adaptive } from './adaptive.js'
import type { ExecutionAlgorithm } from './algorithm.js'
import { Close } from './close.js'
import { Emulated } from './emulated.js'
import { Iceberg } from './iceberg.js'
import { ImplementationShortfall } from './implementation-shortfall.js'
import type { TriggerTerms } from './parent-terms.js'
import { PercentOfVolume } from './pov.js'
import { SmartOrderRouter } from './smart-router.js'
import { Sniper } from './sniper.js'
import { Twap } from './twap.js'
import { Vwap } from './vwap.js'

/** Makes the algorithm of an order. */
export interface AlgorithmFactory {
  create(parameters: AlgoCommon & { type: string }, trigger?: TriggerTerms): ExecutionAlgorithm
  /** Names of its own parameters; all are taken where undefined. */
  readonly fields?: readonly string[]
  /** It says itself where each child goes. */
  readonly isRouter?: true
}

/** Algorithms of the host by name, which begins with `custom:`: a class, or a function that makes one. */
export type AlgorithmFactories = Readonly<
  Record<string, (parameters: AlgoCommon & { type: string }) => ExecutionAlgorithm>
>

type Maker = (parameters: never, trigger: TriggerTerms | undefined) => ExecutionAlgorithm

const builtIn: Readonly<
  Partial<Record<BuiltInAlgo['type'], { fields: readonly string[]; create: Maker; isRouter?: true }>>
> = {
  twap: { fields: ['slices', 'intervalMs'], create: (parameters) => new Twap(parameters) },
  vwap: { fields: ['curve', 'curveStartUs', 'bucketMs', 'dynamic'], create: (parameters) => new Vwap(parameters) },
  pov: { fields: ['rate', 'basis', 'intervalMs'], create: (parameters) => new PercentOfVolume(parameters) },
  is: {
    fields: ['slices', 'urgency', 'lambda', 'sigma', 'eta', 'gamma', 'epsilon'],
    create: (parameters) => new ImplementationShortfall(parameters),
  },
  iceberg: { fields: ['displayQuantity', 'displayVariancePercent'], create: (parameters) => new Iceberg(parameters) },
  sniper: { fields: ['pauseMs'], create: (parameters) => new Sniper(parameters) },
  sor: {
    fields: ['venues', 'rest', 'postAt', 'intervalMs'],
    create: (parameters) => new SmartOrderRouter(parameters),
    isRouter: true,
  },
  emulate: { fields: ['triggerSource'], create: (parameters, trigger) => new Emulated(parameters, trigger) },
  adaptive: { fields: ['urgency', 'intervalMs'], create: (parameters) => new Adaptive(parameters) },
  close: {
    fields: ['auctionShare', 'auctionLeadMs', 'slices', 'urgency'],
    create: (parameters) => new Close(parameters),
  },
}

/** How the algorithm of a name is made; undefined for an unknown name. */
export function factoryOf(type: string, own: AlgorithmFactories = {}): AlgorithmFactory | undefined {
  if (Object.hasOwn(builtIn, type)) return builtIn[type as BuiltInAlgo['type']] as AlgorithmFactory
  const create = Object.hasOwn(own, type) ? own[type] : undefined
  return create === undefined ? undefined : { create }
}
