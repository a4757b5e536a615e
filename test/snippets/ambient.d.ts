/**
 * Objects that the examples in TSDoc use without declaring them: what a host has at hand. Functions and classes of the
 * package are imported by the example itself, unless its own module exports them. Guides and the README declare everything.
 */
import type { BaseConnector } from '../../src/connector/base-connector.js'
import type { Network } from '../../src/core/network.js'
import type { Random } from '../../src/core/random.js'
import type { Scheduler } from '../../src/core/scheduler.js'
import type { Time } from '../../src/core/time.js'
import type { Instrument } from '../../src/model/instrument.js'

declare global {
  const connectors: Readonly<Record<string, BaseConnector>>
  const host: string
  const instrument: Instrument
  const network: Network
  const port: number
  const random: Random
  const scheduler: Scheduler
  const signal: AbortSignal
  const time: Time
  const vault: { read(name: string): Promise<string> }
}
