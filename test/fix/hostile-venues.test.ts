/** What a venue may answer instead of what it should: an initiator gives up with a reason, keeps its memory, and comes back. */
import { describe, expect, it } from 'vitest'
import { FixEncoder } from '../../src/connectors/fix/codec/encoder.js'
import { FixSession } from '../../src/connectors/fix/session/fix-session.js'
import { FixInitiator } from '../../src/connectors/fix/session/initiator.js'
import { MemoryStore } from '../../src/connectors/fix/store/memory-store.js'
import type { Connection } from '../../src/core/network.js'
import { SeededRandom } from '../../src/core/random.js'
import { VirtualTime } from '../../src/core/virtual-time.js'
import { RecordingApplication, RecordingLog } from './support/session-pair.js'
import { SimulatedNetwork } from './support/simulated-network.js'

const PORT = 9_001
const time0 = 1_700_000_000_000_000

interface Header {
  readonly begin?: string
  readonly sender?: string
  readonly target?: string
  readonly sentUs?: number
  readonly number?: number
}

/** A message of the venue; `|` for separators. */
function message(type: string, body: string, header: Header = {}): Uint8Array {
  const encoder = new FixEncoder({ beginString: header.begin ?? 'FIX.4.4' })
  encoder.begin(type)
  encoder.int(34, header.number ?? 1)
  encoder.string(49, header.sender ?? 'VENUE')
  encoder.timestamp(52, header.sentUs ?? time0, 3)
  encoder.string(56, header.target ?? 'CLIENT')
  encoder.fields(new Uint8Array(Buffer.from(body.replaceAll('|', '\u0001'), 'latin1')))
  encoder.end()
  return encoder.copy()
}

const logon = (header: Header = {}, body = '98=0|108=30|') => message('A', body, header)
const text = (value: string) => new Uint8Array(Buffer.from(value, 'latin1'))

/** An initiator, and a venue that does what a test does with each connection. */
class Bench {
  readonly time = new VirtualTime({ epochUs: time0 })
  readonly application = new RecordingApplication()
  readonly log = new RecordingLog()
  readonly session: FixSession
  readonly initiator: FixInitiator
  answer: (connection: Connection) => void = () => {}
  readonly #network = new SimulatedNetwork(this.time, new SeededRandom(1))

  constructor() {
    this.session = new FixSession({
      config: { beginString: 'FIX.4.4', role: 'initiator', senderCompId: 'CLIENT', targetCompId: 'VENUE' },
      store: new MemoryStore(),
      clock: this.time,
      application: this.application,
      log: this.log,
    })
    this.initiator = new FixInitiator({
      session: this.session,
      time: this.time,
      network: this.#network,
      random: new SeededRandom(2),
      endpoints: [{ host: '127.0.0.1', port: PORT }],
    })
  }

  async listen(): Promise<this> {
    await this.#network.listen({ host: '127.0.0.1', port: PORT }, (connection) => {
      let isAnswered = false
      connection.start({
        onData: () => {
          if (!isAnswered) this.answer(connection)
          isAnswered = true
        },
        onClose: () => {},
      })
    })
    return this
  }

  connect(): Promise<void> {
    return this.time.runUntil(this.initiator.connect(), 60_000)
  }

  /** A right answer: both numbers begin anew. */
  async recovers(): Promise<void> {
    await this.time.advanceMsAsync(5_000)
    this.session.setNumbers({ nextOutgoing: 1, nextIncoming: 1 })
    this.answer = (connection) => connection.send(logon({ sentUs: this.time.wallUs() }))
    await this.connect()
    expect(this.session.isLoggedOn).toBe(true)
  }
}

const refusals: readonly (readonly [what: string, answer: (connection: Connection) => void, reason: RegExp])[] = [
  ['closes at once', (line) => line.destroy(), /cut/],
  [
    'says garbage and goes',
    (line) => {
      line.send(text('HTTP/1.1 400 Bad Request\r\n\r\n'))
      line.close()
    },
    /first message/,
  ],
  ['says nothing', () => {}, /Logon/],
  [
    'sends bytes without end',
    (line) => line.send(text(`8=FIX.4.4\u00019=99999999\u0001${'x'.repeat(300_000)}`)),
    /first message/,
  ],
  ['answers as somebody else', (line) => line.send(logon({ sender: 'OTHER' })), /other parties/],
  ['answers somebody else', (line) => line.send(logon({ target: 'OTHER' })), /other parties/],
  ['answers in another version', (line) => line.send(logon({ begin: 'FIX.4.2' })), /BeginString/],
  ['has a clock that is far off', (line) => line.send(logon({ sentUs: time0 - 3_600_000_000 })), /SendingTime/],
  ['answers by another message', (line) => line.send(message('0', '')), /no Logon/],
  ['answers by a Logout', (line) => line.send(message('5', '58=not today|')), /not today/],
  ['wants encryption', (line) => line.send(logon({}, '98=3|108=30|')), /encryption/],
  ['has no HeartBtInt', (line) => line.send(logon({}, '98=0|')), /HeartBtInt/],
  ['has no MsgSeqNum worth the name', (line) => line.send(logon({ number: 0 })), /MsgSeqNum/],
]

describe('a venue that', () => {
  it.each(refusals)('%s is given up, and reached when it is right again', async (_what, answer, reason) => {
    const bench = await new Bench().listen()
    bench.answer = answer
    await expect(bench.connect()).rejects.toThrow(reason)
    expect([bench.session.phase, bench.application.events.filter((event) => event === 'logon')]).toEqual(['idle', []])
    await bench.recovers()
  })

  it('floods after the logon is worked off, and cannot fill memory with numbers far ahead', async () => {
    const bench = await new Bench().listen()
    bench.answer = (line) => {
      line.send(logon())
      for (let number = 2; number < 3_000; number++) line.send(message('0', '', { number }))
      for (let i = 0; i < 20_000; i++) line.send(message('B', '58=x|', { number: 10_000 + i }))
    }
    await bench.connect()
    await bench.time.advanceMsAsync(2_000)
    expect(bench.session.nextIncoming).toBe(3_000)
    expect(bench.session.counters.queued).toBe(10_000)
    expect(bench.session.counters.queueOverflows).toBe(10_000)
    expect(bench.session.counters.resendRequestsSent).toBe(1)
  })

  it('asks for what was never sent, resets to a lower number, and rejects everything, harms nothing', async () => {
    const bench = await new Bench().listen()
    let line: Connection | undefined
    bench.answer = (connection) => {
      line = connection
      connection.send(logon())
    }
    await bench.connect()
    line?.send(message('2', '7=500|16=0|', { number: 2 }))
    line?.send(message('4', '36=1|', { number: 3 }))
    line?.send(message('3', '45=1|58=no|', { number: 3 }))
    line?.send(message('3', '45=99|58=no|', { number: 4 }))
    await bench.time.advanceMsAsync(200)
    expect(bench.session.isLoggedOn).toBe(true)
    expect(bench.session.nextIncoming).toBe(5)
    expect(bench.log.sentTypes().filter((type) => type === '3')).toHaveLength(2)
  })
})
