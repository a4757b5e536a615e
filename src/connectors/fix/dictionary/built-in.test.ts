/** The built-in tables: every version loads, every message compiles, and they say what the files say that they were made from. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { describeShared, sharedFiles } from '../../../../test/support/shared.js'
import { fixMessage } from '../codec/fix-text.test-support.js'
import { type FixVersion, fixVersions, loadFixDefinition, loadFixDictionary } from './built-in.js'
import type { FixDictionaryDefinition, FixMember } from './definition.js'
import { FixDictionary } from './dictionary.js'
import { parseQuickFixXml } from './quickfix-xml.js'
import { RejectReason } from './reject-reason.js'
import { FixValidator } from './validator.js'

describe('built-in dictionaries', () => {
  it.each(fixVersions)('%s compiles every message', async (version) => {
    const dictionary = await loadFixDictionary(version)
    const messages = [...dictionary.messages]
    expect(messages.length).toBeGreaterThan(5)
    for (const { msgType } of messages)
      expect(dictionary.scopeOfType(msgType)?.order.length, msgType).toBeGreaterThan(7)
  })

  it('validates an order and a logon of FIX 5.0SP2 over FIXT 1.1', async () => {
    const validator = new FixValidator(await loadFixDictionary('FIX.5.0SP2'))
    const header = '49=A|56=B|34=1|52=20261121-14:30:05|'
    const order = `8=FIXT.1.1|35=D|${header}11=id|55=MSFT|54=1|60=20261121-14:30:05|38=100|40=2|44=1.5|`
    expect([validator.validate(fixMessage(order)), validator.refTag]).toEqual([RejectReason.none, undefined])
    expect(validator.validate(fixMessage(`8=FIXT.1.1|35=A|${header}98=0|108=30|1137=9|`))).toBe(RejectReason.none)
    expect(validator.validate(fixMessage(`8=FIXT.1.1|35=A|${header}98=0|108=30|`))).toBe(
      RejectReason.requiredTagMissing,
    )
  })

  it('takes an overlay', async () => {
    const dictionary = await loadFixDictionary('FIX.4.4', { values: { Side: ['Z'] } })
    expect(dictionary.allows(54, 'Z')).toBe(true)
  })

  it('refuses other versions', async () => {
    await expect(loadFixDefinition('FIX.3.9' as FixVersion)).rejects.toMatchObject({ code: 'TW_NOT_SUPPORTED' })
  })
})

/** All tags of a message, components dissolved, with marks for required ones and groups. */
function dissolved(definition: FixDictionaryDefinition, members: readonly FixMember[]): string[] {
  return members.flatMap((member) => {
    const mark = `${member.name}${member.required ? '!' : ''}`
    if (member.kind === 'field') return [mark]
    if (member.kind === 'group') return [`${mark}(`, ...dissolved(definition, member.members), ')']
    return [`@${mark}`, ...dissolved(definition, definition.components.get(member.name) ?? [])]
  })
}

describeShared(
  'tables and the files they were made from',
  'fix',
  () => {
    const files = sharedFiles('fix', 'dictionaries', /\.xml$/)

    it.each(files)('%s', async (path) => {
      const file = parseQuickFixXml(readFileSync(path, 'utf8'))
      const table = await loadFixDefinition(file.version as FixVersion)
      const fields = new Map(file.fields.map((field) => [field.tag, field]))
      for (const field of table.fields) expect(field).toEqual(fields.get(field.tag))
      const messages = new Map(file.messages.map((message) => [message.msgType, message]))
      for (const message of table.messages) {
        const same = messages.get(message.msgType)
        expect(dissolved(table, message.members), message.name).toEqual(dissolved(file, same?.members ?? []))
      }
      expect(table.messages.filter(({ category }) => category === 'admin').length).toBe(
        file.messages.filter(({ category }) => category === 'admin').length,
      )
    })

    it.each(files)('%s compiles whole', (path) => {
      const file = parseQuickFixXml(readFileSync(path, 'utf8'))
      const transport = files
        .map((each) => parseQuickFixXml(readFileSync(each, 'utf8')))
        .find((each) => each.version.startsWith('FIXT'))
      const dictionary = new FixDictionary(file, file.header.length > 0 ? file : transport)
      for (const { msgType } of dictionary.messages) expect(dictionary.scopeOfType(msgType)).toBeDefined()
    })
  },
  'dictionaries',
)
