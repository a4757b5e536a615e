/** Frames whose numbers cannot be what they say: refused and counted, told as missing where a book would be wrong, and nothing falls over. */
import { pack } from 'msgpackr/pack'
import { afterEach, describe, expect, it } from 'vitest'
import { Publisher } from 'zeromq'
import { Strategy } from '../../system/strategy.js'
import { TradingSystem } from '../../system/trading-system.js'
import { definitions, openConnector, openPublisher, pause, until } from './feed.test-support.js'
import { BodyFormat, buildFrame, FrameType } from './wire/frame.js'
import { PackedWriter } from './wire/packed.js'
import { ZmqConnector } from './zmq-connector.js'

const { NaN: none, POSITIVE_INFINITY: infinite } = Number
const [first] = definitions.map(({ id }) => id)
const group = { all: definitions.map(({ id }) => id) }
const ends: (() => unknown)[] = []

afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

/** A publisher that writes its frames by hand. */
async function openRaw() {
  const socket = new Publisher({ linger: 0 })
  await socket.bind('tcp://127.0.0.1:*')
  ends.push(() => socket.close())
  let sequence = 0
  const header = { type: FrameType.data, flags: 0, publisher: 1, epoch: 5, stream: 9, sentUs: 1 }
  const send = (format: BodyFormat, body: Uint8Array) =>
    socket.send(Buffer.from(buildFrame('group/all', { ...header, format, sequence: ++sequence }, body)))
  return {
    endpoint: socket.lastEndpoint as string,
    send,
    json: (body: unknown) =>
      send(BodyFormat.json, new TextEncoder().encode(typeof body === 'string' ? body : JSON.stringify(body))),
    messagePack: (body: unknown) => send(BodyFormat.messagePack, pack(body)),
    packed: (write: (writer: PackedWriter) => void) => {
      const writer = new PackedWriter()
      for (const [index, id] of group.all.entries()) writer.nameOf(index, id)
      write(writer)
      const body = new Uint8Array(writer.byteLength)
      writer.writeTo(body, new DataView(body.buffer), 0)
      return send(BodyFormat.packed, body)
    },
  }
}

async function open() {
  const raw = await openRaw()
  const { connector, received } = await openConnector(undefined, {
    endpoint: raw.endpoint,
    instruments: definitions,
    groups: group,
  })
  ends.push(() => connector.stop())
  for (const kind of ['quotes', 'trades', 'book', 'bars', 'status', 'news'] as const)
    await connector.subscribeTo({ kind, instrument: 0 })
  await pause(50)
  /** Everything sent before has been read. */
  const settled = async () => {
    const quotes = received.quotes.length
    await raw.json({ kind: 'quote', instrument: first, tsEventUs: 1, bid: 1, ask: 2, bidSize: 1, askSize: 1 })
    await until(() => received.quotes.length > quotes, 'the quote behind')
    received.quotes.pop()
  }
  const newsOf = () => received.notes.filter((note) => (note as { kind?: string }).kind === 'news')
  return { ...raw, connector, received, settled, newsOf }
}

const bar = { kind: 'bar', instrument: first, tsEventUs: 6e7, intervalUs: 6e7, open: 1, high: 2, low: 1, close: 1 }
const bookOf = (...change: unknown[]) => ({ kind: 'book_snapshot', instrument: first, tsEventUs: 1, changes: [change] })

