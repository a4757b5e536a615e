/** Opens the market of a connector: a recording, several merged, or a synthetic one. */
import type { ConnectorHost } from '../../connector/connector-host.js'
import { nodeFileSystem } from '../../core/node-file-system.js'
import type { ReplayOptions, SimulatedConnectorOptions } from './connector-options.js'
import { mergeSources } from './replay/merged-source.js'
import { openDataset } from './replay/open-dataset.js'
import type { ReplaySource } from './replay/reading/replay-source.js'
import { SyntheticMarket } from './synthetic-market.js'

/** @throws TradewireError `TW_FILE`, `TW_UNKNOWN_FORMAT`, `TW_BAD_ROW`, `TW_INVALID_CONFIG`. */
export async function openMarket(
  options: SimulatedConnectorOptions,
  host: ConnectorHost,
  source: number,
): Promise<ReplaySource | undefined> {
  if (options.synthetic !== undefined) {
    const { seed = host.seed } = options
    return new SyntheticMarket(
      { seed, ...options.synthetic },
      { registry: host.instruments, startUs: host.time.wallUs(), source },
    )
  }
  if (options.replay === undefined) return undefined
  const { path, ...reading } = replayOptionsOf(options.replay)
  const paths = typeof path === 'string' ? [path] : path
  const fileSystem = options.fileSystem ?? nodeFileSystem
  const own = options.instruments === undefined ? {} : { instruments: options.instruments }
  const opened: ReplaySource[] = []
  try {
    for (const each of paths)
      opened.push(await openDataset(each, { ...own, ...reading, fileSystem, registry: host.instruments, source }))
  } catch (error) {
    for (const each of opened) await each.close()
    throw error
  }
  return opened.length === 1 ? (opened[0] as ReplaySource) : mergeSources(opened, paths.join(', '))
}

function replayOptionsOf(replay: NonNullable<SimulatedConnectorOptions['replay']>): ReplayOptions {
  return typeof replay === 'object' && 'path' in replay ? replay : { path: replay }
}

/** How much of a market is done: by time where its end is known, by what was read of its files otherwise; NaN where neither is. */
export function shareDone(market: ReplaySource, tsUs: number, startUs: number, endUs: number): number {
  const { progress } = market
  const byTime = endUs === Number.POSITIVE_INFINITY ? Number.NaN : (tsUs - startUs) / (endUs - startUs)
  if (progress === undefined || Number.isNaN(progress.read / progress.total)) return byTime
  const byBytes = progress.read / progress.total
  return Number.isNaN(byTime) ? byBytes : Math.max(byTime, byBytes)
}
