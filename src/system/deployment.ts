/**
 * What a process says of itself: the release, and a hash of its configuration (C34). On record at every start, before
 * anything else of the session, so that every record after it is one of a known release and configuration. A cluster whose
 * processes do not say the same does not start: one server of eight with old code is what it took at Knight.
 */
import type { BaseConnector } from '../connector/base-connector.js'
import { canonicalJson, sha256 } from '../core/digest.js'
import { TradewireError } from '../core/errors.js'
import { sdkVersion } from '../core/version.js'
import type { TradingSystemConfig } from './config.js'

/** Release and configuration of a process. */
export interface Deployment {
  readonly sdkVersion: string
  /** SHA-256 of the configuration as canonical JSON; where the journal lies and what is expected of others are no part of it. */
  readonly configHash: string
}

/** A connector whose orders leave from another process says what that one runs. */
export interface ReportsDeployment {
  readonly deployment: Deployment | undefined
}

/** The deployment of a configuration. */
export function deploymentOf(config: TradingSystemConfig): Deployment {
  const known = deployments.get(config)
  if (known !== undefined) return known
  const { journal, idPrefix, deployment, ...shared } = config
  const own = { sdkVersion, configHash: sha256(canonicalJson(shared)) }
  deployments.set(config, own)
  return own
}

/** Of configurations that were asked for before: what a system put on record is what it compares. */
const deployments = new WeakMap<TradingSystemConfig, Deployment>()

/**
 * Refuses to start where something else is expected, or a connector's other process says something else.
 *
 * @throws TradewireError `TW_DEPLOYMENT_MISMATCH` naming everything that differs.
 */
export function requireSameDeployment(
  own: Deployment,
  expected: Partial<Deployment> | undefined,
  connectors: ReadonlyMap<string, BaseConnector>,
): void {
  const differences = differencesOf(own, expected ?? {}, 'deployment (expected)')
  for (const [name, connector] of connectors) {
    const { deployment } = connector as Partial<ReportsDeployment>
    if (deployment !== undefined) differences.push(...differencesOf(own, deployment, `connector ${name}`))
  }
  if (differences.length > 0)
    throw new TradewireError('TW_DEPLOYMENT_MISMATCH', `Not all run the same: ${differences.join('; ')}`, {
      details: { own, differences },
    })
}

function differencesOf(own: Deployment, other: Partial<Deployment>, who: string): string[] {
  return (['sdkVersion', 'configHash'] as const).flatMap((field) =>
    other[field] === undefined || other[field] === own[field]
      ? []
      : [`${who} has ${field} ${other[field]}, this process ${own[field]}`],
  )
}
