/** What is wrong with a message, and where; groups told apart. */
import { describe, expect, it } from 'vitest'
import { fixMessage } from '../codec/fix-text.test-support.js'
import { FixGroup } from '../codec/group.js'
import { RejectReason } from './reject-reason.js'
import { smallDictionary } from './small-dictionary.test-support.js'
import { type FixValidation, FixValidator } from './validator.js'

const dictionary = smallDictionary()
const head = '8=FIX.4.4|35=D|49=A|34=2|'
const order = `${head}11=id|55=MSFT|54=1|`

function check(text: string, validation: FixValidation = {}) {
  const validator = new FixValidator(dictionary, validation)
  const reason = validator.validate(fixMessage(text, { dataTags: dictionary.dataTags }))
  return [reason, validator.refTag]
}
const valid = [RejectReason.none, undefined]

describe('FixValidator', () => {
  it('passes what is right', () => {
    expect(check(order)).toEqual(valid)
    expect(check(`${order}38=002000.00|44=-1.5|18=1 G|167=CS|60=20261121-14:30:05.123|58=x|`)).toEqual(valid)
    expect(check('8=FIX.4.4|35=D|34=2|49=A|54=1|55=MSFT|11=id|')).toEqual(valid)
    expect(check('8=FIX.4.4|35=D|49=A|34=2|627=2|628=X|628=Y|11=id|55=MSFT|54=1|')).toEqual(valid)
    expect(check(`${order}95=3|96=a|b|58=x|93=2|89=|||`)).toEqual(valid)
  })

  it.each([
    [`${order}999=HI|`, RejectReason.invalidTagNumber, 999],
    [`${order}0=HI|`, RejectReason.invalidTagNumber, 0],
    [`${order}-1=HI|`, RejectReason.invalidTagNumber, -1],
    [`${order}5000=HI|`, RejectReason.invalidTagNumber, 5_000],
    [`${order}5001=HI|`, RejectReason.tagNotDefinedForMessage, 5_001],
    [`${order}112=HI|`, RejectReason.tagNotDefinedForMessage, 112],
    [`${order}448=HI|`, RejectReason.tagNotDefinedForMessage, 448],
    [`${head}55=MSFT|54=1|`, RejectReason.requiredTagMissing, 11],
    [`${head}54=1|`, RejectReason.requiredTagMissing, 11],
    [`${head}11=id|54=1|`, RejectReason.requiredTagMissing, 55],
    ['8=FIX.4.4|35=D|34=2|54=1|', RejectReason.requiredTagMissing, 49],
    [`${order}58=|`, RejectReason.tagWithoutValue, 58],
    [`${order}38=|`, RejectReason.tagWithoutValue, 38],
    ['8=FIX.4.4|35=D|49=|34=2|11=id|55=MSFT|54=1|', RejectReason.tagWithoutValue, 49],
    [`${head}11=id|55=MSFT|54=3|`, RejectReason.valueOutOfRange, 54],
    [`${head}11=id|55=MSFT|54=12|`, RejectReason.incorrectDataFormat, 54],
    [`${order}167=BOO|`, RejectReason.valueOutOfRange, 167],
    [`${order}167=C|`, RejectReason.valueOutOfRange, 167],
    [`${order}167=?|`, RejectReason.none, undefined],
    [`${order}18=1  G|`, RejectReason.valueOutOfRange, 18],
    [`${order}18=1 X|`, RejectReason.valueOutOfRange, 18],
    [`${order}18=G|`, RejectReason.none, undefined],
    [`${order}38=+200.00|`, RejectReason.incorrectDataFormat, 38],
    [`${order}60=20261121|`, RejectReason.incorrectDataFormat, 60],
    ['8=FIX.4.4|35=D|49=A|34=-2|11=id|55=MSFT|54=1|', RejectReason.incorrectDataFormat, 34],
    ['8=FIX.4.4|35=D|49=A|34=2|43=X|11=id|55=MSFT|54=1|', RejectReason.incorrectDataFormat, 43],
    [`${order}55=MSFT|`, RejectReason.tagAppearsMoreThanOnce, 55],
    ['8=FIX.4.4|35=D|49=A|34=2|34=2|11=id|55=MSFT|54=1|', RejectReason.tagAppearsMoreThanOnce, 34],
    ['8=FIX.4.4|35=D|49=A|11=id|55=MSFT|54=1|34=2|', RejectReason.tagOutOfOrder, 34],
    ['8=FIX.4.4|35=D|49=A|999=x|34=2|11=id|55=MSFT|54=1|', RejectReason.tagOutOfOrder, 34],
    [`${order}93=1|89=x|58=late|`, RejectReason.tagOutOfOrder, 58],
    ['8=FIX.4.4|35=*|49=A|34=2|', RejectReason.invalidMsgType, undefined],
    ['8=FIX.4.4|35=LONGTYPE|49=A|34=2|77=x|', RejectReason.invalidMsgType, undefined],
  ])('%s', (text, reason, tag) => {
    expect(check(text)).toEqual([reason, tag])
  })

  it('reports the worst of several faults, then that of the lowest tag, header first', () => {
    expect(check('8=FIX.4.4|35=D|49=A|11=|34=2|')).toEqual([RejectReason.tagOutOfOrder, 34])
    expect(check('8=FIX.4.4|35=*|49=A|11=|34=2|')).toEqual([RejectReason.tagOutOfOrder, 34])
    expect(check(`${head}11=|55=MSFT|`)).toEqual([RejectReason.requiredTagMissing, 54])
    expect(check(`${order}58=|38=x|`)).toEqual([RejectReason.incorrectDataFormat, 38])
    expect(check('8=FIX.4.4|35=D|49=A|34=2|43=|11=id|55=MSFT|54=x|')).toEqual([RejectReason.tagWithoutValue, 43])
    expect(check(`${order}453=1|448=|58=x|58=y|38=|`)).toEqual([RejectReason.tagWithoutValue, 38])
  })

  it('lets through what it is told to', () => {
    expect(check(`${order}58=|`, { emptyFields: false })).toEqual(valid)
    expect(check(`${order}38=|`, { emptyFields: false })).toEqual([RejectReason.incorrectDataFormat, 38])
    expect(check(`${order}167=|`, { emptyFields: false })).toEqual(valid)
    expect(check(`${order}5000=x|`, { userDefinedFields: false })).toEqual(valid)
    expect(check(`${order}999=x|`, { userDefinedFields: false })).toEqual([RejectReason.invalidTagNumber, 999])
    expect(check(`${order}999=x|112=y|`, { messageFields: false })).toEqual(valid)
    expect(check(`${order}0=x|`, { messageFields: false })).toEqual([RejectReason.invalidTagNumber, 0])
    expect(check(`${order}167=BOO|`, { values: false })).toEqual(valid)
    expect(check(`${order}452=7|`, { values: false })).toEqual([RejectReason.tagNotDefinedForMessage, 452])
    expect(check(`${order}452=x|`, { values: false })).toEqual([RejectReason.incorrectDataFormat, 452])
    expect(check(`${order}452=7|`)).toEqual([RejectReason.valueOutOfRange, 452])
    expect(check(head, { requiredFields: false })).toEqual(valid)
    expect(check('8=FIX.4.4|35=D|49=A|11=id|55=MSFT|54=1|34=2|', { sectionOrder: false })).toEqual(valid)
  })
})

