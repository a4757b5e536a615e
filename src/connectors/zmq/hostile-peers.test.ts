/** What peers do to a connector and a publisher that are wrong, late, of another life, or not what they say. */
import { describe, expect, it } from 'vitest'
import { Router } from 'zeromq'
import { openConnector, openPublisher, pause, until } from './feed.test-support.js'
import { SendQueue } from './send-queue.js'
import { BodyFormat, buildFrame, FrameType } from './wire/frame.js'
import { PackedWriter } from './wire/packed.js'
import { ZmqConnector } from './zmq-connector.js'

describe('a stream of many instruments', () => {
  it("names them alike in frames and snapshots: a late subscriber gets nobody else's prices", async () => {
    const publisher = await openPublisher({ groups: { all: ['IBM.TEST', 'SPY.TEST'] } })
    // The first event of IBM is a trade, which is no state: in a snapshot SPY comes first.
    publisher.publishTrade(0, 0, 10, 1, 1, 1, 0, Number.NaN, 1, 0)
    publisher.publishQuote(1, 0, 200, 201, 1, 1, 1, 0, 1, 0)
    publisher.publishQuote(0, 0, 10, 11, 1, 1, 1, 0, 1, 0)
    publisher.flush()
    const { connector, received } = await openConnector(publisher)
    for (const instrument of [0, 1]) await connector.subscribeTo({ kind: 'quotes', instrument })
    await until(() => received.quotes.length === 2, 'the snapshot')
    publisher.publishQuote(1, 0, 202, 203, 1, 1, 2, 0, 2, 0)
    publisher.publishQuote(0, 0, 12, 13, 1, 1, 2, 0, 2, 0)
    await until(() => received.quotes.length === 4, 'what follows')
    const bids = (instrument: number) => received.quotes.filter((quote) => quote.instrument === instrument)
    expect(bids(0).map(({ bid }) => bid)).toEqual([10, 12])
    expect(bids(1).map(({ bid }) => bid)).toEqual([200, 202])
    await connector.stop()
    await publisher.stop()
  })
})

describe('a service that is not what it says', () => {
  /** A publisher whose questions for snapshots are answered by `answer`; all others by the true service. */
  async function open(answer: (head: { id: number }) => (string | Uint8Array)[]) {
    const publisher = await openPublisher()
    publisher.publishQuote(0, 0, 1, 2, 1, 1, 1, 0, 1, 0)
    publisher.flush()
    const liar = new Router({ linger: 0 })
    await liar.bind('tcp://127.0.0.1:*')
    let asked = 0
    const serve = async () => {
      for await (const [who, text] of liar) {
        const question = JSON.parse(String(text)) as { id: number; ask: string }
        asked++
        if (question.ask === 'snapshot') await liar.send([who as Buffer, ...answer(question)])
        else await liar.send([who as Buffer, JSON.stringify({ id: question.id, ok: false, reason: 'not here' })])
      }
    }
    void serve()
    const { connector, received } = await openConnector(publisher, {
      service: [liar.lastEndpoint as string, publisher.serviceEndpoint],
      recoveryTimeoutMs: 3_000,
    })
    await connector.subscribeTo({ kind: 'quotes', instrument: 0 })
    const close = async () => {
      await connector.stop()
      liar.close()
      await publisher.stop()
    }
    return { publisher, connector, received, close, asked: () => asked }
  }

  const snapshotOf = (topic: string, publisher: number, epoch: number, sequence: number) => {
    const writer = new PackedWriter()
    writer.quote(writer.nameOf(0, 'IBM.TEST'), 666, 667, 1, 1, 1, 1, 0)
    const body = new Uint8Array(writer.byteLength)
    writer.writeTo(body, new DataView(body.buffer), 0)
    const fields = { flags: 0, publisher, epoch, stream: 1, sequence, sentUs: 1, format: BodyFormat.packed }
    return buildFrame(topic, { ...fields, type: FrameType.snapshot }, body)
  }

  it.each([
    ['no frame', ({ id }: { id: number }) => [JSON.stringify({ id, ok: true, epoch: 5, sequence: 3 })]],
    [
      'bytes that are no frame',
      ({ id }: { id: number }) => [JSON.stringify({ id, ok: true, epoch: 5, sequence: 3 }), 'x'],
    ],
    [
      'the state of another stream',
      ({ id }: { id: number }) => [
        JSON.stringify({ id, ok: true, epoch: 5, sequence: 3 }),
        snapshotOf('quotes/IBM.TEST', 1, 5, 3),
      ],
    ],
    [
      'numbers that are none',
      ({ id }: { id: number }) => [JSON.stringify({ id, ok: true, epoch: 'x', sequence: {} }), 'x'],
    ],
  ])('is not believed, and the next is asked: %s', async (_what, answer) => {
    const { publisher, connector, received, close, asked } = await open(answer)
    await until(() => received.quotes.length === 1, 'the state')
    expect(received.quotes).toMatchObject([{ bid: 1 }])
    expect(asked()).toBeGreaterThan(0)
    expect(connector.feedStreams).toMatchObject([{ state: 'live', epoch: publisher.epoch, counters: { restarts: 0 } }])
    await close()
  })
})

