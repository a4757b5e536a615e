/**
 * A dictionary made ready for use: messages by type, fields by tag and by name, and the compiled scope of each message, built
 * when the first message of its type arrives.
 *
 * From FIX 5.0 on header, trailer and session messages belong to a transport of their own: give both definitions, application
 * first. Dictionaries hold nothing of a session and may be shared by any number of them.
 */
import { TradewireError } from '../../../core/errors.js'
import { type DataTags, dataTagTable } from '../codec/data-tags.js'
import { msgTypeCodeOf } from '../codec/message.js'
import type { FixDictionaryDefinition, FixFieldDefinition, FixMessageDefinition } from './definition.js'
import { buildScope, type Scope, type ScopeSource, Section } from './scope.js'
import { ValueSets } from './value-sets.js'

/** Stamps are compared as 32-bit integers. */
const MAX_STAMP = 0x7fffffff

/** A dictionary in use. */
export class FixDictionary {
  /** BeginString (8) of messages. */
  readonly beginString: string
  /** The definition of application messages (and of everything, before FIX 5.0). */
  readonly application: FixDictionaryDefinition
  /** The definition of header, trailer and session messages. */
  readonly transport: FixDictionaryDefinition
  /** Length and data tags, for the scanner: `new FixMessage({ dataTags })`. */
  readonly dataTags: DataTags
  /** Value sets of all scopes; used by the validator. */
  readonly valueSets = new ValueSets()

  readonly #transport: ScopeSource
  readonly #application: ScopeSource
  readonly #messages = new Map<string, FixMessageDefinition>()
  readonly #byCode = new Map<number, Scope>()
  readonly #byType = new Map<string, Scope>()
  readonly #fields = new Map<number, FixFieldDefinition>()
  readonly #transportFields = new Map<number, FixFieldDefinition>()
  readonly #applicationFields = new Map<number, FixFieldDefinition>()
  readonly #fieldsByName = new Map<string, FixFieldDefinition>()
  /** Header and trailer alone, for messages of unknown type. */
  readonly #bare: Scope
  #stamp = 0

  /** @throws TradewireError `TW_INVALID_MODEL` when the definition contradicts itself or lacks what it names. */
  constructor(application: FixDictionaryDefinition, transport: FixDictionaryDefinition = application) {
    this.application = application
    this.transport = transport
    this.beginString = transport.version
    this.#application = this.#sourceOf(application)
    this.#transport = transport === application ? this.#application : this.#sourceOf(transport)
    for (const { messages, fields } of [application, transport]) {
      for (const message of messages) this.#messages.set(message.msgType, message)
      for (const field of fields) {
        this.#fields.set(field.tag, field)
        this.#fieldsByName.set(field.name, field)
      }
    }
    for (const field of transport.fields) this.#transportFields.set(field.tag, field)
    for (const field of application.fields) this.#applicationFields.set(field.tag, field)
    this.dataTags = dataTagTable([...dataPairs(application), ...dataPairs(transport)])
    if (transport.header.length === 0) {
      const problem = `${transport.version} has no header: give its transport dictionary as second argument`
      throw new TradewireError('TW_INVALID_MODEL', problem, { details: { version: transport.version } })
    }
    this.#bare = this.#build([], this.#transport)
  }

  #sourceOf(definition: FixDictionaryDefinition): ScopeSource {
    const fieldsByName = new Map(definition.fields.map((field) => [field.name, field]))
    return { definition, fieldsByName, valueSets: this.valueSets }
  }

  /** The message of a type; undefined when there is none. */
  message(msgType: string): FixMessageDefinition | undefined {
    return this.#messages.get(msgType)
  }

  /** All messages, those of the session last. */
  get messages(): Iterable<FixMessageDefinition> {
    return this.#messages.values()
  }

  /** The field of a tag or a name; undefined when there is none. */
  field(tagOrName: number | string): FixFieldDefinition | undefined {
    return typeof tagOrName === 'number' ? this.#fields.get(tagOrName) : this.#fieldsByName.get(tagOrName)
  }

  /** As {@link field} of a tag, in the definition that the messages of a type belong to alone. */
  fieldFor(tag: number, msgType: string): FixFieldDefinition | undefined {
    const message = this.#messages.get(msgType)
    const isTransport = message !== undefined && this.transport.messages.includes(message)
    return (isTransport ? this.#transportFields : this.#applicationFields).get(tag)
  }

  /** Whether a field may have a value, as far as the dictionary lists its values. */
  allows(tag: number, value: string): boolean {
    const field = this.#fields.get(tag)
    return field !== undefined && (field.values?.includes(value) ?? true)
  }

  /** What a message may hold, by `FixMessage.msgTypeCode`; undefined until {@link scopeOfType} was asked for it. */
  scope(code: number): Scope | undefined {
    return this.#byCode.get(code)
  }

  /** Header and trailer alone. */
  get bareScope(): Scope {
    return this.#bare
  }

  /** What a message may hold, by its MsgType (35); undefined for an unknown type. */
  scopeOfType(msgType: string): Scope | undefined {
    const built = this.#byType.get(msgType)
    if (built !== undefined) return built
    const message = this.#messages.get(msgType)
    if (message === undefined) return undefined
    const isTransport = this.transport.messages.includes(message)
    const scope = this.#build(message.members, isTransport ? this.#transport : this.#application)
    this.#byType.set(msgType, scope)
    const code = msgTypeCodeOf(msgType)
    if (code >= 0) this.#byCode.set(code, scope)
    return scope
  }

  #build(members: FixMessageDefinition['members'], source: ScopeSource): Scope {
    const { header, trailer } = this.transport
    return buildScope([
      { source: this.#transport, members: header, section: Section.header },
      { source, members, section: Section.body },
      { source: this.#transport, members: trailer, section: Section.trailer },
    ])
  }

  /** A number that no field has been stamped with: each message and each entry of a group takes one. */
  nextStamp(): number {
    if (this.#stamp < MAX_STAMP) return ++this.#stamp
    this.#bare.clearSeen()
    for (const scope of this.#byType.values()) scope.clearSeen()
    this.#stamp = 1
    return 1
  }
}

/** Length and data fields of a dictionary that belong together by their names: `X` after `XLen` or `XLength`. */
function* dataPairs({ fields }: FixDictionaryDefinition): Iterable<readonly [number, number]> {
  const tags = new Map(fields.map((field) => [field.name, field.tag]))
  for (const { name, tag, type } of fields) {
    if (type !== 'DATA' && type !== 'XMLDATA') continue
    const length = tags.get(`${name}Len`) ?? tags.get(`${name}Length`)
    if (length !== undefined) yield [length, tag]
  }
}