describe('groups', () => {
  const group = (parties: string) => `${order}${parties}38=100|`

  it.each([
    ['453=0|', RejectReason.none, undefined],
    ['453=1|448=a|', RejectReason.none, undefined],
    ['453=2|448=a|452=1|448=b|452=11|', RejectReason.none, undefined],
    ['453=2|448=a|802=2|523=x|803=1|523=y|803=2|448=b|', RejectReason.none, undefined],
    ['453=1|448=a|802=1|523=x|803=1|452=1|', RejectReason.none, undefined],
    ['453=3|448=a|448=b|', RejectReason.incorrectNumInGroup, 453],
    ['453=1|448=a|448=b|', RejectReason.incorrectNumInGroup, 453],
    ['453=0|448=a|', RejectReason.incorrectNumInGroup, 453],
    ['453=1|', RejectReason.incorrectNumInGroup, 453],
    ['453=x|448=a|', RejectReason.incorrectDataFormat, 453],
    ['453=-1|', RejectReason.incorrectDataFormat, 453],
    ['453=1|448=a|802=2|523=x|803=1|', RejectReason.incorrectNumInGroup, 802],
    ['453=2|452=1|448=a|', RejectReason.groupFieldsOutOfOrder, 452],
    ['453=1|452=1|448=a|', RejectReason.incorrectNumInGroup, 453],
    ['453=1|448=a|452=1|452=1|', RejectReason.tagAppearsMoreThanOnce, 452],
    ['453=1|448=a|452=7|', RejectReason.valueOutOfRange, 452],
    ['453=1|448=|', RejectReason.tagWithoutValue, 448],
    ['453=1|448=a|802=1|523=x|', RejectReason.requiredTagMissing, 803],
    ['453=2|448=a|802=1|523=x|803=1|448=b|802=1|523=x|', RejectReason.requiredTagMissing, 803],
    ['453=1001|448=a|', RejectReason.incorrectNumInGroup, 453],
    ['453=999999999|448=a|', RejectReason.incorrectNumInGroup, 453],
    ['453=1|448=a|453=1|448=b|', RejectReason.tagAppearsMoreThanOnce, 453],
  ])('%s', (parties, reason, tag) => {
    expect(check(group(parties))).toEqual([reason, tag])
  })

  it('gives a field that both a group and the message may have to the entry first', () => {
    const message = fixMessage(`${order}453=1|448=a|58=inner|58=outer|`)
    expect(new FixValidator(dictionary).validate(message)).toBe(RejectReason.none)
    expect(message.string(58)).toBe('outer')
    const parties = new FixGroup()
    expect(parties.open(message, 453) && parties.next()).toBe(true)
    expect(parties.string(58)).toBe('inner')
  })

  it('keeps a tolerated field within the entry that goes on behind it', () => {
    const text = `${order}453=2|448=a|9000=x|452=1|448=b|9001=y|38=100|`
    const message = fixMessage(text)
    expect(new FixValidator(dictionary, { userDefinedFields: false }).validate(message)).toBe(RejectReason.none)
    expect(message.has(9_000)).toBe(false)
    expect(message.string(9_001)).toBe('y')
    expect(message.int(38)).toBe(100)
  })

  it('lists entries and the groups within them', () => {
    const message = fixMessage(group('453=2|448=a|452=1|802=2|523=x|803=1|523=y|803=2|448=b|452=11|'))
    expect(new FixValidator(dictionary).validate(message)).toBe(RejectReason.none)
    const parties = new FixGroup()
    const subs = new FixGroup()
    const seen: string[] = []
    if (parties.open(message, 453)) {
      expect(parties.count).toBe(2)
      while (parties.next()) {
        seen.push(`${parties.index} ${parties.string(448)} ${parties.int(452)} ${parties.has(523)}`)
        if (subs.openWithin(parties, 802))
          while (subs.next()) seen.push(`${subs.string(523)} ${subs.double(803)} ${subs.units(803, 1)}`)
      }
    }
    expect(seen).toEqual(['0 a 1 false', 'x 1 10', 'y 2 20', '1 b 11 false'])
    expect(message.has(448)).toBe(false)
    expect(subs.openWithin(parties, 802)).toBe(false)
    expect(subs.next()).toBe(false)
    expect(parties.open(message, 627)).toBe(false)
    expect(() => new FixGroup().find(1)).toThrow(expect.objectContaining({ code: 'TW_INVALID_STATE' }))
  })

  it('answers for absent fields of an entry as a message does', () => {
    const message = fixMessage(group('453=1|448=a|'))
    new FixValidator(dictionary).validate(message)
    const parties = new FixGroup()
    parties.open(message, 453)
    parties.next()
    expect(parties.string(1)).toBeUndefined()
    expect([parties.int(1), parties.double(1), parties.units(1, 0), parties.timestampUs(1)]).toEqual([
      NaN,
      NaN,
      NaN,
      NaN,
    ])
    expect([parties.char(1), parties.flag(1), parties.char(448)]).toEqual([0, false, 97])
  })

  it('validates one message after the other with one object', () => {
    const validator = new FixValidator(dictionary)
    for (let round = 0; round < 3; round++) {
      expect(validator.validate(fixMessage(group('453=2|448=a|448=b|')))).toBe(RejectReason.none)
      expect(validator.validate(fixMessage(group('453=2|448=a|')))).toBe(RejectReason.incorrectNumInGroup)
      expect(validator.validate(fixMessage(head))).toBe(RejectReason.requiredTagMissing)
    }
  })
})