describe('options', () => {
  it('an endpoint that is taken is named', async () => {
    const publisher = await openPublisher()
    const [bind = ''] = publisher.endpoints
    await expect(openPublisher({ bind })).rejects.toMatchObject({
      code: 'TW_NETWORK',
      message: expect.stringContaining(bind),
    })
    await expect(openPublisher({ service: bind })).rejects.toThrow(bind)
    await publisher.stop()
  })

  it('a queue without limit is one, not one without room', async () => {
    const publisher = await openPublisher({ highWaterMark: 0, allowUnbounded: true })
    const { connector, received } = await openConnector(publisher)
    for (const instrument of [0, 1, 2]) await connector.subscribeTo({ kind: 'quotes', instrument })
    await until(() => connector.feedStreams.every(({ state }) => state === 'live'), 'live streams')
    await pause(50)
    for (const instrument of [0, 1, 2]) publisher.publishQuote(instrument, 0, 1, 2, 1, 1, 1, 0, 1, 0)
    await until(() => received.quotes.length === 3, 'all three')
    expect(publisher.counters.dropped).toBe(0)
    await connector.stop()
    await publisher.stop()
    const sent: unknown[] = []
    const queue = new SendQueue({ closed: false, send: async (message) => void sent.push(message) }, 0, () => {})
    for (let count = 0; count < 3; count++) expect(queue.send(new Uint8Array(1))).toBe(true)
  })

  it('that make no sense are refused by name', async () => {
    for (const [field, more] of [
      ['pattern', { pattern: 'pubsub' }],
      ['format', { format: 'xml' }],
      ['heartbeatMs', { heartbeatMs: 0 }],
      ['heartbeatMs', { heartbeatMs: Number.NaN }],
      ['lingerMs', { lingerMs: -1 }],
      ['replay.frames', { replay: { frames: 0 } }],
      ['replay.bytes', { replay: { bytes: -1 } }],
      ['groups', { groups: { a: ['IBM.TEST'], b: ['IBM.TEST'] } }],
      ['groups', { groups: { ['x'.repeat(300)]: ['IBM.TEST'] } }],
    ] as const)
      await expect(openPublisher(more as never), JSON.stringify(more)).rejects.toThrow(field)
    const gateway = { endpoint: 'tcp://127.0.0.1:1', client: 'a', environment: 'paper' as const }
    for (const [field, more] of [
      ['pattern', { endpoint: 'tcp://127.0.0.1:1', instruments: [], pattern: 'push' }],
      ['slowCapacity', { endpoint: 'tcp://127.0.0.1:1', instruments: [], slowCapacity: 0 }],
      ['maxAgeMs', { endpoint: 'tcp://127.0.0.1:1', instruments: [], maxAgeMs: Number.NaN }],
      ['recoveryBuffer', { endpoint: 'tcp://127.0.0.1:1', instruments: [], recoveryBuffer: 1.5 }],
      ['gateway.endpoint', { gateway: { ...gateway, endpoint: 'tcp://10.0.0.1:5557' } }],
      ['gateway.client', { gateway: { ...gateway, client: '' } }],
      ['gateway.environment', { gateway: { ...gateway, environment: 'prod' } }],
      ['tokn', { gateway: { ...gateway, tokn: 'x' } }],
    ] as const)
      expect(() => new ZmqConnector(more as never), JSON.stringify(more)).toThrow(field)
  })
})
