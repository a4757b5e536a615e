/** Messages out of byte streams: cut anywhere, garbled in every way, bounded. */
import { describe, expect, it } from 'vitest'
import { fixBytes } from './fix-text.test-support.js'
import { FixFramer, type FixFramerOptions, FrameKind } from './framer.js'
import { GarbledReason } from './garbled.js'

/** What a framer finds in chunks: message texts, and reasons as numbers. */
function found(chunks: readonly Uint8Array[], options: FixFramerOptions = {}): (string | number)[] {
  const framer = new FixFramer(options)
  const all: (string | number)[] = []
  for (const chunk of chunks) {
    framer.push(Uint8Array.from(chunk))
    for (let kind = framer.next(); kind !== FrameKind.none; kind = framer.next()) {
      const { message } = framer
      all.push(kind === FrameKind.garbled ? framer.garbledReason : (message.string(58) ?? message.msgType))
    }
  }
  return all
}

const join = (...parts: readonly Uint8Array[]) => Buffer.concat(parts)
const heartbeat = (text: string) => fixBytes(`8=FIX.4.4|35=0|34=2|58=${text}|`)

describe('FixFramer', () => {
  it('finds messages in one chunk and in many', () => {
    const stream = join(heartbeat('a'), heartbeat('b'), heartbeat('c'))
    expect(found([stream])).toEqual(['a', 'b', 'c'])
    for (let cut = 0; cut <= stream.length; cut++)
      expect(found([stream.subarray(0, cut), stream.subarray(cut)])).toEqual(['a', 'b', 'c'])
    expect(found([...stream].map((byte) => Uint8Array.of(byte)))).toEqual(['a', 'b', 'c'])
  })

  it('reads data fields that look like the end of a message', () => {
    const message = fixBytes('8=FIX.4.4|35=0|95=15|96=|10=123|8=FIX.4|58=whole|')
    expect(found([join(message, heartbeat('next'))])).toEqual(['whole', 'next'])
  })

  it('ignores a message with a wrong CheckSum and goes on behind it', () => {
    const wrong = fixBytes('8=FIX.4.4|35=0|34=2|58=bad|10=256|')
    expect(found([join(wrong, heartbeat('good'))])).toEqual([GarbledReason.wrongCheckSum, 'good'])
  })

  it('loses what a wrong BodyLength covers, and no more', () => {
    const short = fixBytes('8=FIX.4.4|9=5|35=0|34=2|58=bad|')
    expect(found([join(short, heartbeat('good'))])).toEqual([GarbledReason.noCheckSum, 'good'])
    const bodyLength = fixBytes('8=FIX.4.4|35=0|34=2|58=bad|').length
    const long = fixBytes(`8=FIX.4.4|9=${bodyLength}|35=0|34=2|58=bad|`)
    expect(found([join(long, heartbeat('covered'), heartbeat('good'))])).toEqual([GarbledReason.noCheckSum, 'good'])
  })

  it.each([
    ['noise', GarbledReason.noBeginString],
    ['35=0|8=FI', GarbledReason.noBeginString],
    ['8=FIX.4.4.4.4.4.4.4.4.4|9=5|', GarbledReason.badBeginString],
    ['8=FIX 4.4|9=5|35=0|10=000|', GarbledReason.badBeginString],
    ['8=FIX.4.4|35=0|34=2|9=12|10=000|', GarbledReason.badBodyLength],
    ['8=FIX.4.4|9=|35=0|10=000|', GarbledReason.badBodyLength],
    ['8=FIX.4.4|9=-5|35=0|10=000|', GarbledReason.badBodyLength],
    ['8=FIX.4.4|9=1234567890|35=0|10=000|', GarbledReason.badBodyLength],
    ['8=FIX.4.4|9=5x|35=0|10=000|', GarbledReason.badBodyLength],
    ['8=FIX.4.4|9=65537|35=0|10=000|', GarbledReason.bodyLengthTooLarge],
    ['8=FIX.4.4|9=5|35=0|10=00x|', GarbledReason.noCheckSum],
    ['8=FIX.4.4|9=0|10=000|', GarbledReason.wrongCheckSum],
  ])('passes over %j', (text, reason) => {
    const noise = Buffer.from(text.replaceAll('|', '\u0001'), 'latin1')
    const stream = join(noise, heartbeat('good'))
    expect(found([stream])).toEqual([reason, 'good'])
    expect(found([...stream].map((byte) => Uint8Array.of(byte))).filter((each) => typeof each === 'string')).toEqual([
      'good',
    ])
  })

  it('counts what it passes over', () => {
    const framer = new FixFramer()
    framer.push(join(Buffer.from('noise'), heartbeat('good')))
    expect(framer.next()).toBe(FrameKind.garbled)
    expect(framer.garbledBytes).toBe(5)
    expect(framer.next()).toBe(FrameKind.message)
    expect(framer.messageCount).toBe(1)
    expect(framer.garbledCounts[GarbledReason.noBeginString]).toBe(1)
    expect(framer.pendingBytes).toBe(0)
  })

  it('accepts the largest body and refuses the next larger one', () => {
    const body = (length: number) => fixBytes(`8=FIX.4.4|35=0|58=${'x'.repeat(length - 9)}|`)
    expect(found([body(200)], { limits: { maxBodyLength: 200 } })).toHaveLength(1)
    expect(found([body(200)], { limits: { maxBodyLength: 200 } })[0]).toMatch(/^x+$/)
    expect(found([body(201)], { limits: { maxBodyLength: 200 } })).toEqual([GarbledReason.bodyLengthTooLarge])
  })

  it('bounds what waits when nobody reads', () => {
    const framer = new FixFramer({ limits: { maxBodyLength: 1_000 } })
    const chunk = heartbeat('x'.repeat(500))
    const pushes = () => {
      for (let count = 0; count < 100; count++) framer.push(chunk)
    }
    expect(pushes).toThrow(expect.objectContaining({ code: 'TW_CAPACITY' }))
    expect(framer.pendingBytes).toBeLessThan(20_000)
  })

  it('starts afresh after a reset', () => {
    const framer = new FixFramer()
    framer.push(heartbeat('cut').subarray(0, 20))
    expect(framer.next()).toBe(FrameKind.none)
    framer.reset()
    framer.push(heartbeat('good'))
    expect(framer.next()).toBe(FrameKind.message)
    expect(framer.message.string(58)).toBe('good')
  })
})