describe('numbers that cannot be', () => {
  it('in packed bodies', async () => {
    const { packed, connector, received, settled, newsOf } = await open()
    let sent = 0
    const each = async (write: (writer: PackedWriter) => void) => {
      sent++
      await packed(write)
    }
    const numbers = [6e7, 1, 2, 1, 1, 10, 3, 1, 0, 6e7]
    for (let field = 0; field < 10; field++)
      for (const bad of [infinite, -infinite, ...([0, 5, 6, 8, 9].includes(field) ? [-1] : [])])
        await each((w) =>
          w.bar(
            0,
            numbers.map((number, at) => (at === field ? bad : number)),
            true,
          ),
        )
    for (const tsUs of [none, infinite, -1, 1e300]) {
      await each((w) => w.status(0, 2, tsUs))
      await each((w) => w.note(0, '{"kind":"news"}', tsUs))
      await each((w) => w.quote(0, 1, 2, 1, 1, tsUs, 1, 0))
      await each((w) => w.trade(0, 1, 1, 0, tsUs, 1, 1, 0))
    }
    for (const [tsUs, sequence, size] of [
      [none, 1, 1],
      [-1, 1, 1],
      [1, infinite, 1],
      [1, 1, infinite],
      [1, 1, -1],
    ] as const)
      await each((w) => {
        w.beginBook(0, true, tsUs, sequence, none)
        w.level(0, 0, 1, size, 0)
        w.commitBook(true)
      })
    await settled()
    expect(received).toMatchObject({ quotes: [], trades: [], bars: [], statuses: [] })
    expect(newsOf()).toEqual([])
    expect(received.books.filter(({ levels }) => levels.length > 0)).toEqual([])
    expect(connector.counters.malformed).toBe(sent)
  })

  it('in JSON, also where the scanner reads it', async () => {
    const { json, connector, received, settled } = await open()
    const bad = [
      { ...bar, intervalUs: 0 },
      { ...bar, intervalUs: -5 },
      { ...bar, tsOpenUs: -5 },
      { ...bar, volume: -5 },
      { ...bar, close: null },
      bookOf('set', 'bid', 1, -1),
      bookOf('add', 'bid', 1, 1),
      bookOf('add', 'bid', 1, 1, null),
      bookOf('set', 'bid', 1),
      bookOf('set', 'bid', null, 1),
      bookOf('set', 'bid', '1e400', 1),
      { kind: 'trade', instrument: first, tsEventUs: -1, price: 1, size: 1 },
      '{"kind":"trade","instrument":"IBM.TEST","tsEventUs":1,"price":1e999,"size":1}',
      '{"kind":"quote","instrument":"IBM.TEST","tsEventUs":1e20,"bid":1,"ask":2,"bidSize":1,"askSize":1}',
      '['.repeat(100_000),
    ]
    for (const each of bad) await json(each)
    await settled()
    expect(received).toMatchObject({ quotes: [], trades: [], bars: [] })
    expect(received.books.filter(({ levels }) => levels.length > 0)).toEqual([])
    expect(connector.counters.malformed).toBe(bad.length)
  })

  it('in MessagePack, with lengths that nobody sent and types that nobody asked for', async () => {
    const { send, messagePack, connector, received, settled } = await open()
    const bodies = [
      [0xdd, 0xff, 0xff, 0xff, 0xff],
      [0xdf, 0xff, 0xff, 0xff, 0xff],
      [0xdb, 0xff, 0xff, 0xff, 0xff],
      [0xc9, 0xff, 0xff, 0xff, 0xff, 0x72],
      [0xd4, 0x72, 0x40],
      [0xc1],
      [],
      new Array(5_000).fill(0x91),
    ]
    for (const bytes of bodies) await send(BodyFormat.messagePack, Uint8Array.from(bytes))
    await messagePack({ ...bar, close: Number.NaN })
    await settled()
    expect(received.bars).toEqual([])
    expect(connector.counters.malformed).toBe(bodies.length + 1)
  })

  it('a book that is refused is told as missing', async () => {
    const { json, received, settled } = await open()
    await json(bookOf('set', 'bid', 5, 1))
    await json(bookOf('set', 'bid', 5, -1))
    await settled()
    expect(received.notes).toMatchObject([{ kind: 'discontinuity', reason: 'missing', instrument: first }])
    expect(received.books.map(({ levels }) => levels.length)).toEqual([1, 0])
  })
})

describe('what is not asked about', () => {
  it('notes whose kind is a word that objects know do not disturb a strategy', async () => {
    const raw = await openRaw()
    const heard: unknown[] = []
    const problems: unknown[] = []
    class Reader extends Strategy {
      override readonly symbols = ['IBM']
      override onNews(news: { headline?: string }): void {
        heard.push(news.headline)
      }
    }
    const feed = new ZmqConnector({ endpoint: raw.endpoint, instruments: definitions, groups: group })
    const system = await TradingSystem.start({ mode: 'paper', connectors: { feed }, strategies: [new Reader()] })
    ends.push(() => system.stop())
    system.events.on('problem', (problem: unknown) => problems.push(problem))
    await pause(50)
    const note = (text: string) =>
      raw.json(`{"kind":"note","instrument":"IBM.TEST","tsEventUs":1,"note":{"kind":${text},"headline":"x"}}`)
    for (const kind of ['__proto__', 'constructor', '__defineGetter__', 'toString']) await note(`"${kind}"`)
    for (const kind of ['5', 'null', '{}', '"news"']) await note(kind)
    await until(() => heard.length > 0, 'the news')
    expect(heard).toEqual(['x'])
    expect(problems).toEqual([])
  })

  it('an instrument is heard as long as somebody wants its book, by level or by order', async () => {
    const publisher = await openPublisher()
    ends.push(() => publisher.stop())
    const { connector, received } = await openConnector(publisher)
    ends.push(() => connector.stop())
    for (const kind of ['book', 'orders'] as const) await connector.subscribeTo({ kind, instrument: 0 })
    await until(() => connector.feedStreams.every(({ state }) => state === 'live'), 'a live stream')
    await connector.unsubscribeFrom({ kind: 'orders', instrument: 0 })
    await pause(50)
    const publish = () => {
      publisher.beginBook(0, 0, true, none, 0, 1, none)
      publisher.addLevel(0, 1, 1)
      publisher.commitBook(true)
    }
    publish()
    await until(() => received.books.length === 1, 'the book, with a time of ours')
    await connector.unsubscribeFrom({ kind: 'book', instrument: 0 })
    publish()
    await pause(50)
    expect(received.books.length).toBe(1)
  })
})
