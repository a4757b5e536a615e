/** What strangers and broken peers send: session rules are followed, and a session beside them notices nothing. */
import { beforeEach, describe, expect, it } from 'vitest'
import { FixEncoder } from '../../src/connectors/fix/codec/encoder.js'
import { FixSession } from '../../src/connectors/fix/session/fix-session.js'
import { MemoryStore } from '../../src/connectors/fix/store/memory-store.js'
import type { Connection } from '../../src/core/network.js'
import { SeededRandom } from '../../src/core/random.js'
import { runs } from '../support/runs.js'
import { makePair, RecordingApplication, type SessionPair, say } from './support/session-pair.js'

/** A peer that sends what it likes to a session of its own, beside the pair. */
class Stranger {
  readonly texts: string[] = []
  isClosed = false
  readonly #encoder = new FixEncoder({ beginString: 'FIX.4.4' })
  readonly #pair: SessionPair
  #connection: Connection | undefined
  #number = 1

  constructor(pair: SessionPair) {
    this.#pair = pair
  }

  async connect(): Promise<this> {
    const { network, acceptor } = this.#pair
    this.#connection = await network.connect({ host: '127.0.0.1', port: acceptor.port, timeoutMs: 1_000 })
    this.#connection.start({
      onData: (chunk) => this.texts.push(Buffer.from(chunk).toString('latin1').replaceAll('\u0001', '|')),
      onClose: () => {
        this.isClosed = true
      },
    })
    return this
  }

  /** A message with a header of its own; `|` for separators. */
  message(type: string, body: string, header: { sender?: string; time?: number; number?: number } = {}): Uint8Array {
    const encoder = this.#encoder
    encoder.begin(type)
    encoder.int(34, header.number ?? this.#number++)
    encoder.string(49, header.sender ?? 'STRANGER')
    encoder.timestamp(52, header.time ?? this.#pair.time.wallUs(), 3)
    encoder.string(56, 'VENUE')
    encoder.fields(new Uint8Array(Buffer.from(body.replaceAll('|', '\u0001'), 'latin1')))
    encoder.end()
    return encoder.copy()
  }

  send(bytes: Uint8Array | string): void {
    this.#connection?.send(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes)
  }

  pause(): void {
    this.#connection?.pause()
  }

  get received(): string {
    return this.texts.join('')
  }
}

let pair: SessionPair
let hostile: FixSession
let application: RecordingApplication

beforeEach(async () => {
  pair = await makePair()
  application = new RecordingApplication()
  hostile = new FixSession({
    config: {
      beginString: 'FIX.4.4',
      role: 'acceptor',
      senderCompId: 'VENUE',
      targetCompId: 'STRANGER',
      maxBufferedBytes: 20_000,
    },
    store: new MemoryStore(),
    clock: pair.time,
    application,
  })
  pair.acceptor.add(hostile)
  await pair.connect()
})

/** The session beside works as if nothing had been. */
async function expectUnharmed(): Promise<void> {
  const before = [pair.clientApp.texts.length, pair.venueApp.texts.length]
  say(pair.client, 'there')
  say(pair.venue, 'and back')
  await pair.pass(100)
  expect([pair.clientApp.texts.length, pair.venueApp.texts.length]).toEqual(before.map((count) => count + 1))
  expect(pair.client.counters.resendRequestsSent + pair.venue.counters.resendRequestsSent).toBe(0)
  expect(pair.client.counters.disconnects).toBe(0)
}

const logon = '98=0|108=30|'

describe('before a logon', () => {
  const cases: [string, (stranger: Stranger) => void, string][] = [
    ['garbage', (stranger) => stranger.send('GET / HTTP/1.1\r\nHost: x\r\n\r\n'), 'refusedNoLogon'],
    ['another message', (stranger) => stranger.send(stranger.message('0', '')), 'refusedNoLogon'],
    ['a garbled Logon', (stranger) => stranger.send(stranger.message('A', logon).fill(48, 30, 32)), 'refusedNoLogon'],
    [
      'unknown names',
      (stranger) => stranger.send(stranger.message('A', logon, { sender: 'NOBODY' })),
      'refusedUnknown',
    ],
    [
      'bytes without end',
      (stranger) => stranger.send(`8=FIX.4.4\u00019=60000\u0001${'x'.repeat(20_000)}`),
      'refusedSlow',
    ],
  ]
  it.each(cases)('%s: the connection is closed without a word', async (_name, act, counter) => {
    const stranger = await new Stranger(pair).connect()
    act(stranger)
    await pair.pass(100)
    expect(stranger.isClosed).toBe(true)
    expect(stranger.received).toBe('')
    expect(pair.acceptor.counters[counter as 'refusedSlow']).toBe(1)
    await expectUnharmed()
  })

  it('a clock that is far off, and another version: the same', async () => {
    const late = await new Stranger(pair).connect()
    late.send(late.message('A', logon, { time: pair.time.wallUs() - 3_600_000_000 }))
    const other = await new Stranger(pair).connect()
    other.send(Buffer.from(other.message('A', logon)).toString('latin1').replace('FIX.4.4', 'FIX.4.9'))
    await pair.pass(100)
    expect([late.isClosed, other.isClosed, late.received, other.received]).toEqual([true, true, '', ''])
    expect(hostile.phase).toBe('idle')
    await expectUnharmed()
  })

  it('one byte at a time, or nothing: closed when the time is over', async () => {
    const slow = await new Stranger(pair).connect()
    const silent = await new Stranger(pair).connect()
    const bytes = slow.message('A', logon)
    for (let i = 0; i < 20; i++) {
      slow.send(bytes.subarray(i, i + 1))
      await pair.pass(600)
    }
    expect([slow.isClosed, silent.isClosed]).toEqual([true, true])
    expect(pair.acceptor.counters.refusedSlow).toBe(2)
    await expectUnharmed()
  })

  it('more connections than have room: the last are closed, the room is free again later', async () => {
    const strangers = await Promise.all(Array.from({ length: 100 }, () => new Stranger(pair).connect()))
    await pair.pass(10)
    expect(strangers.filter(({ isClosed }) => isClosed)).toHaveLength(36)
    expect(pair.acceptor.counters.refusedFull).toBe(36)
    await pair.pass(15_000)
    const stranger = await new Stranger(pair).connect()
    stranger.send(stranger.message('A', logon))
    await pair.pass(100)
    expect(hostile.isLoggedOn).toBe(true)
    await expectUnharmed()
  })
})

describe('after a logon', () => {
  async function loggedOn(): Promise<Stranger> {
    const stranger = await new Stranger(pair).connect()
    stranger.send(stranger.message('A', logon))
    await pair.pass(50)
    expect(hostile.isLoggedOn).toBe(true)
    return stranger
  }

  it('a heartbeat interval beyond the bound is refused with a reason', async () => {
    const stranger = await new Stranger(pair).connect()
    stranger.send(stranger.message('A', '98=0|108=99999|'))
    await pair.pass(50)
    expect(stranger.received).toContain('|58=HeartBtInt must be at most 3600|')
    expect(hostile.isLoggedOn).toBe(false)
  })

  it('garbage is passed over and the gap asked for', async () => {
    const stranger = await loggedOn()
    const lost = stranger.message('B', '58=lost|')
    stranger.send('garbage'.repeat(1_000))
    stranger.send(stranger.message('B', '58=after|'))
    await pair.pass(50)
    expect(stranger.received).toContain('|35=2|')
    stranger.send(lost)
    await pair.pass(50)
    expect(application.texts).toEqual(['lost', 'after'])
    await expectUnharmed()
  })

  it("somebody else's names end the session", async () => {
    const stranger = await loggedOn()
    stranger.send(stranger.message('B', '58=x|', { sender: 'CLIENT' }))
    await pair.pass(5_000)
    expect(stranger.received).toMatch(/\|35=3\|.*\|58=CompID problem\|.*\|35=5\|/)
    expect([stranger.isClosed, application.texts]).toEqual([true, []])
    await expectUnharmed()
  })

  it('a message without MsgSeqNum ends the session', async () => {
    const stranger = await loggedOn()
    const encoder = new FixEncoder({ beginString: 'FIX.4.4' })
    encoder.begin('0')
    encoder.string(49, 'STRANGER')
    encoder.end()
    stranger.send(encoder.copy())
    await pair.pass(5_000)
    expect(stranger.received).toContain('|58=Required tag missing (34)|')
    expect(stranger.isClosed).toBe(true)
  })

  it('fields of the header that are missing are rejected, also without a dictionary', async () => {
    const stranger = await loggedOn()
    const encoder = new FixEncoder({ beginString: 'FIX.4.4' })
    encoder.begin('B')
    encoder.int(34, 2)
    encoder.string(49, 'STRANGER')
    encoder.string(56, 'VENUE')
    encoder.end()
    stranger.send(encoder.copy())
    await pair.pass(50)
    expect(stranger.received).toContain('|45=2|58=Required tag missing|371=52|372=B|373=1|')
    expect([hostile.nextIncoming, application.texts]).toEqual([3, []])
  })

  it('a flood is worked off', async () => {
    const stranger = await loggedOn()
    for (let i = 0; i < 5_000; i++) stranger.send(stranger.message('1', '112=x|'))
    await pair.pass(1_000)
    expect(hostile.nextIncoming).toBe(5_002)
    await expectUnharmed()
  })

  it('a flood of numbers far ahead is kept within bounds', async () => {
    const stranger = await loggedOn()
    for (let i = 0; i < 20_000; i++) stranger.send(stranger.message('B', '58=x|', { number: 1_000 + i }))
    await pair.pass(1_000)
    expect(hostile.counters.queued).toBe(10_000)
    expect(hostile.counters.queueOverflows).toBe(10_000)
    expect(hostile.counters.resendRequestsSent).toBe(1)
    await expectUnharmed()
  })

  it('a peer that reads nothing is given up', async () => {
    const stranger = await loggedOn()
    stranger.pause()
    for (let i = 0; i < 3_000; i++) say(hostile, 'x'.repeat(50))
    await pair.pass(1_000)
    expect(hostile.isLoggedOn).toBe(true)
    await pair.pass(15_000)
    expect(hostile.isLoggedOn).toBe(false)
    expect(application.events.at(-1)).toBe('logout: the peer reads nothing')
    await expectUnharmed()
  })

  it('requests for what was never sent, and nonsense, are rejected', async () => {
    const stranger = await loggedOn()
    stranger.send(stranger.message('2', '7=50|16=0|'))
    stranger.send(stranger.message('2', '7=2|16=1|'))
    stranger.send(stranger.message('4', '123=Y|36=1|'))
    await pair.pass(100)
    const rejects = stranger.received.match(/\|35=3\|[^=]*.*?\|10=/g)?.map((text) => /45=.*373=\d+/.exec(text)?.[0])
    expect(rejects).toEqual([
      '45=2|58=Value is incorrect (out of range) for this tag|371=7|372=2|373=5',
      '45=3|58=Value is incorrect (out of range) for this tag|371=16|372=2|373=5',
      '45=4|58=Value is incorrect (out of range) for this tag|372=4|373=5',
    ])
    expect(hostile.isLoggedOn).toBe(true)
  })

  it(
    'mutated messages do no harm, and leave nothing behind',
    async () => {
      const random = new SeededRandom(7)
      const bodies = [
        '58=x|',
        '112=x|',
        '7=1|16=0|',
        '123=Y|36=9|',
        '36=3|',
        '45=1|58=x|',
        '98=0|108=30|141=Y|',
        '95=3|96=a|b|58=x|',
      ]
      const types = ['B', '1', '2', '4', '4', '3', 'A', 'B']
      let stranger = await loggedOn()
      const total = runs({ ci: 5_000, full: 1_000_000 })
      let heapBytes = 0
      for (let i = 0; i < total; i++) {
        if (i % 1_000 === 0) {
          // What the test itself keeps.
          stranger.texts.length = application.texts.length = application.events.length = 0
          if (i === total / 5) heapBytes = process.memoryUsage().heapUsed
        }
        if (!hostile.isLoggedOn) {
          await pair.pass(30_000)
          hostile.setNumbers({ nextIncoming: 1 })
          stranger = await new Stranger(pair).connect()
          stranger.send(stranger.message('A', `${logon}141=Y|`))
          await pair.pass(20)
          continue
        }
        const kind = random.below(types.length)
        const number = random.chance(0.7) ? hostile.nextIncoming : random.below(30)
        const bytes = stranger.message(types[kind] as string, bodies[kind] as string, { number })
        for (let flips = random.below(3); flips > 0; flips--) bytes[random.below(bytes.length)] ^= 1 << random.below(8)
        stranger.send(random.chance(0.1) ? bytes.subarray(random.below(bytes.length)) : bytes)
        if (i % 7 === 0) await pair.pass(2)
      }
      expect(hostile.counters.garbled).toBeGreaterThan(100)
      expect(process.memoryUsage().heapUsed - heapBytes).toBeLessThan(300e6)
      await expectUnharmed()
    },
    runs({ ci: 60_000, full: 1_200_000 }),
  )
})
