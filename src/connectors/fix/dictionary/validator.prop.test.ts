/**
 * Messages that are damaged at random and framed correctly again: nothing but errors of the library's own comes out, groups
 * stay within the message, and a validator that knows layouts says the same as one that has never seen a message.
 */
import { describe, expect, it } from 'vitest'
import { runs } from '../../../../test/support/runs.js'
import { TradewireError } from '../../../core/errors.js'
import { SeededRandom } from '../../../core/random.js'
import { FixEncoder } from '../codec/encoder.js'
import { checkSum, fixMessage } from '../codec/fix-text.test-support.js'
import { GarbledReason } from '../codec/garbled.js'
import { FixGroup } from '../codec/group.js'
import { FixMessage } from '../codec/message.js'
import { loadFixDictionary } from './built-in.js'
import { FixDictionary } from './dictionary.js'
import { readFixObject } from './objects.js'
import { parseQuickFixXml } from './quickfix-xml.js'
import { RejectReason } from './reject-reason.js'
import { smallXml } from './small-dictionary.test-support.js'
import { FixSorter } from './sorter.js'
import { FixValidator } from './validator.js'

const soh = '\u0001'
const messages = [
  '35=D|49=A|34=2|11=id|55=MSFT|54=1|38=100|44=1.5|18=1 G|167=CS|60=20261121-14:30:05.123|58=x',
  '35=D|49=A|34=2|43=N|11=id|453=2|448=a|452=1|802=2|523=x|803=1|523=y|803=2|448=b|58=t|55=MSFT|54=2|95=3|96=a|b|93=1|89=x',
  '35=D|49=A|34=3|627=1|628=h|11=id|453=1|448=a|58=in|58=out|55=MSFT|54=2',
  '35=0|49=A|34=4|112=TEST',
]

/** Changes to fields: swapped, removed, repeated, altered, inserted. */
function damaged(text: string, random: SeededRandom): string {
  const fields = text.split('|')
  for (let changes = random.below(4); changes > 0; changes--) {
    const at = 1 + random.below(Math.max(1, fields.length - 1))
    const other = 1 + random.below(Math.max(1, fields.length - 1))
    const kind = random.below(6)
    const tags = [11, 38, 54, 55, 58, 95, 96, 112, 167, 448, 452, 453, 523, 802, 803, 628, 43, 5001, 9000, 0]
    const values = ['', '1', '2', '3', 'x', '1.5', 'CS', '-1', 'Y', '1 G', '9999999999']
    if (kind === 0) [fields[at], fields[other]] = [fields[other], fields[at]]
    else if (kind === 1) fields.splice(at, 1)
    else if (kind === 2) fields.splice(other, 0, fields[at] ?? '')
    else if (kind === 3) fields[at] = `${(fields[at] ?? '').split('=')[0]}=${values[random.below(values.length)]}`
    else fields.splice(at, 0, `${tags[random.below(tags.length)]}=${values[random.below(values.length)]}`)
  }
  return fields.join('|')
}

function framed(body: string): FixMessage | undefined {
  const inner = `${body}|`.replaceAll('|', soh)
  const unsigned = `8=FIX.4.4${soh}9=${inner.length}${soh}${inner}`
  const bytes = Buffer.from(`${unsigned}10=${checkSum(unsigned)}${soh}`, 'latin1')
  const message = new FixMessage()
  return message.read(bytes, 0, bytes.length) === GarbledReason.none ? message : undefined
}

const definition = parseQuickFixXml(smallXml)

/** A full run takes minutes. */
const fullRunTimeoutMs = 900_000

describe('validation of damaged messages', () => {
  it(
    'says the same with and without known layouts',
    () => {
      const knowing = new FixDictionary(definition)
      const options = [
        {},
        { emptyFields: false, userDefinedFields: false },
        { messageFields: false, values: false, limits: { maxGroupEntries: 1 } },
      ]
      const validators = options.map((each) => new FixValidator(knowing, each))
      let valid = 0
      let invalid = 0
      for (let run = 0; run < runs({ ci: 4_000, full: 100_000 }); run++) {
        const random = new SeededRandom(run)
        const message = framed(damaged(messages[random.below(messages.length)], random))
        if (message === undefined) continue
        const choice = random.below(options.length)
        const fresh = new FixValidator(new FixDictionary(definition), options[choice])
        const expected = [fresh.validate(message), fresh.refTag, [...message.depths.subarray(0, message.fieldCount)]]
        message.depths.fill(99)
        const validator = validators[choice]
        const actual = [
          validator.validate(message),
          validator.refTag,
          [...message.depths.subarray(0, message.fieldCount)],
        ]
        expect(actual, `seed ${run}`).toEqual(expected)
        if (expected[0] === RejectReason.none) valid++
        else invalid++
      }
      expect(valid).toBeGreaterThan(100)
      expect(invalid).toBeGreaterThan(100)
    },
    fullRunTimeoutMs,
  )

  it(
    'never throws anything of its own making, and lists groups within bounds',
    async () => {
      const dictionary = await loadFixDictionary('FIX.4.4')
      const validator = new FixValidator(dictionary)
      const sorter = new FixSorter(dictionary)
      const encoder = new FixEncoder({ beginString: 'FIX.4.4' })
      const group = new FixGroup()
      const inner = new FixGroup()
      for (let run = 0; run < runs({ ci: 5_000, full: 1_000_000 }); run++) {
        const random = new SeededRandom(run)
        const message = framed(damaged(messages[random.below(messages.length)], random))
        if (message === undefined) continue
        validator.validate(message)
        try {
          let entries = 0
          if (group.open(message, 453))
            while (group.next()) if (inner.openWithin(group, 802)) while (inner.next()) entries++
          expect(entries).toBeLessThan(message.fieldCount)
          sorter.sort(message.bytes, message.start, message.end, encoder)
          readFixObject(message, dictionary)
        } catch (error) {
          if (!(error instanceof TradewireError)) throw new Error(`seed ${run}`, { cause: error })
        }
      }
    },
    fullRunTimeoutMs,
  )

  it('validates more layouts than it keeps, and longer ones', () => {
    const dictionary = new FixDictionary(definition)
    const validator = new FixValidator(dictionary)
    const fields = ['38=1', '44=1', '58=x', '18=1', '167=CS', '60=20261121-14:30:05']
    for (let mask = 0; mask < 2 ** fields.length; mask++) {
      const chosen = fields.filter((_, index) => (mask & (1 << index)) !== 0)
      const text = `8=FIX.4.4|35=D|49=A|34=2|11=id|55=MSFT|54=1|${chosen.map((field) => `${field}|`).join('')}`
      for (let repeat = 0; repeat < 6; repeat++) expect(validator.validate(fixMessage(text))).toBe(RejectReason.none)
    }
    const long = `8=FIX.4.4|35=D|49=A|34=2|11=id|453=200|${'448=a|'.repeat(200)}55=MSFT|54=1|`
    for (let repeat = 0; repeat < 3; repeat++) expect(validator.validate(fixMessage(long))).toBe(RejectReason.none)
    expect(validator.validate(fixMessage(long.replace('453=200', '453=199')))).toBe(RejectReason.incorrectNumInGroup)
  })
})
