/** The demo's market: recorded data where a path is given, else a seeded synthetic market of several instruments. */
import {
  type ConnectorHost,
  type Instrument,
  InstrumentRegistry,
  nodeFileSystem,
  SimulatedConnector,
  type SimulatedConnectorOptions,
} from 'tradewire'
import {
  defaultSyntheticInstruments,
  type FeeModel,
  makerTakerFees,
  normalLatency,
  openDataset,
  perShareFees,
} from 'tradewire/sim'
import { number, UsageError } from '../support/console.js'
import type { LatencyProbe } from './latency-probe.js'
import type { DemoOptions } from './options.js'
import { account, mainCurrency } from './setup.js'

/** A market, ready to be connected. */
export interface DemoMarket {
  readonly connector: SimulatedConnector
  readonly description: string
  /** The instruments to trade, known before the start. */
  readonly instruments: readonly Instrument[]
  /** Milliseconds of market time to run; undefined = to the end of the data. */
  readonly durationMs: number | undefined
}

/** Formats without quotes: nothing for a strategy that quotes around the mid price. */
const withoutQuotes = [
  'lobster',
  'kraken-book',
  'market-by-order',
  'equity-trades',
  'equity-minute-trades',
  'future-minute-bars',
  'equity-daily-bars',
  'coin-daily-bars',
]

/** Makes the market. @throws TradewireError, UsageError for data that cannot be used. */
export async function demoMarket(options: DemoOptions, probe: LatencyProbe): Promise<DemoMarket> {
  return options.data === undefined
    ? syntheticMarket(options, probe)
    : await recordedMarket(options.data, options, probe)
}

function syntheticMarket(options: DemoOptions, probe: LatencyProbe): DemoMarket {
  const registry = new InstrumentRegistry()
  const instruments = defaultSyntheticInstruments.map(({ definition }) => registry.add(definition))
  const seconds = options.durationS ?? 3_600
  return {
    connector: new ProbedConnector({ synthetic: {}, ...venue(options) }, probe),
    description: `synthetic, seed ${options.seed}, ${number(seconds)} s: ${namesOf(instruments)}`,
    instruments,
    durationMs: seconds * 1_000,
  }
}

async function recordedMarket(path: string, options: DemoOptions, probe: LatencyProbe): Promise<DemoMarket> {
  const onBadRow = options.skipBadRows ? 'skip' : 'fail'
  const registry = new InstrumentRegistry()
  const data = await openDataset(path, { fileSystem: nodeFileSystem, registry, onBadRow })
  await data.close()
  const formats = [...new Set(data.files.map((file) => file.format))]
  if (formats.every((format) => withoutQuotes.includes(format))) {
    throw new UsageError(
      `${path} (${formats.join(', ')}) has no quotes; the demo's strategy trades around the mid price and needs them`,
    )
  }
  const all = [...registry]
  const currency = mainCurrency(all)
  const instruments = all.filter((instrument) => instrument.settlementCurrency === currency)
  const others = all.length - instruments.length
  return {
    connector: new ProbedConnector({ replay: { path, onBadRow }, ...venue(options) }, probe),
    description: `${data.files.length === 1 ? '1 file' : `${data.files.length} files`} (${formats.join(', ')}): ${namesOf(instruments)}${others === 0 ? '' : `; ${others} in other currencies than ${currency} are not traded`}`,
    instruments,
    durationMs: options.durationS === undefined ? undefined : options.durationS * 1_000,
  }
}

/** The exchange side: fees by kind of instrument, and a network of about a fifth of a millisecond each way. */
function venue({ seed }: DemoOptions): Pick<SimulatedConnectorOptions, 'seed' | 'fees' | 'latency' | 'accounts'> {
  const network = normalLatency({ meanMs: 0.2, deviationMs: 0.05, minMs: 0.1 })
  return { seed, accounts: [account], fees: feesByClass, latency: { orders: network, reports: network } }
}

const perShare = perShareFees({ perShare: '0.0035', minimum: '0.35', maxFraction: '0.01' })
const coins = makerTakerFees({ maker: '0.0002', taker: '0.0005' })
const others = makerTakerFees({ maker: '0.00002', taker: '0.00002' })

const feesByClass: FeeModel = (context) => {
  const { assetClass } = context.instrument.definition
  if (assetClass === 'equity') return perShare(context)
  return assetClass === 'crypto_spot' || assetClass === 'crypto_perpetual' ? coins(context) : others(context)
}

/** A simulated connector whose ticks are seen by the latency probe. */
class ProbedConnector extends SimulatedConnector {
  readonly #probe: LatencyProbe

  constructor(options: SimulatedConnectorOptions, probe: LatencyProbe) {
    super(options)
    this.#probe = probe
  }

  override attach(host: ConnectorHost, name: string, source: number): void {
    super.attach(this.#probe.watch(host), name, source)
  }
}

function namesOf(instruments: readonly Instrument[]): string {
  return instruments.map((instrument) => instrument.id).join(', ')
}
