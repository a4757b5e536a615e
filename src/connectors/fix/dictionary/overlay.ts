/**
 * Changes to a dictionary: a venue's own fields, values and messages on top of a version of the protocol.
 *
 *   overlayDictionary(await loadFixDictionary('FIX.4.4'), {
 *     fields: [{ tag: 5001, name: 'StrategyTag', type: 'STRING' }],
 *     values: { OrdType: ['Z'] },
 *     messages: { D: { members: [{ kind: 'field', name: 'StrategyTag', required: false }] } },
 *   })
 */
import { TradewireError } from '../../../core/errors.js'
import type { FixDictionaryDefinition, FixFieldDefinition, FixMember, FixMessageDefinition } from './definition.js'

/** What an overlay does to one message. */
export interface FixMessageOverlay {
  /** Name of a message that the dictionary lacks. */
  readonly name?: string
  /** Members that are added; one whose name is there already takes its place. */
  readonly members?: readonly FixMember[]
  /** Names of fields, groups and components that become optional, or go where `removed`. */
  readonly optional?: readonly string[]
  readonly removed?: readonly string[]
}

/** Changes to a dictionary. */
export interface FixOverlay {
  /** Fields that are added, or replace those of the same tag. */
  readonly fields?: readonly FixFieldDefinition[]
  /** Values that fields may have beside those they have, by the name of the field. An empty list lifts the restriction. */
  readonly values?: Readonly<Record<string, readonly string[]>>
  /** Messages by MsgType (35). */
  readonly messages?: Readonly<Record<string, FixMessageOverlay>>
  /** Components and the standard header and trailer, by their names; `header` and `trailer` for the latter. */
  readonly components?: Readonly<Record<string, FixMessageOverlay>>
}

/**
 * A dictionary with an overlay on top; the one given stays as it is.
 *
 * @throws TradewireError `TW_INVALID_CONFIG` when the overlay names a field, message or component that is not there.
 */
export function overlayDictionary(base: FixDictionaryDefinition, overlay: FixOverlay): FixDictionaryDefinition {
  const { header, trailer, ...components } = overlay.components ?? {}
  const changedComponents = new Map(base.components)
  for (const [name, change] of Object.entries(components))
    changedComponents.set(name, changedMembers(base.components.get(name) ?? [], change, name))
  return {
    ...base,
    fields: changedFields(base.fields, overlay),
    messages: changedMessages(base.messages, overlay.messages ?? {}),
    components: changedComponents,
    header: header === undefined ? base.header : changedMembers(base.header, header, 'header'),
    trailer: trailer === undefined ? base.trailer : changedMembers(base.trailer, trailer, 'trailer'),
  }
}

function changedFields(base: readonly FixFieldDefinition[], overlay: FixOverlay): readonly FixFieldDefinition[] {
  const byTag = new Map(base.map((field) => [field.tag, field]))
  for (const field of overlay.fields ?? []) byTag.set(field.tag, field)
  const names = new Map([...byTag.values()].map((field) => [field.name, field.tag]))
  if (names.size !== byTag.size) refuse('gives two fields the same name')
  for (const [name, values] of Object.entries(overlay.values ?? {})) {
    const field = byTag.get(names.get(name) ?? 0)
    if (field === undefined) refuse(`adds values to the field ${name}, which is not there`)
    const { values: before, ...rest } = field as FixFieldDefinition
    const all = [...new Set([...(before ?? []), ...values])]
    byTag.set(rest.tag, values.length === 0 ? rest : { ...rest, values: all })
  }
  return [...byTag.values()]
}

function changedMessages(
  base: readonly FixMessageDefinition[],
  changes: Readonly<Record<string, FixMessageOverlay>>,
): readonly FixMessageDefinition[] {
  const byType = new Map(base.map((message) => [message.msgType, message]))
  for (const [msgType, change] of Object.entries(changes)) {
    const message = byType.get(msgType)
    const name = change.name ?? message?.name
    if (name === undefined) refuse(`changes message ${msgType}, which is not there, and does not name it`)
    byType.set(msgType, {
      name: name as string,
      msgType,
      category: message?.category ?? 'app',
      members: changedMembers(message?.members ?? [], change, msgType),
    })
  }
  return [...byType.values()]
}

function changedMembers(base: readonly FixMember[], change: FixMessageOverlay, where: string): readonly FixMember[] {
  const byName = new Map(base.map((member) => [member.name, member]))
  for (const name of change.removed ?? [])
    if (!byName.delete(name)) refuse(`removes ${name}, which ${where} does not have`)
  for (const name of change.optional ?? []) {
    const member = byName.get(name)
    if (member === undefined) refuse(`makes ${name} optional, which ${where} does not have`)
    byName.set(name, { ...(member as FixMember), required: false })
  }
  for (const member of change.members ?? []) byName.set(member.name, member)
  return [...byName.values()]
}

function refuse(problem: string): never {
  throw new TradewireError('TW_INVALID_CONFIG', `The dictionary overlay ${problem}`)
}
