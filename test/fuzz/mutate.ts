/** Damages real messages the way wires, disks and strangers do, by the dice of a seed. */
import type { SeededRandom } from '../../src/core/random.js'

/** Texts that parsers trip over. */
const tokens = [
  '',
  '0',
  '-0',
  '-1',
  '1e999',
  '-1e-999',
  'NaN',
  'Infinity',
  '0x10',
  '9007199254740993',
  '99999999999999999999999999',
  '1.7976931348623157e308',
  '00000000000000000000001',
  '+5',
  ' 5',
  '5 ',
  '.5',
  '5.',
  'null',
  'true',
  '{}',
  '[]',
  '[[[[[[[[',
  '{"a":',
  '"__proto__"',
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  '"',
  '\\',
  '\\u0000',
  '\\ud800',
  '\u0000',
  '\u0001',
  '8=FIX.4.4\u0001',
  '\u00019=99999999\u0001',
  '\u000110=000\u0001',
  '<',
  '>',
  '&',
  '&#x0;',
  '<!--',
  ']]>',
  '\r\n',
  '\n',
  '\t',
  ',',
  ',,,,',
  '|',
  '=',
  '==',
  ';',
  '[',
  ']',
  '\ufeff',
  '\ud800',
  '😀',
  '%00',
  '../',
  'A'.repeat(300),
  '9'.repeat(400),
].map((text) => Buffer.from(text, 'utf8'))

const numbers = [0, 1, 127, 128, 255, 256, 32_767, 65_535, 65_536, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff]

/** A damaged copy of `input`, at most `maxBytes` long; `other` lends parts. */
export function mutate(input: Uint8Array, other: Uint8Array, random: SeededRandom, maxBytes: number): Uint8Array {
  let bytes = Buffer.from(input)
  for (let times = 1 + random.below(random.chance(0.3) ? 8 : 2); times > 0; times--)
    bytes = damage(bytes, other, random)
  return bytes.subarray(0, maxBytes)
}

function damage(bytes: Buffer, other: Uint8Array, random: SeededRandom): Buffer<ArrayBuffer> {
  const at = random.below(bytes.length + 1)
  const length = Math.min(bytes.length - at, 1 + random.below(random.chance(0.2) ? 400 : 12))
  const join = (...parts: Uint8Array[]) => Buffer.concat([bytes.subarray(0, at), ...parts])
  const rest = bytes.subarray(at + length)
  const from = random.below(other.length + 1)
  switch (random.below(10)) {
    case 0: {
      const flipped = Buffer.from(bytes)
      if (at < flipped.length) flipped[at] = (flipped[at] as number) ^ (1 << random.below(8))
      return flipped
    }
    case 1: {
      const replaced = Buffer.from(bytes)
      if (at < replaced.length) replaced[at] = random.below(256)
      return replaced
    }
    case 2:
      return join(rest)
    case 3:
      return join(bytes.subarray(at, at + length), bytes.subarray(at))
    case 4:
      return join(tokens[random.below(tokens.length)] as Buffer, bytes.subarray(at))
    case 5:
      return join(tokens[random.below(tokens.length)] as Buffer, rest)
    case 6:
      return join()
    case 7:
      return join(other.subarray(from, from + 1 + random.below(200)), rest)
    case 8: {
      const number = Buffer.from(bytes)
      const value = numbers[random.below(numbers.length)] as number
      if (at + 4 <= number.length)
        random.chance(0.5) ? number.writeUInt32LE(value, at) : number.writeUInt32BE(value, at)
      return number
    }
    default: {
      // Digits of a number, which lengths and counts are made of.
      const digits = Buffer.from(bytes)
      for (let i = at; i < Math.min(digits.length, at + 40); i++)
        if ((digits[i] as number) >= 48 && (digits[i] as number) <= 57) {
          digits[i] = 48 + random.below(10)
          if (random.chance(0.5)) break
        }
      return digits
    }
  }
}
