/** The XML reader and the dictionaries made with it: what is read, what is refused, and where. */
import { describe, expect, it } from 'vitest'
import { FixDictionary } from './dictionary.js'
import { parseQuickFixXml } from './quickfix-xml.js'
import { smallXml } from './small-dictionary.test-support.js'
import { MAX_XML_LENGTH, parseXml } from './xml.js'

const messageOf = (action: () => unknown): string => {
  try {
    action()
  } catch (error) {
    return `${(error as { code: string }).code} ${(error as Error).message}`
  }
  return 'none'
}

describe('parseXml', () => {
  it('reads elements and attributes', () => {
    const root = parseXml(
      `<?xml version='1.0'?>\n<!-- <not/> -->\n<a x='1' y="it's &lt;&amp;&#65;&#x42;&quot;">text<b/><c>\n<d/></c></a>\n<!-- end -->`,
    )
    expect(root.name).toBe('a')
    expect([...root.attributes]).toEqual([
      ['x', '1'],
      ['y', `it's <&AB"`],
    ])
    expect(root.children.map(({ name, line }) => [name, line])).toEqual([
      ['b', 3],
      ['c', 3],
    ])
    expect(root.children[1].children[0].line).toBe(4)
  })

  it.each([
    '',
    'text',
    '<a>',
    '<a></b>',
    '</a>',
    '<a',
    '<a x>',
    '<a x=1/>',
    '<a x="1/>',
    '<a x="1" x="2"/>',
    '<a/><b/>',
    '<a><!-- </a>',
    '<a><![CDATA[ </a>',
    '<!DOCTYPE a [<!ENTITY b "c">]><a/>',
    '<a x="&b;"/>',
    '<a x="&amp"/>',
    '<a x="&#0;"/>',
    '<a x="&#1114112;"/>',
    '<a></a x>',
    '< a/>',
    '<a/ >',
    '<a>'.repeat(100),
    `<a ${Array.from({ length: 100 }, (_, index) => `x${index}=''`).join(' ')}/>`,
  ])('refuses %j', (text) => {
    expect(messageOf(() => parseXml(text))).toMatch(/^TW_INVALID_MODEL The XML .*line \d+/)
  })

  it('bounds the length', () => {
    expect(messageOf(() => parseXml(' '.repeat(MAX_XML_LENGTH + 1)))).toMatch(/longer/)
  })
})

describe('parseQuickFixXml', () => {
  it('reads a dictionary', () => {
    const definition = parseQuickFixXml(smallXml)
    expect(definition.version).toBe('FIX.4.4')
    expect(definition.messages.map(({ msgType, category }) => [msgType, category])).toEqual([
      ['0', 'admin'],
      ['D', 'app'],
    ])
    expect(definition.fields.find((field) => field.tag === 54)).toEqual({
      tag: 54,
      name: 'Side',
      type: 'CHAR',
      values: ['1', '2'],
    })
    expect([...definition.components.keys()]).toEqual(['Instrument', 'Parties'])
  })

  it('lifts a list of values that describes instead of listing', () => {
    const text = smallXml.replace("enum='CS'", "enum='ISO Country Code'")
    expect(parseQuickFixXml(text).fields.find((field) => field.tag === 167)?.values).toBeUndefined()
  })

  it.each([
    ['<fix', '<fax', 'closes fix'],
    ["number='54'", "number='x'", 'no tag'],
    ["number='54'", "number='38'", 'the tag 38 twice'],
    ["name='Side' type", "name='OrderQty' type", 'the name OrderQty twice'],
    ["name='Side' type", "name='__proto__' type", 'not a letter'],
    ["type='QTY'", "type='LOTS'", 'unknown type LOTS'],
    ["msgtype='0'", "msgtype='D'", 'the msgType D twice'],
    ["msgtype='0'", "msgtype=''", 'not printable'],
    ["enum='CS'", "enum=''", 'an empty value'],
    ["<value enum='CS'/>", '<value/>', 'value without enum'],
    ['<trailer>', '<tail/><trailer>', 'unknown part tail'],
    ['<trailer>', '<messages/><trailer>', 'two parts messages'],
    ["<field name='TestReqID' required='N'/>", '<bad name="x"/>', 'where a field'],
  ])('refuses %s as %s', (before, after, problem) => {
    expect(smallXml).toContain(before)
    expect(messageOf(() => parseQuickFixXml(smallXml.replace(before, after)))).toContain(problem)
  })

  it.each([
    [
      "<component name='Instrument' required='Y'/>",
      "<component name='Instrumant' required='Y'/>",
      'component Instrumant',
    ],
    ["<field name='OrderQty' required='N'/>", "<field name='OrderCty' required='N'/>", 'field OrderCty'],
    ["<component name='Instrument'>", "<component name='Instrument'><component name='Instrument'/>", 'holds itself'],
    [
      "<group name='NoPartySubIDs' required='N'><field name='PartySubID' required='Y'/><field name='PartySubIDType' required='Y'/></group>",
      "<group name='NoPartySubIDs' required='N'/>",
      'no fields',
    ],
  ])('finds what contradicts itself when a message is used: %s', (before, after, problem) => {
    const definition = parseQuickFixXml(smallXml.replace(before, after))
    expect(messageOf(() => new FixDictionary(definition).scopeOfType('D'))).toContain(problem)
  })
})
