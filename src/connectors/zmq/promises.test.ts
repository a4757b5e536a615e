/**
 * What is promised of data over ZeroMQ, one test for each promise in its plainest form. The same under loss, disorder and
 * restarts by the hundred thousand: `feed/stream-receiver.prop.test.ts`; over real sockets: `zmq-connector.test.ts`.
 */
import { describe, expect, it } from 'vitest'
import { IngestRing } from '../../ring/ingest-ring.js'
import { SlowGate } from './feed/slow-gate.js'
import { StreamReceiver } from './feed/stream-receiver.js'
import type { RecoveryRequest, StreamSettings } from './feed/stream-types.js'
import { definitions } from './feed.test-support.js'
import { checkLimits } from './security.js'
import { BodyFormat, buildFrame, FrameHeader, FrameType, viewOf } from './wire/frame.js'
import { ZmqConnector } from './zmq-connector.js'
import { checkZmqOptions } from './zmq-options.js'

const ms = 1e6

function follow(change: Partial<StreamSettings> & { lines?: number } = {}) {
  const { lines = 1, ...settings } = change
  const told: string[] = []
  const requests: RecoveryRequest[] = []
  const receiver = new StreamReceiver<string>(
    lines,
    {
      reorderMax: 64,
      reorderMs: 50,
      lineWaitMs: 500,
      maxReplay: 100,
      recoveryBuffer: 100,
      heartbeatMs: 1_000,
      requestTimeoutMs: 2_000,
      tries: 2,
      servers: 1,
      backoffMs: [1_000, 30_000],
      ...settings,
    },
    {
      deliver: (frame) => told.push(frame),
      applySnapshot: (_frame, sequence) => told.push(`snapshot ${sequence}`),
      gap: (from, to) => told.push(`gap ${from}-${to}`),
      recovered: (method, lost) => told.push(`recovered ${method} ${lost}`),
      restarted: (from, to) => told.push(`restarted ${from}-${to}`),
      state: (_from, to) => told.push(to),
      request: (request) => requests.push(request),
      random: () => 0,
    },
    0,
  )
  const offer = (sequence: number, atMs: number, { line = 0, epoch = 1 } = {}) =>
    receiver.offer(line, epoch, sequence, String(sequence), atMs * ms)
  /** Begins at number 0: everything from 1 on counts. */
  const begin = (epoch = 1) => {
    receiver.start(0)
    receiver.snapshot((requests.shift() as RecoveryRequest).id, epoch, 0, undefined, 0)
    told.length = 0
  }
  return { receiver, told, requests, offer, begin }
}

