/**
 * What a dictionary says, as plain data: fields with their types and values, components, and what each message holds. It comes
 * from an XML file (`parseQuickFixXml`), from the built-in tables (`loadFixDictionary`) or from the host, and may be changed by
 * an overlay before `FixDictionary` makes it fast.
 */
import type { FixFieldType } from './field-types.js'

/** A field. */
export interface FixFieldDefinition {
  readonly tag: number
  readonly name: string
  readonly type: FixFieldType
  /** The values that it may have; absent where any value of its type will do. */
  readonly values?: readonly string[]
}

/** What a message, component or group holds: a field by its name, a component by its name, or a group by its count field. */
export type FixMember =
  | { readonly kind: 'field'; readonly name: string; readonly required: boolean }
  | { readonly kind: 'component'; readonly name: string; readonly required: boolean }
  | {
      readonly kind: 'group'
      readonly name: string
      readonly required: boolean
      readonly members: readonly FixMember[]
    }

/** A message. */
export interface FixMessageDefinition {
  readonly name: string
  /** MsgType (35). */
  readonly msgType: string
  /** `admin` for messages of the session, `app` for all others. */
  readonly category: 'admin' | 'app'
  readonly members: readonly FixMember[]
}

/** A dictionary. */
export interface FixDictionaryDefinition {
  /** BeginString (8) for FIX 4.x and FIXT; for FIX 5.0 and later the version as `FIX.5.0SP2`. */
  readonly version: string
  /** Fields of the standard header; empty for FIX 5.0 and later, where the transport has it. */
  readonly header: readonly FixMember[]
  readonly trailer: readonly FixMember[]
  readonly messages: readonly FixMessageDefinition[]
  readonly components: ReadonlyMap<string, readonly FixMember[]>
  readonly fields: readonly FixFieldDefinition[]
}
