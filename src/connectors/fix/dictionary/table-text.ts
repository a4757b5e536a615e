/**
 * Dictionaries as compact text: what the built-in tables are kept in. It holds tags, names, types, values, required flags and
 * membership. Blank lines part the sections, ends of lines or semicolons the entries:
 *
 *   FIX.4.4                          version
 *   11 ClOrdID STRING                fields: tag, name, type, values
 *   54 Side CHAR 1 2 3
 *
 *   Parties 453(448 447 452 @PtysSubGrp)    components: name, members
 *
 *   D NewOrderSingle 11! 54! @Parties       messages: MsgType, name, members; session messages have a `*` before the name
 *
 *   8! 9! 35!                        header, then trailer
 *   10!
 *
 * A member is a tag, `@` and a component, or a tag and the members of its group in parentheses; `!` marks it as required.
 */
import { TradewireError } from '../../../core/errors.js'
import type { FixDictionaryDefinition, FixFieldDefinition, FixMember } from './definition.js'
import { isFixFieldType } from './field-types.js'

/** A dictionary as text. */
export function writeTable(definition: FixDictionaryDefinition): string {
  const { version, fields, components, messages, header, trailer } = definition
  const tags = new Map(fields.map((field) => [field.name, field.tag]))
  const write = (members: readonly FixMember[]): string => members.map((member) => memberText(member)).join(' ')
  const memberText = (member: FixMember): string => {
    const mark = member.required ? '!' : ''
    if (member.kind === 'component') return `@${member.name}${mark}`
    const inner = member.kind === 'group' ? `(${write(member.members)})` : ''
    return `${tags.get(member.name)}${inner}${mark}`
  }
  const sections = [
    [version],
    fields.map((field) => [field.tag, field.name, field.type, ...(field.values ?? [])].join(' ')),
    [...components].map(([name, members]) => `${name} ${write(members)}`.trim()),
    messages.map(({ msgType, category, name, members }) =>
      `${msgType} ${category === 'admin' ? '*' : ''}${name} ${write(members)}`.trim(),
    ),
    [write(header), write(trailer)],
  ]
  return sections.map((lines) => lines.join('\n')).join('\n\n')
}

/** The dictionary of a text of {@link writeTable}. @throws TradewireError `TW_INVALID_MODEL` when it is none. */
export function readTable(text: string): FixDictionaryDefinition {
  const sections = text.split('\n\n').map((section) => (section === '' ? [] : section.split(/[\n;]/)))
  if (sections.length !== 5) throw malformed('has not five sections')
  const [[version], fieldLines, componentLines, messageLines] = sections
  const fields = fieldLines.map(readField)
  const names = new Map(fields.map((field) => [field.tag, field.name]))
  const membersOf = (line: string) => new MemberReader(line, names).read()
  const [header = '', trailer = ''] = sections[4]
  return {
    version,
    fields,
    components: new Map(componentLines.map((line) => [head(line), membersOf(rest(line))])),
    messages: messageLines.map((line) => {
      const marked = head(rest(line))
      const isAdmin = marked.startsWith('*')
      return {
        msgType: head(line),
        name: isAdmin ? marked.slice(1) : marked,
        category: isAdmin ? 'admin' : 'app',
        members: membersOf(rest(rest(line))),
      }
    }),
    header: membersOf(header),
    trailer: membersOf(trailer),
  }
}

function head(line: string): string {
  const at = line.indexOf(' ')
  return at < 0 ? line : line.slice(0, at)
}

function rest(line: string): string {
  const at = line.indexOf(' ')
  return at < 0 ? '' : line.slice(at + 1)
}

function readField(line: string): FixFieldDefinition {
  const [tag, name, type, ...values] = line.split(' ')
  if (!isFixFieldType(type)) throw malformed(`has the unknown type ${type}`)
  const field = { tag: Number(tag), name, type }
  return values.length === 0 ? field : { ...field, values }
}

/** Reads members by descending into the parentheses. */
class MemberReader {
  readonly #tokens: readonly string[]
  readonly #names: ReadonlyMap<number, string>
  #at = 0

  constructor(line: string, names: ReadonlyMap<number, string>) {
    this.#tokens = line.match(/@?[\w.]+|[()!]/g) ?? []
    this.#names = names
  }

  read(): readonly FixMember[] {
    const members = this.#members()
    if (this.#at < this.#tokens.length) throw malformed('has a parenthesis too many')
    return members
  }

  #members(): readonly FixMember[] {
    const members: FixMember[] = []
    while (this.#at < this.#tokens.length && this.#tokens[this.#at] !== ')') members.push(this.#member())
    return members
  }

  #member(): FixMember {
    const token = this.#tokens[this.#at++]
    if (token.startsWith('@')) return { kind: 'component', name: token.slice(1), required: this.#takes('!') }
    const name = this.#names.get(Number(token))
    if (name === undefined) throw malformed(`has the member ${token}, which is no field of it`)
    if (!this.#takes('(')) return { kind: 'field', name, required: this.#takes('!') }
    const members = this.#members()
    if (!this.#takes(')')) throw malformed('has a parenthesis without its end')
    return { kind: 'group', name, required: this.#takes('!'), members }
  }

  #takes(token: string): boolean {
    if (this.#tokens[this.#at] !== token) return false
    this.#at++
    return true
  }
}

function malformed(problem: string): TradewireError {
  return new TradewireError('TW_INVALID_MODEL', `The dictionary table ${problem}`)
}