describe('what ZeroMQ data promise', () => {
  it('promise 1, identity: every frame has publisher, epoch, stream, sequence and time; another epoch is a restart', () => {
    const header = {
      type: FrameType.data,
      format: BodyFormat.json,
      flags: 0,
      publisher: 7,
      epoch: 1_700_000_000_000_000,
      stream: 42,
      sequence: Number.MAX_SAFE_INTEGER,
      sentUs: 1_700_000_000_000_001,
    }
    const frame = buildFrame('quotes/IBM.TEST', header, new Uint8Array(0))
    const read = new FrameHeader()
    expect(read.read(frame, viewOf(frame))).toBe('')
    expect(read).toMatchObject(header)

    const { receiver, told, offer, begin } = follow()
    begin()
    offer(1, 0)
    offer(2, 1)
    offer(1, 2, { epoch: 2 })
    receiver.tick(100 * ms)
    expect(told).toContain('restarted 1-2')
    expect(receiver.epoch).toBe(2)
    offer(3, 101, { epoch: 1 })
    expect(receiver.counters.old).toBe(1)
  })

  it('promise 1, identity: late frames of a life that was never met do not end the one that goes on', () => {
    const { receiver, told, offer } = follow({ lines: 2, servers: 0, heartbeatMs: 100 })
    for (let sequence = 1; sequence <= 1_000; sequence++) {
      offer(sequence, sequence, { epoch: 200 })
      if (sequence === 500) offer(7, sequence, { line: 1, epoch: 100 })
      receiver.tick(sequence * ms)
    }
    expect(receiver.epoch).toBe(200)
    expect(receiver.last).toBe(1_000)
    // What came while the older was believed is gone, no more than that, and told.
    expect(receiver.counters.old).toBeLessThanOrEqual(301)
    expect(receiver.counters.delivered + receiver.counters.old).toBe(1_001)
    expect(told).toContain(`gap 501-${500 + receiver.counters.old}`)
    // A life that is over stays over while the newer one speaks.
    offer(8, 1_001, { line: 1, epoch: 100 })
    expect(receiver.epoch).toBe(200)
  })

  it('promise 2, states: syncing, live, gap, recovering, live; the gap is told before anything later, its end after', () => {
    const { receiver, told, requests, offer, begin } = follow()
    expect(receiver.state).toBe('syncing')
    begin()
    expect(receiver.state).toBe('live')
    offer(1, 0)
    offer(3, 1)
    receiver.tick(60 * ms)
    expect(told).toEqual(['1', 'gap', 'gap 2-2', 'recovering'])
    const [request] = requests
    receiver.replayed((request as RecoveryRequest).id, [{ sequence: 2, frame: '2' }], true, 61 * ms)
    expect(told.slice(4, 6)).toEqual(['2', 'recovered replay 0'])
    expect(told.slice(6).sort()).toEqual(['3', 'live'])
  })

  it('promise 3, order: early frames wait within the window, each is handed on once and in order', () => {
    const { receiver, told, offer, begin } = follow()
    begin()
    for (const sequence of [1, 4, 3, 3, 2, 1, 5]) offer(sequence, 1)
    expect(told).toEqual(['1', '2', '3', '4', '5'])
    expect(receiver.counters).toMatchObject({ duplicates: 2, gaps: 0 })
    // One more than the window holds: what is missing is given up without waiting for the time.
    for (let sequence = 7; sequence <= 7 + 64; sequence++) offer(sequence, 1)
    expect(told).toContain('gap 6-6')
  })

  it('promise 4, two lines: the first copy counts, a dead line is no gap, what both miss is one', () => {
    const { receiver, told, offer, begin } = follow({ lines: 2 })
    begin()
    offer(1, 0, { line: 0 })
    offer(1, 1, { line: 1 })
    for (let sequence = 2; sequence <= 5; sequence++) offer(sequence, sequence, { line: 1 })
    receiver.tick(2_000 * ms)
    expect(told.filter((each) => /^\d/.test(each))).toEqual(['1', '2', '3', '4', '5'])
    expect(receiver.counters).toMatchObject({ duplicates: 1, gaps: 0 })
    for (const line of [0, 1]) offer(7, 2_001, { line })
    receiver.tick(2_100 * ms)
    expect(told).toContain('gap 6-6')
  })

  it('promise 5, recovery: by number, twice from each server, then the next; a snapshot where it is too much', () => {
    const { receiver, requests, offer, begin } = follow({ servers: 2 })
    begin()
    offer(3, 0)
    receiver.tick(60 * ms)
    expect(requests.at(-1)).toMatchObject({ kind: 'replay', from: 1, to: 2, server: 0 })
    // One request at a time, whatever else is missing.
    offer(9, 61)
    receiver.tick(200 * ms)
    expect(requests.length).toBe(1)
    for (let at = 1; at <= 3; at++) receiver.tick((60 + at * 2_001) * ms)
    expect(requests.map(({ server }) => server)).toEqual([0, 0, 1, 1])

    const large = follow({ maxReplay: 100 })
    large.begin()
    large.offer(1_000, 0)
    large.receiver.tick(60 * ms)
    expect(large.requests.at(-1)).toMatchObject({ kind: 'snapshot' })
    large.receiver.snapshot((large.requests.at(-1) as RecoveryRequest).id, 1, 1_000, undefined, 61 * ms)
    expect(large.told).toContain('snapshot 1000')
    expect(large.receiver.state).toBe('live')
  })

  it('promise 5, recovery: a service that never answers is given up, however fast the data come', () => {
    const { receiver, told, requests, offer } = follow({ servers: 1, recoveryBuffer: 100 })
    receiver.start(0)
    for (let sequence = 1; sequence <= 60_000; sequence++) {
      offer(sequence, sequence)
      receiver.tick(sequence * ms)
    }
    // Two tries of two seconds; from then on everything is handed on, whatever becomes of later questions.
    expect(told.filter((each) => /^\d/.test(each)).length).toBeGreaterThan(55_800)
    expect(receiver.counters).toMatchObject({ gaps: 0, missing: 0 })
    expect(requests.length).toBeGreaterThan(2)
  })

  it('promise 6, heartbeats: a loss at the tail is found without further data, silence of three makes a stream stale', () => {
    const { receiver, told, offer, begin } = follow()
    begin()
    offer(1, 0)
    receiver.heartbeat(0, 1, 3, 1_000 * ms)
    receiver.tick(1_100 * ms)
    expect(told).toContain('gap 2-3')

    const silent = follow()
    silent.begin()
    silent.offer(1, 0)
    silent.receiver.tick(2_900 * ms)
    expect(silent.receiver.state).toBe('live')
    silent.receiver.tick(3_100 * ms)
    expect(silent.receiver.state).toBe('stale')
  })

  it('promise 7, slow consumers: each kind has its policy, and offered = delivered + dropped + conflated + queued', () => {
    const { slow } = checkZmqOptions({ endpoint: 'tcp://127.0.0.1:1', instruments: definitions })
    expect(slow).toMatchObject({ quotes: 'conflate', trades: 'dropOldest', book: 'disconnect' })
    const ring = new IngestRing({ capacity: 8 })
    ring.addConsumer({ name: 'stopped', policy: 'backpressure', handlers: { onQuotes() {}, onTrades() {} } })
    const lost: number[] = []
    const gate = new SlowGate(ring, () => 0, slow, 4, { onOutOfStep: (instrument) => lost.push(instrument) })
    for (let count = 1; count <= 100; count++) {
      gate.quote(0, count, count + 1, 1, 1, count, Number.NaN, 0)
      gate.trade(0, count, 1, 1, count, Number.NaN, count, 0)
      for (const kind of ['quotes', 'trades'] as const) {
        const { offered, delivered, dropped, conflated, queued } = gate.counters(kind, 0)
        expect(offered).toBe(count)
        expect(delivered + dropped + conflated + queued).toBe(offered)
      }
    }
    expect(gate.counters('quotes', 0).conflated).toBeGreaterThan(0)
    expect(gate.counters('trades', 0).dropped).toBeGreaterThan(0)
    gate.beginBook(0, true, 1, Number.NaN, Number.NaN)
    gate.level(0, 0, 1, 1, 0)
    gate.commitBook(true)
    expect(lost).toEqual([0]) // never a book that lost a change: a snapshot is asked for
  })

  it('promise 8, high-water marks: always set, 0 only where it is asked for by name, ZMQ_CONFLATE never', () => {
    expect(checkLimits({}).highWaterMark).toBe(100_000)
    const make = (more: object) => () =>
      new ZmqConnector({ endpoint: 'tcp://127.0.0.1:1', instruments: definitions, ...more })
    expect(make({ highWaterMark: 0 })).toThrowError(/highWaterMark/)
    expect(make({ highWaterMark: 0, allowUnbounded: true })).not.toThrow()
    expect(make({ conflate: true })).toThrowError(/conflate/i)
  })
})
