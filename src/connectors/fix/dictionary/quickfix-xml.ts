/**
 * Dictionaries from XML files in the format of QuickFIX, which venues and brokers publish theirs in.
 *
 *   <fix type='FIX' major='4' minor='4' servicepack='0'>
 *     <header> fields, groups, components </header> <messages> <message name msgtype msgcat> ... </messages> <trailer> ... </trailer>
 *     <components> <component name> ... </components>
 *     <fields> <field number name type> <value enum/> ... </field> ... </fields>
 *   </fix>
 */
import { TradewireError } from '../../../core/errors.js'
import type { FixDictionaryDefinition, FixFieldDefinition, FixMember, FixMessageDefinition } from './definition.js'
import { isFixFieldType } from './field-types.js'
import { parseXml, type XmlElement } from './xml.js'

/**
 * The dictionary of an XML text.
 *
 * @throws TradewireError `TW_INVALID_MODEL` with the line, when the text is no such dictionary: malformed XML, an unknown
 * element or type, a tag, name or message type that comes twice.
 */
export function parseQuickFixXml(text: string): FixDictionaryDefinition {
  const root = parseXml(text)
  if (root.name !== 'fix') fail(root, `has the root element ${root.name} instead of fix`)
  const parts = new Map<string, XmlElement>()
  for (const part of root.children) {
    if (!partNames.includes(part.name)) fail(part, `has an unknown part ${part.name}`)
    if (parts.has(part.name)) fail(part, `has two parts ${part.name}`)
    parts.set(part.name, part)
  }
  const childrenOf = (name: string) => parts.get(name)?.children ?? []
  const fields = unique(childrenOf('fields').map(fieldOf), 'tag', root)
  unique(fields, 'name', root)
  return {
    version: versionOf(root),
    header: childrenOf('header').map(memberOf),
    trailer: childrenOf('trailer').map(memberOf),
    messages: unique(childrenOf('messages').map(messageOf), 'msgType', root),
    components: new Map(childrenOf('components').map((element) => [nameOf(element), membersOf(element)])),
    fields,
  }
}

const partNames = ['header', 'trailer', 'messages', 'components', 'fields']

/** `FIX.4.4`, `FIX.5.0SP2`, `FIXT.1.1`. */
function versionOf(root: XmlElement): string {
  const servicePack = Number(root.attributes.get('servicepack') ?? 0)
  const version = `${root.attributes.get('type') ?? 'FIX'}.${attribute(root, 'major')}.${attribute(root, 'minor')}`
  return servicePack > 0 ? `${version}SP${servicePack}` : version
}

function fieldOf(element: XmlElement): FixFieldDefinition {
  if (element.name !== 'field') fail(element, `has ${element.name} among its fields`)
  const tag = Number(attribute(element, 'number'))
  if (!Number.isInteger(tag) || tag < 1 || tag > 999_999_999) fail(element, 'has a field whose number is no tag')
  const type = attribute(element, 'type').toUpperCase()
  if (!isFixFieldType(type)) fail(element, `gives field ${tag} the unknown type ${type}`)
  const values = [...new Set(element.children.map((value) => attribute(value, 'enum')))]
  if (values.some((value) => value === '')) fail(element, `gives field ${tag} an empty value`)
  const field = { tag, name: nameOf(element), type }
  // "ISO Country Code" as a value stands for all of them: the list is no list.
  const isOpen = values.length === 0 || values.some((value) => value.includes(' '))
  return isOpen ? field : { ...field, values }
}

function messageOf(element: XmlElement): FixMessageDefinition {
  if (element.name !== 'message') fail(element, `has ${element.name} among its messages`)
  const msgType = attribute(element, 'msgtype')
  if (!/^[!-~]+$/.test(msgType)) fail(element, 'has a message whose type is not printable')
  return {
    name: nameOf(element),
    msgType,
    category: element.attributes.get('msgcat') === 'admin' ? 'admin' : 'app',
    members: membersOf(element),
  }
}

function membersOf(element: XmlElement): readonly FixMember[] {
  return element.children.map(memberOf)
}

function memberOf(element: XmlElement): FixMember {
  const name = nameOf(element)
  const required = element.attributes.get('required')?.toUpperCase() === 'Y'
  if (element.name === 'group') return { kind: 'group', name, required, members: membersOf(element) }
  if (element.name === 'field' || element.name === 'component') return { kind: element.name, name, required }
  return fail(element, `has ${element.name} where a field, group or component belongs`)
}

/** A name: it becomes a property of objects, so it is a plain word. */
function nameOf(element: XmlElement): string {
  const name = attribute(element, 'name')
  return /^[A-Za-z]\w*$/.test(name)
    ? name
    : fail(element, `has the name ${name}, which is not a letter and word characters`)
}

function attribute(element: XmlElement, name: string): string {
  return element.attributes.get(name) ?? fail(element, `has ${element.name} without ${name}`)
}

/** The items, when no two of them share a key. */
function unique<T, K extends keyof T>(items: readonly T[], key: K, root: XmlElement): readonly T[] {
  const seen = new Set<T[K]>()
  for (const item of items) {
    if (seen.has(item[key])) fail(root, `defines the ${String(key)} ${String(item[key])} twice`)
    seen.add(item[key])
  }
  return items
}

function fail(element: XmlElement, problem: string): never {
  throw new TradewireError('TW_INVALID_MODEL', `The dictionary ${problem}, line ${element.line}`, {
    details: { line: element.line },
  })
}
