/** Frames and packed bodies: what is written is read, and bytes that are none are refused without harm. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { runs } from '../../../../test/support/runs.js'
import { InstrumentRegistry } from '../../../model/instrument-registry.js'
import { IngestRing } from '../../../ring/ingest-ring.js'
import { FeedDecoder } from '../feed/feed-decoder.js'
import { SlowGate } from '../feed/slow-gate.js'
import { definitions } from '../feed.test-support.js'
import { bodyWriter } from './body-writer.js'
import { BodyFormat, buildFrame, FrameHeader, FrameType, topicOf, viewOf } from './frame.js'

const numRuns = runs({ ci: 2_000, full: 100_000 })
const u53 = fc.maxSafeNat()
const topic = fc.string({ minLength: 1, maxLength: 40 }).filter((text) => !text.includes('\0'))

describe('frames', () => {
  it('are read as they were written', () => {
    fc.assert(
      fc.property(
        topic,
        u53,
        u53,
        u53,
        u53,
        fc.nat({ max: 2 ** 32 - 1 }),
        fc.uint8Array({ maxLength: 64 }),
        (name, publisher, epoch, sequence, sentUs, stream, body) => {
          const fields = {
            type: FrameType.data,
            format: BodyFormat.packed,
            flags: 1,
            publisher,
            epoch,
            stream,
            sequence,
            sentUs,
          }
          const frame = buildFrame(name, fields, body)
          const header = new FrameHeader()
          expect(header.read(frame, viewOf(frame))).toBe('')
          expect(header).toMatchObject(fields)
          expect(topicOf(frame, header)).toBe(name)
          expect([...frame.subarray(header.bodyStart, header.bodyEnd)]).toEqual([...body])
          // Any cut, and any byte too many, is noticed.
          for (const cut of [0, 1, 10, frame.length - 1]) {
            const short = frame.slice(0, Math.min(cut, frame.length - 1))
            expect(header.read(short, viewOf(short))).not.toBe('')
          }
          const long = new Uint8Array(frame.length + 1)
          long.set(frame)
          expect(header.read(long, viewOf(long))).toBe('length')
        },
      ),
      { numRuns },
    )
  })

  it('of any bytes harm nothing', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        new FrameHeader().read(bytes, viewOf(bytes))
      }),
      { numRuns },
    )
  })
})

function decoderTo(ring: IngestRing) {
  const instruments = new InstrumentRegistry()
  for (const each of definitions) instruments.add(each)
  const policies = {
    quotes: 'conflate',
    trades: 'dropOldest',
    book: 'disconnect',
    bars: 'dropOldest',
    status: 'dropOldest',
    news: 'dropOldest',
  } as const
  const gate = new SlowGate(ring, () => 0, policies, 64, { onOutOfStep: () => {} })
  const decoder = new FeedDecoder(gate, instruments, new Map())
  for (const kind of ['quotes', 'trades', 'book', 'bars', 'status', 'news'] as const)
    for (const instrument of [-1, 0, 1, 2]) decoder.want(kind, instrument, true)
  return decoder
}

/** A body of every kind of event. */
function bodyOf(format: 'packed' | 'json' | 'messagepack'): { body: Uint8Array; code: BodyFormat } {
  const writer = bodyWriter(format)
  const id = (index: number) => definitions[index]?.id ?? ''
  writer.quote(0, id(0), 1, 2, 3, 4, 5, 6, 7)
  writer.trade(1, id(1), 1, 2, -1, 3, 4, 5, 6)
  writer.beginBook(2, id(2), true, 1, 2, 3)
  writer.level(0, 0, 1, 2, 0)
  writer.level(1, 1, 1, 2, 3)
  writer.commitBook(true)
  writer.bar(0, id(0), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10], true)
  writer.status(0, id(0), 3, 4)
  writer.note(0, id(0), { text: 'ä' }, 5)
  return { body: writer.take(), code: writer.format }
}

describe('bodies', () => {
  for (const format of ['packed', 'json', 'messagepack'] as const) {
    it(`${format}: damaged anywhere, they are refused or read, and nothing breaks`, () => {
      const { body, code } = bodyOf(format)
      const ring = new IngestRing({ capacity: 1_024 })
      const decoder = decoderTo(ring)
      const decode = (bytes: Uint8Array) =>
        decoder.decode(
          code,
          bytes,
          viewOf(bytes),
          0,
          bytes.length,
          { epoch: -1, version: -1, indices: new Int32Array(0) },
          1,
          false,
        )
      expect(decode(body)).toBe(true)
      fc.assert(
        fc.property(
          fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { maxLength: 6 }),
          fc.option(fc.nat()),
          (changes, cut) => {
            const bytes = body.slice(0, cut === null ? body.length : cut % body.length)
            for (const [at, value] of changes) if (bytes.length > 0) bytes[at % bytes.length] = value
            const before = decoder.counters.malformed
            const isGood = decode(bytes)
            if (!isGood) expect(decoder.counters.malformed - before).toBe(1)
          },
        ),
        { numRuns },
      )
    })
  }

  it('packed: a body that is damaged anywhere in its structure hands nothing on', () => {
    const { body, code } = bodyOf('packed')
    const ring = new IngestRing({ capacity: 1_024 })
    const decoder = decoderTo(ring)
    for (let cut = 0; cut < body.length; cut++) {
      const bytes = body.slice(0, cut)
      const isGood = decoder.decode(
        code,
        bytes,
        viewOf(bytes),
        0,
        cut,
        { epoch: -1, version: -1, indices: new Int32Array(0) },
        1,
        false,
      )
      expect(isGood).toBe(false)
    }
    expect(ring.head).toBe(0)
  })

  it('of any bytes harm nothing', () => {
    const decoder = decoderTo(new IngestRing({ capacity: 1_024 }))
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 300 }),
        fc.constantFrom(BodyFormat.json, BodyFormat.messagePack, BodyFormat.packed),
        (bytes, format) => {
          decoder.decode(
            format,
            bytes,
            viewOf(bytes),
            0,
            bytes.length,
            { epoch: -1, version: -1, indices: new Int32Array(0) },
            1,
            false,
          )
        },
      ),
      { numRuns },
    )
  })
})
