/**
 * Every recorded message: captures of venues, the messages of the benchmarks, and all lines of the acceptance definitions. They
 * are read, written field by field and compared byte by byte; rejects in the definitions have to be what the validator says.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { describeShared, sharedFolder } from '../../../../test/support/shared.js'
import { FixEncoder } from '../codec/encoder.js'
import { fixBytes } from '../codec/fix-text.test-support.js'
import { FixFramer, FrameKind } from '../codec/framer.js'
import type { FixMessage } from '../codec/message.js'
import { FixDictionary } from './dictionary.js'
import { parseQuickFixXml } from './quickfix-xml.js'
import { RejectReason, rejectText } from './reject-reason.js'
import { FixSorter } from './sorter.js'
import { FixValidator } from './validator.js'

const soh = '\u0001'

/** All files below a folder whose name ends in one of the extensions. */
function filesBelow(folder: string, ...extensions: readonly string[]): string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && extensions.some((extension) => entry.name.endsWith(extension)))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
}

/** The message that bytes hold alone; undefined when they are garbled. */
function framed(bytes: Uint8Array): FixMessage | undefined {
  const framer = new FixFramer()
  framer.push(bytes)
  return framer.next() === FrameKind.message && framer.pendingBytes === 0 ? framer.message : undefined
}

/** The message written anew: BeginString, BodyLength and CheckSum by the encoder, everything else field by field. */
function rewritten(message: FixMessage): string {
  const encoder = new FixEncoder({ beginString: message.string(8) ?? '' })
  encoder.begin(message.msgType)
  const { tags, valueStarts, valueEnds, bytes } = message
  for (let index = 3; index < message.fieldCount - 1; index++) {
    // The encoder writes no invalid tags of its own; as prepared bytes they go through.
    if (tags[index] > 0) encoder.raw(tags[index], bytes, valueStarts[index], valueEnds[index])
    else encoder.fields(bytes, valueEnds[index - 1] + 1, valueEnds[index] + 1)
  }
  encoder.end()
  return Buffer.from(encoder.view()).toString('latin1')
}

describeShared('recorded messages come back byte for byte', 'fix', () => {
  const captures = [
    ...filesBelow(join(sharedFolder('payloads'), 'fix'), '.txt', '.log'),
    ...filesBelow(sharedFolder('fix'), '.txt', '.log'),
  ]
  const lines = captures
    .flatMap((path) => readFileSync(path, 'latin1').split('\n'))
    .filter((line) => line.startsWith('8=FIX'))

  it('of captures', () => {
    expect(lines.length).toBeGreaterThan(0)
    for (const line of lines) {
      const text = line.replace(/\r$/, '').replaceAll('|', soh)
      const message = framed(Buffer.from(text, 'latin1'))
      expect(message && rewritten(message)).toBe(text)
    }
  })
})

interface Step {
  readonly kind: string
  readonly text: string
}

function stepsOf(path: string): Step[] {
  const lines = readFileSync(path, 'latin1').split('\n')
  return lines
    .map((line) => /^([IE])(?:\d,)?(8=.*)$/.exec(line.replace(/\r$/, '')))
    .filter((match) => match !== null)
    .map(([, kind, text]) => ({ kind, text: text.replaceAll(/<TIME[^>]*>/g, '20261121-14:30:05') }))
}

describeShared('acceptance definitions', 'fix', () => {
  const files = filesBelow(join(sharedFolder('fix'), 'acceptance'), '.def')
  const dictionaries = new Map<string, FixDictionary>()
  for (const path of filesBelow(join(sharedFolder('fix'), 'dictionaries'), '.xml')) {
    const definition = parseQuickFixXml(readFileSync(path, 'utf8'))
    if (definition.header.length > 0) dictionaries.set(definition.version, new FixDictionary(definition))
  }
  const validation = new Set<string>(Object.values(RejectReason).map(rejectText))

  it('hold messages that come back byte for byte, or are garbled', () => {
    let whole = 0
    let garbled = 0
    for (const { text } of files.flatMap(stepsOf)) {
      const bytes = fixBytes(text)
      const message = framed(bytes)
      if (message === undefined) garbled++
      else {
        whole++
        expect(rewritten(message)).toBe(Buffer.from(bytes).toString('latin1'))
      }
    }
    expect(whole).toBeGreaterThan(garbled)
    expect(garbled).toBeGreaterThan(0)
  })

  it('reject what the validator rejects, for the same reason at the same tag', () => {
    let rejected = 0
    for (const path of files) {
      const steps = stepsOf(path)
      for (const [at, step] of steps.entries()) {
        const reject =
          step.kind === 'E'
            ? framed(
                fixBytes(
                  step.text
                    .replace(/9=\d+/, '')
                    .replace(/10=\d+./, '')
                    .replace(`${soh}${soh}`, soh),
                ),
              )
            : undefined
        if (reject?.msgType !== '3' || !validation.has(reject.string(58) ?? '')) continue
        const refSeqNum = reject.string(45) ?? ''
        const sent = steps
          .slice(0, at)
          .findLast((each) => each.kind === 'I' && each.text.includes(`${soh}34=${refSeqNum}${soh}`))
        const message = sent && framed(fixBytes(sent.text))
        const dictionary = dictionaries.get(message?.string(8) ?? '')
        if (message === undefined || dictionary === undefined) continue
        const validator = new FixValidator(dictionary)
        const reason = validator.validate(message)
        // Rules of the session give the same reasons: what the dictionary allows is theirs.
        if (reason === RejectReason.none) continue
        rejected++
        const tag = reject.has(371) ? reject.int(371) : validator.refTag
        expect([rejectText(reason), validator.refTag], `${path}, message ${refSeqNum}`).toEqual([
          reject.string(58),
          tag,
        ])
      }
    }
    expect(rejected).toBeGreaterThan(0)
  })

  it('expect messages in the order that sorting gives them', () => {
    let compared = 0
    for (const path of files) {
      for (const { kind, text } of stepsOf(path)) {
        if (kind !== 'E') continue
        const bytes = fixBytes(
          text
            .replace(/9=\d+/, '')
            .replace(/10=\d+./, '')
            .replace(`${soh}${soh}`, soh),
        )
        const beginString = text.slice(2, text.indexOf(soh))
        const dictionary = dictionaries.get(beginString)
        if (dictionary === undefined || framed(bytes) === undefined) continue
        const encoder = new FixEncoder({ beginString })
        new FixSorter(dictionary).sort(bytes, 0, bytes.length, encoder)
        expect(Buffer.from(encoder.view()).toString('latin1'), path).toBe(Buffer.from(bytes).toString('latin1'))
        compared++
      }
    }
    expect(compared).toBeGreaterThan(0)
  })
})

describe('recorded messages', () => {
  it('are read where they lie', () => {
    expect(framed(fixBytes('8=FIX.4.4|35=0|34=2|'))?.msgType).toBe('0')
  })
})
