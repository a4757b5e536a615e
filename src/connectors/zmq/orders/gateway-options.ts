/** Orders through a gateway: a process that owns order management and risk, and takes orders of others. */
import type { OrderEnvironment } from '../../../connector/capabilities.js'
import type { SecretInput } from '../../../core/secret.js'
import type { OrderType, TimeInForce } from '../../../model/order-types.js'

/** Where the gateway is, and who asks. */
export interface GatewayOptions {
  endpoint: string
  /** Who this is to the gateway: orders and their reports belong to this name, also after a restart. */
  client: string
  /** What proves it, where the gateway asks for a secret. A CURVE key proves that it is one of those admitted, not which. */
  token?: SecretInput
  /** What orders reach there; the gateway's own word has to agree, or the connection fails. */
  environment: OrderEnvironment
  /** What the venues behind it take; everything unless given: the gateway refuses what they do not. */
  types?: readonly OrderType[]
  timeInForce?: readonly TimeInForce[]
  /** Between heartbeats in both directions; 1,000 ms unless given. Three missed end the connection. */
  heartbeatMs?: number
}

/** Names of {@link GatewayOptions}. */
export const gatewayOptionNames = [
  'endpoint',
  'client',
  'token',
  'environment',
  'types',
  'timeInForce',
  'heartbeatMs',
] as const satisfies readonly (keyof GatewayOptions)[]
