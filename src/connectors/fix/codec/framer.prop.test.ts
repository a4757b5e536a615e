/**
 * Streams of messages that are cut and damaged at random: nothing is thrown, memory stays bounded, whole messages behind the
 * damage are found, and how the stream is cut makes no difference to what is found in it.
 */
import { describe, expect, it } from 'vitest'
import { runs } from '../../../../test/support/runs.js'
import { SeededRandom } from '../../../core/random.js'
import { fixBytes } from './fix-text.test-support.js'
import { FixFramer, FrameKind } from './framer.js'

const messages = [
  '8=FIX.4.4|35=0|34=2|49=A|56=B|52=20261121-14:30:05|',
  '8=FIX.4.4|35=D|34=3|49=A|56=B|52=20261121-14:30:05|11=id|55=MSFT|54=1|38=100|40=2|44=412.35|60=20261121-14:30:05|',
  '8=FIX.4.2|35=n|34=4|49=A|56=B|95=12|96=a|10=000|b=c|58=end|',
  '8=FIXT.1.1|35=X|34=5|49=A|56=B|268=2|279=0|269=0|270=1.5|279=0|269=1|270=1.6|',
].map(fixBytes)

const size = (random: SeededRandom, below: number) => random.below(below)

/** One to three changes: bytes altered, removed, inserted or repeated. */
function mutated(bytes: Uint8Array, random: SeededRandom): Uint8Array {
  let result = Uint8Array.from(bytes)
  for (let changes = 1 + size(random, 3); changes > 0 && result.length > 0; changes--) {
    const at = size(random, result.length)
    const length = 1 + size(random, 8)
    const kind = size(random, 4)
    if (kind === 0) result[at] = size(random, 256)
    else if (kind === 1) result = Buffer.concat([result.subarray(0, at), result.subarray(at + length)])
    else if (kind === 2) {
      const noise = Uint8Array.from({ length }, () => [1, 61, 48, 49, 56, 57, size(random, 256)][size(random, 7)])
      result = Buffer.concat([result.subarray(0, at), noise, result.subarray(at)])
    } else result = Buffer.concat([result.subarray(0, at + length), result.subarray(at)])
  }
  return result
}

/** Everything found, as text. `split` cuts the stream into chunks of random length. */
function read(stream: Uint8Array, framer: FixFramer, random?: SeededRandom): string[] {
  const found: string[] = []
  for (let from = 0; from < stream.length; ) {
    const to = random === undefined ? stream.length : Math.min(stream.length, from + 1 + size(random, 40))
    framer.push(stream.slice(from, to))
    from = to
    for (let kind = framer.next(); kind !== FrameKind.none; kind = framer.next())
      if (kind === FrameKind.message) found.push(Buffer.from(framer.message.copyBytes()).toString('latin1'))
  }
  return found
}

/** A full run takes minutes. */
const fullRunTimeoutMs = 900_000

describe('damaged streams', () => {
  it(
    'finds the same messages however the stream is cut, and the undamaged ones behind the damage',
    () => {
      const total = runs({ ci: 20_000, full: 1_000_000 })
      for (let run = 0; run < total; run++) {
        const random = new SeededRandom(run)
        const damaged = mutated(messages[size(random, messages.length)], random)
        // Two more messages than the damage can cover: bodies here are shorter than 200 bytes, so 1,000 are enough.
        const filler = Buffer.concat(Array.from({ length: 10 }, () => messages[1]))
        const stream = Buffer.concat([messages[0], damaged, filler])
        const framer = new FixFramer({ limits: { maxBodyLength: 500 } })
        const whole = read(stream, framer)
        const seed = `seed ${run}`
        expect(whole[0], seed).toBe(Buffer.from(messages[0]).toString('latin1'))
        expect(whole.at(-1), seed).toBe(Buffer.from(messages[1]).toString('latin1'))
        expect(framer.pendingBytes, seed).toBeLessThanOrEqual(8)
        if (run % 10 === 0) {
          const cut = read(stream, new FixFramer({ limits: { maxBodyLength: 500 } }), random)
          expect(cut, seed).toEqual(whole)
        }
      }
    },
    fullRunTimeoutMs,
  )

  it('keeps at most one message of noise', () => {
    const random = new SeededRandom(1)
    const framer = new FixFramer({ limits: { maxBodyLength: 500 } })
    for (let round = 0; round < runs({ ci: 2_000, full: 100_000 }); round++) {
      framer.push(
        Uint8Array.from({ length: 1 + size(random, 200) }, () => [1, 56, 61, 70, 73, 88, 57, 49][size(random, 8)]),
      )
      while (framer.next() !== FrameKind.none);
      expect(framer.pendingBytes).toBeLessThanOrEqual(547)
    }
  })
})
