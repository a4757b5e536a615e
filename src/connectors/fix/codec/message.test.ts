/** The view of a message: fields, typed access, and what makes a message garbled. */
import { describe, expect, it } from 'vitest'
import { TradewireError } from '../../../core/errors.js'
import { printable } from './bytes.js'
import { dataTagTable } from './data-tags.js'
import { fixBytes, fixMessage } from './fix-text.test-support.js'
import { GarbledReason } from './garbled.js'
import { FixMessage, msgTypeCodeOf } from './message.js'

const order = '8=FIX.4.4|35=D|34=7|49=A|56=B|52=20261121-14:30:05.123|11=id|38=1500|44=412.35|54=1|43=Y|97=N|58=a=b|'
const codeOf = (action: () => unknown): string | undefined => {
  try {
    action()
  } catch (error) {
    return error instanceof TradewireError ? error.code : 'other'
  }
  return undefined
}
const reasonOf = (text: string, options = {}) => {
  const bytes = fixBytes(text)
  return new FixMessage(options).read(bytes, 0, bytes.length)
}

describe('FixMessage', () => {
  it('gives typed access to fields', () => {
    const message = fixMessage(order)
    expect(message.msgType).toBe('D')
    expect(message.msgTypeCode).toBe(msgTypeCodeOf('D'))
    expect(message.int(34)).toBe(7)
    expect(message.string(11)).toBe('id')
    expect(message.string(58)).toBe('a=b')
    expect(message.double(44)).toBe(412.35)
    expect(message.units(44, 4)).toBe(4_123_500)
    expect(message.char(54)).toBe(49)
    expect(message.flag(43)).toBe(true)
    expect(message.flag(97)).toBe(false)
    expect(message.timestampUs(52)).toBe(Date.UTC(2026, 10, 21, 14, 30, 5, 123) * 1_000)
    expect(message.equals(49, 'A')).toBe(true)
    expect(message.equals(49, 'AB')).toBe(false)
    expect(message.string(8)).toBe('FIX.4.4')
    expect(message.tags[message.fieldCount - 1]).toBe(10)
    expect(printable(message.bytesOf(11) as Uint8Array)).toBe('id')
    expect(printable(message.copyBytes())).toBe(printable(fixBytes(order)))
  })

  it('tells absent fields from all values', () => {
    const message = fixMessage(order)
    expect(message.has(1)).toBe(false)
    expect(message.string(1)).toBeUndefined()
    expect(message.bytesOf(1)).toBeUndefined()
    expect(message.int(1)).toBeNaN()
    expect(message.double(1)).toBeNaN()
    expect(message.units(1, 2)).toBeNaN()
    expect(message.timestampUs(1)).toBeNaN()
    expect(message.char(1)).toBe(0)
    expect(message.flag(1)).toBe(false)
    expect(message.equals(1, '')).toBe(false)
  })

  it('refuses values that are none of the type asked for', () => {
    const message = fixMessage('8=FIX.4.4|35=D|34=x|44=1e5|54=12|43=y|52=now|38=|40=99999999999999999999|41=1.005|')
    expect(codeOf(() => message.int(34))).toBe('TW_INVALID_MODEL')
    expect(codeOf(() => message.double(44))).toBe('TW_INVALID_MODEL')
    expect(codeOf(() => message.units(44, 2))).toBe('TW_INVALID_MODEL')
    expect(codeOf(() => message.char(54))).toBe('TW_INVALID_MODEL')
    expect(codeOf(() => message.char(38))).toBe('TW_INVALID_MODEL')
    expect(codeOf(() => message.flag(43))).toBe('TW_INVALID_MODEL')
    expect(codeOf(() => message.timestampUs(52))).toBe('TW_INVALID_MODEL')
    expect(codeOf(() => message.int(38))).toBe('TW_INVALID_MODEL')
    expect(codeOf(() => message.units(40, 0))).toBe('TW_OUT_OF_RANGE')
    expect(codeOf(() => message.units(41, 2))).toBe('TW_OFF_GRID')
  })

  it('reads data fields by their length, separators and trailers included', () => {
    const message = fixMessage('8=FIX.4.4|35=n|95=14|96=a|10=000|b=c|d|58=end|')
    expect(message.string(96)).toBe('a\u000110=000\u0001b=c\u0001d')
    expect(message.string(58)).toBe('end')
  })

  it('takes a length that no data field follows for an ordinary field', () => {
    const message = fixMessage('8=FIX.4.4|35=n|95=3|58=text|96=x|')
    expect(message.string(96)).toBe('x')
  })

  it('learns pairs of length and data from a table', () => {
    const text = '8=FIX.4.4|35=n|5100=3|5101=a|b|'
    expect(reasonOf(text)).toBe(GarbledReason.malformedTag)
    const message = fixMessage(text, { dataTags: dataTagTable([[5_100, 5_101]]) })
    expect(message.string(5_101)).toBe('a\u0001b')
  })

  it('takes invalid tags for tags, for a reject to name them', () => {
    const message = fixMessage('8=FIX.4.4|35=0|0=HI|-1=HI|999999999=x|')
    expect([...message.tags.subarray(3, 6)]).toEqual([0, -1, 999_999_999])
  })

  it.each([
    ['58', GarbledReason.malformedTag],
    ['=x', GarbledReason.malformedTag],
    ['49garbled=TW', GarbledReason.malformedTag],
    ['4garbled9=TW', GarbledReason.malformedTag],
    ['058=x', GarbledReason.malformedTag],
    ['-=x', GarbledReason.malformedTag],
    ['--1=x', GarbledReason.malformedTag],
    ['1234567890=x', GarbledReason.malformedTag],
    ['', GarbledReason.malformedTag],
    ['95=5|96=x', GarbledReason.badDataLength],
    ['95=0|96=x', GarbledReason.badDataLength],
    ['95=99999|96=x', GarbledReason.badDataLength],
    ['95=-1|96=x', GarbledReason.badDataLength],
  ])('finds a message with the field %j garbled', (field, reason) => {
    expect(reasonOf(`8=FIX.4.4|35=0|34=2|${field}|`)).toBe(reason)
  })

  it('finds a message garbled whose MsgType is not third, or empty', () => {
    expect(reasonOf('8=FIX.4.4|34=3|35=0|')).toBe(GarbledReason.noMsgType)
    expect(reasonOf('8=FIX.4.4|35=|34=3|')).toBe(GarbledReason.noMsgType)
    expect(reasonOf('8=FIX.4.4|')).toBe(GarbledReason.noMsgType)
  })

  it('finds a message garbled whose CheckSum is wrong, absent or no three digits', () => {
    expect(reasonOf('8=FIX.4.4|35=0|34=2|10=256|')).toBe(GarbledReason.wrongCheckSum)
    expect(reasonOf('8=FIX.4.4|35=0|34=2|10=1|')).toBe(GarbledReason.noCheckSum)
    const bytes = fixBytes('8=FIX.4.4|35=0|34=2|')
    expect(new FixMessage().read(bytes, 0, bytes.length - 1)).toBe(GarbledReason.noCheckSum)
    expect(new FixMessage().read(bytes, 0, bytes.length + 1)).toBe(GarbledReason.noCheckSum)
    expect(new FixMessage().read(bytes, 0, 3)).toBe(GarbledReason.noCheckSum)
  })

  it('bounds the number of fields', () => {
    const text = `8=FIX.4.4|35=0|${'58=x|'.repeat(7)}`
    expect(reasonOf(text, { limits: { maxFields: 11 } })).toBe(GarbledReason.none)
    expect(reasonOf(text, { limits: { maxFields: 10 } })).toBe(GarbledReason.tooManyFields)
  })

  it('holds no fields after a garbled message', () => {
    const message = fixMessage(order)
    const bytes = fixBytes('8=FIX.4.4|35=0|34=2|10=256|')
    message.read(bytes, 0, bytes.length)
    expect(message.fieldCount).toBe(0)
    expect(message.has(35)).toBe(false)
  })

  it('keeps message types apart that differ in odd characters', () => {
    const types = ['A', 'AE', 'EA', 'ABC', 'ABCD', 'A\u0002', '\u0002A', 'é', 'U1']
    const codes = types.map((type) => {
      const message = fixMessage(`8=FIX.4.4|35=${type}|`)
      expect(message.msgType).toBe(type)
      return message.msgTypeCode
    })
    const known = codes.filter((code) => code >= 0)
    expect(new Set(known).size).toBe(known.length)
    expect(codes[5]).toBe(-1)
    expect(msgTypeCodeOf('')).toBe(-1)
  })
})
