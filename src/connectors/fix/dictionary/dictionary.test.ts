/** Dictionaries in use, overlays, sorted messages and messages as objects. */
import { describe, expect, it } from 'vitest'
import { printable } from '../codec/bytes.js'
import { FixEncoder } from '../codec/encoder.js'
import { fixBytes, fixMessage } from '../codec/fix-text.test-support.js'
import { FixMessage } from '../codec/message.js'
import { FixDictionary } from './dictionary.js'
import { type FixObject, readFixObject, writeFixObject } from './objects.js'
import { overlayDictionary } from './overlay.js'
import { parseQuickFixXml } from './quickfix-xml.js'
import { RejectReason, rejectText } from './reject-reason.js'
import { smallDictionary, smallXml } from './small-dictionary.test-support.js'
import { FixSorter } from './sorter.js'
import { readTable, writeTable } from './table-text.js'
import { FixValidator } from './validator.js'

const small = parseQuickFixXml(smallXml)
const codeOf = (action: () => unknown): string => {
  try {
    action()
  } catch (error) {
    return (error as { code: string }).code
  }
  return 'none'
}
const order = '8=FIX.4.4|35=D|49=A|34=2|11=id|55=MSFT|54=1|'
const reasonOf = (text: string, dictionary: FixDictionary) =>
  new FixValidator(dictionary).validate(fixMessage(text, { dataTags: dictionary.dataTags }))

describe('FixDictionary', () => {
  const dictionary = smallDictionary()

  it('answers for fields and messages', () => {
    expect(dictionary.beginString).toBe('FIX.4.4')
    expect(dictionary.field(54)?.name).toBe('Side')
    expect(dictionary.field('Side')?.tag).toBe(54)
    expect(dictionary.field('constructor')).toBeUndefined()
    expect(dictionary.message('D')?.name).toBe('Order')
    expect([...dictionary.messages]).toHaveLength(2)
    expect(dictionary.allows(54, '1')).toBe(true)
    expect(dictionary.allows(54, '9')).toBe(false)
    expect(dictionary.allows(58, 'any')).toBe(true)
    expect(dictionary.allows(9_999, 'any')).toBe(false)
    expect(dictionary.dataTags[95]).toBe(96)
    expect(dictionary.dataTags[93]).toBe(89)
  })

  it('wants a header', () => {
    expect(codeOf(() => new FixDictionary({ ...small, header: [] }))).toBe('TW_INVALID_MODEL')
  })

  it('takes header and session messages from the transport', () => {
    const application = {
      ...small,
      version: 'FIX.5.0',
      header: [],
      trailer: [],
      messages: small.messages.filter((each) => each.category === 'app'),
    }
    const transport = {
      ...small,
      version: 'FIXT.1.1',
      messages: small.messages.filter((each) => each.category === 'admin'),
    }
    const both = new FixDictionary(application, transport)
    expect(both.beginString).toBe('FIXT.1.1')
    expect(reasonOf(order.replace('FIX.4.4', 'FIXT.1.1'), both)).toBe(RejectReason.none)
    expect(reasonOf('8=FIXT.1.1|35=0|49=A|34=2|112=x|', both)).toBe(RejectReason.none)
    expect(reasonOf('8=FIXT.1.1|35=D|34=2|', both)).toBe(RejectReason.requiredTagMissing)
  })

  it('words every reason', () => {
    const reasons = Object.values(RejectReason).filter((reason) => reason !== RejectReason.none)
    expect(reasons.filter((reason) => rejectText(reason) === '')).toEqual([])
  })
})

describe('overlayDictionary', () => {
  it('adds and changes', () => {
    const changed = overlayDictionary(small, {
      fields: [
        { tag: 9_100, name: 'Desk', type: 'STRING' },
        { tag: 9_101, name: 'NoDesks', type: 'NUMINGROUP' },
      ],
      values: { Side: ['5'], SecurityType: [] },
      messages: {
        D: {
          members: [
            {
              kind: 'group',
              name: 'NoDesks',
              required: false,
              members: [{ kind: 'field', name: 'Desk', required: true }],
            },
          ],
          optional: ['Instrument'],
          removed: ['Price'],
        },
        U1: { name: 'Own', members: [{ kind: 'field', name: 'Desk', required: true }] },
      },
      components: { header: { optional: ['SenderCompID'] } },
    })
    const dictionary = new FixDictionary(changed)
    expect(reasonOf('8=FIX.4.4|35=D|34=2|11=id|54=5|9101=1|9100=x|167=ANY|', dictionary)).toBe(RejectReason.none)
    expect(reasonOf(`${order}44=1|`, dictionary)).toBe(RejectReason.tagNotDefinedForMessage)
    expect(reasonOf('8=FIX.4.4|35=U1|34=2|9100=x|', dictionary)).toBe(RejectReason.none)
    expect(reasonOf('8=FIX.4.4|35=U1|34=2|', dictionary)).toBe(RejectReason.requiredTagMissing)
    expect(reasonOf(order, new FixDictionary(small))).toBe(RejectReason.none)
  })

  it.each([
    { values: { Nothing: ['1'] } },
    { messages: { U1: {} } },
    { messages: { D: { removed: ['Nothing'] } } },
    { messages: { D: { optional: ['Nothing'] } } },
    { fields: [{ tag: 9_100, name: 'Side', type: 'STRING' as const }] },
  ])('refuses %j', (overlay) => {
    expect(codeOf(() => overlayDictionary(small, overlay))).toBe('TW_INVALID_CONFIG')
  })
})

