/**
 * `npm run zmq:publish -- [--bind ENDPOINT] [--service ENDPOINT] [--format packed|json|messagepack] [--rate N] [--seconds N]
 * [--symbols N] [--replay FILE]`: a sample publisher. A synthetic market of so many quotes a second, or a recording at its
 * own pace, goes out over ZeroMQ until SIGINT, or for so many seconds (0, unless given: until SIGINT).
 */
import { type InstrumentDefinition, RealTime, SeededRandom, SimulatedConnector, TradingSystem } from 'tradewire'
import { ZmqPublisher } from 'tradewire/zmq'
import { Program } from './support/program.js'

const program: Program = new Program(
  'npm run zmq:publish -- [--bind ENDPOINT] [--service ENDPOINT] [--format packed|json|messagepack] [--rate N] [--seconds N] [--symbols N] [--replay FILE]',
)
const { values } = program.read({
  bind: { type: 'string', multiple: true, default: ['tcp://127.0.0.1:5555'] },
  service: { type: 'string', default: 'tcp://127.0.0.1:5556' },
  format: { type: 'string', default: 'packed' },
  rate: { type: 'string', default: '1000' },
  seconds: { type: 'string', default: '0' },
  symbols: { type: 'string', default: '3' },
  replay: { type: 'string' },
})
const format = values.format
if (format !== 'packed' && format !== 'json' && format !== 'messagepack')
  program.refuse(`--format must be packed, json or messagepack, got ${JSON.stringify(format)}`)
const rate = program.number('rate', values.rate, 1, 1_000_000)
const symbols = program.wholeNumber('symbols', values.symbols, 1, 10_000)
const seconds = program.number('seconds', values.seconds, 0)
const stop = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stop.abort())
if (seconds > 0) new RealTime().after(seconds * 1_000, () => stop.abort())

if (values.replay === undefined) await synthetic(rate, symbols)
else await replay(values.replay)

/** Quotes that walk at random, at a steady rate. */
async function synthetic(rate: number, symbols: number): Promise<void> {
  const instruments = Array.from({ length: symbols }, (_, index) => definition(`SYM${index + 1}`))
  const publisher = await open(instruments)
  const time = new RealTime()
  const random = new SeededRandom(1)
  const mids = instruments.map(() => 100)
  const startNs = time.monotonicNs()
  let sent = 0
  const timer = time.every(5, () => {
    // Signals and sockets get their turn on a machine that cannot keep the rate, too.
    const due = Math.min(Math.floor(((time.monotonicNs() - startNs) / 1e9) * rate), sent + Math.ceil(rate / 50))
    const nowUs = time.wallUs()
    for (; sent < due; sent++) {
      const index = random.below(symbols)
      const mid = Math.max(1, (mids[index] as number) + (random.below(3) - 1) * 0.01)
      mids[index] = mid
      const bid = Math.round(mid * 100 - 1) / 100
      publisher.publishQuote(
        index,
        0,
        bid,
        Math.round(mid * 100 + 1) / 100,
        100 + random.below(900),
        100 + random.below(900),
        nowUs,
        nowUs,
        sent,
        0,
      )
      if (sent % 10 === 0) publisher.publishTrade(index, 0, bid, 1 + random.below(100), -1, nowUs, nowUs, sent, sent, 0)
    }
  })
  const report = time.every(1_000, () =>
    console.log(
      `${publisher.counters.events} events, ${publisher.counters.frames} frames, ${publisher.counters.bytes} bytes`,
    ),
  )
  await new Promise<void>((resolve) => stop.signal.addEventListener('abort', () => resolve(), { once: true }))
  timer.cancel()
  report.cancel()
  await publisher.stop()
}

/** A recording at the pace at which it was made. */
async function replay(file: string): Promise<void> {
  const system = await TradingSystem.start({
    mode: 'paper',
    connectors: { sim: new SimulatedConnector({ replay: file }) },
  })
  const publisher = await open([...system.instruments].map((instrument) => instrument.definition))
  publisher.follow(system.ring)
  await system.run({ signal: stop.signal }).catch((error: unknown) => console.error(String(error)))
  await publisher.stop()
  await system.stop()
}

async function open(instruments: InstrumentDefinition[]): Promise<ZmqPublisher> {
  const publisher = new ZmqPublisher({
    bind: values.bind,
    service: values.service,
    format: format as 'packed',
    instruments,
  })
  await publisher.start()
  console.log(`publishing ${format} on ${publisher.endpoints.join(', ')}, service ${publisher.serviceEndpoint}`)
  return publisher
}

function definition(symbol: string): InstrumentDefinition {
  return {
    id: `${symbol}.DEMO` as InstrumentDefinition['id'],
    symbol,
    venue: 'DEMO',
    assetClass: 'equity',
    currency: 'USD',
    priceIncrement: '0.01',
    sizeIncrement: '1',
  }
}
