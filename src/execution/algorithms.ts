/** The algorithms by name: those that come with the library, and those of the host. */
import type { AlgoCommon, BuiltInAlgo } from '../model/algo.js'
import type { ExecutionAlgorithm } from './algorithm.js'
import { Twap } from './twap.js'

/** Makes the algorithm of an order. */
export interface AlgorithmFactory {
  create(parameters: AlgoCommon & { type: string }): ExecutionAlgorithm
  /** Names of its own parameters; all are taken where undefined. */
  readonly fields?: readonly string[]
}

/** Algorithms of the host by name, which begins with `custom:`: a class, or a function that makes one. */
export type AlgorithmFactories = Readonly<
  Record<string, (parameters: AlgoCommon & { type: string }) => ExecutionAlgorithm>
>

type Maker = (parameters: never) => ExecutionAlgorithm

const builtIn: Readonly<Partial<Record<BuiltInAlgo['type'], { fields: readonly string[]; create: Maker }>>> = {
  twap: { fields: ['slices', 'intervalMs'], create: (parameters) => new Twap(parameters) },
}

/** How the algorithm of a name is made; undefined for an unknown name. */
export function factoryOf(type: string, own: AlgorithmFactories = {}): AlgorithmFactory | undefined {
  if (Object.hasOwn(builtIn, type)) return builtIn[type as BuiltInAlgo['type']] as AlgorithmFactory
  const create = Object.hasOwn(own, type) ? own[type] : undefined
  return create === undefined ? undefined : { create }
}