describe('tables', () => {
  it('come back as they were', () => {
    expect(readTable(writeTable(small))).toEqual(small)
    expect(writeTable(readTable(writeTable(small)))).toBe(writeTable(small))
  })

  it.each([
    '',
    'FIX.4.4',
    'V\n\n1 A NOTHING\n\n\n\n\n\n',
    'V\n\n1 A INT\n\n\n\nD M 2\n\n\n',
    'V\n\n1 A INT\n\n\n\nD M 1(1\n\n\n',
    'V\n\n1 A INT\n\n\n\nD M 1)\n\n\n',
  ])('refuse %j', (text) => {
    expect(codeOf(() => readTable(text))).toBe('TW_INVALID_MODEL')
  })
})

describe('FixSorter', () => {
  const sorted = (text: string) => {
    const bytes = fixBytes(text)
    const encoder = new FixEncoder({ beginString: 'FIX.4.4' })
    new FixSorter(smallDictionary()).sort(bytes, 0, bytes.length, encoder)
    return printable(encoder.view())
  }

  it('orders fields by tag within sections, and entries by the dictionary', () => {
    const text = '8=FIX.4.4|35=D|49=A|34=2|58=t|54=1|453=2|448=a|802=1|523=x|803=1|452=1|448=b|55=MSFT|11=id|38=1|'
    const expected = '8=FIX.4.4|35=D|34=2|49=A|11=id|38=1|54=1|55=MSFT|58=t|453=2|448=a|452=1|802=1|523=x|803=1|448=b|'
    expect(sorted(text)).toBe(printable(fixBytes(expected)))
    expect(sorted(expected)).toBe(printable(fixBytes(expected)))
  })

  it('keeps data behind their length', () => {
    const text = '8=FIX.4.4|35=D|34=2|49=A|54=1|95=3|96=a|b|11=id|93=1|89=x|'
    expect(sorted(text)).toBe(printable(fixBytes('8=FIX.4.4|35=D|34=2|49=A|11=id|54=1|95=3|96=a|b|93=1|89=x|')))
  })

  it('takes messages of unknown types and fields', () => {
    expect(sorted('8=FIX.4.4|35=U9|49=A|34=2|9=x|77=y|5=z|'.replace('9=x|', ''))).toBe(
      printable(fixBytes('8=FIX.4.4|35=U9|34=2|49=A|5=z|77=y|')),
    )
  })

  it('refuses what is no message', () => {
    const encoder = new FixEncoder({ beginString: 'FIX.4.4' })
    expect(codeOf(() => new FixSorter(smallDictionary()).sort(new Uint8Array(40), 0, 40, encoder))).toBe(
      'TW_INVALID_ARGUMENT',
    )
  })
})

describe('objects', () => {
  const dictionary = smallDictionary()
  const write = (object: FixObject, msgType = 'D') => {
    const encoder = new FixEncoder({ beginString: 'FIX.4.4' })
    encoder.begin(msgType)
    encoder.string(49, 'A')
    encoder.int(34, 2)
    writeFixObject(encoder, dictionary, msgType, object)
    encoder.end()
    return encoder.copy()
  }
  const object: FixObject = {
    Side: '1',
    ClOrdID: 'id',
    Symbol: 'MSFT',
    OrderQty: '100',
    RawData: Uint8Array.of(97, 1, 98),
    NoPartyIDs: [
      { PartyID: 'a', NoPartySubIDs: [{ PartySubID: 'x', PartySubIDType: 1 }] },
      { PartyID: 'b', PartyRole: 11 },
    ],
  }

  it('are written in the order of the dictionary and read back', () => {
    const bytes = write(object)
    const message = new FixMessage({ dataTags: dictionary.dataTags })
    expect(message.read(bytes, 0, bytes.length)).toBe(0)
    expect(new FixValidator(dictionary).validate(message)).toBe(RejectReason.none)
    expect(readFixObject(message, dictionary)).toEqual(object)
    expect(printable(bytes)).toContain(
      '11=id|453=2|448=a|802=1|523=x|803=1|448=b|452=11|55=MSFT|54=1|38=100|95=3|96=a|b|',
    )
  })

  it('take numbers for decimals and leave out what is undefined', () => {
    expect(printable(write({ ...object, Price: 412.35, Text: undefined }))).toContain('|44=412.35|')
  })

  it.each<[string, FixObject]>([
    ['an unknown name', { Nothing: 'x' }],
    ['a field of another message', { TestReqID: 'x' }],
    ['a header field', { MsgSeqNum: 1 }],
    ['a length', { RawDataLength: 3 }],
    ['text for data', { RawData: 'abc' }],
    ['a boolean for text', { Text: true }],
    ['text for a group', { NoPartyIDs: 'x' }],
    ['an entry without its first field', { NoPartyIDs: [{ PartyRole: 1 }] }],
  ])('refuse %s', (_name, wrong) => {
    expect(codeOf(() => write(wrong))).toBe('TW_INVALID_MODEL')
  })

  it('refuse messages that the dictionary lacks', () => {
    expect(codeOf(() => write({}, 'U9'))).toBe('TW_INVALID_MODEL')
    expect(codeOf(() => readFixObject(fixMessage('8=FIX.4.4|35=U9|'), dictionary))).toBe('TW_INVALID_MODEL')
  })
})
