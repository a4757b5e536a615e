/**
 * A reader for the XML of dictionary files: elements and attributes, nothing else. It expands no entities but the five that
 * XML itself defines and characters by number, refuses document type declarations, and bounds size and depth, so that a file
 * from anywhere cannot make it do more work than its length.
 */
import { TradewireError } from '../../../core/errors.js'

/** An element. Text between elements is left out. */
export interface XmlElement {
  readonly name: string
  readonly attributes: ReadonlyMap<string, string>
  readonly children: readonly XmlElement[]
  /** Line of the file, from 1. */
  readonly line: number
}

/** Longest text accepted, in characters. */
export const MAX_XML_LENGTH = 16 * 1024 * 1024
const MAX_DEPTH = 64
const MAX_ATTRIBUTES = 64

/**
 * The root element of an XML text.
 *
 * @throws TradewireError `TW_INVALID_MODEL` with the line, when the text is not well-formed or passes a bound.
 */
export function parseXml(text: string): XmlElement {
  return new XmlReader(text).read()
}

interface OpenElement extends XmlElement {
  readonly children: XmlElement[]
}

const entities = new Map([
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
])

const blank = /\s/
const nameCharacters = /[\w:.\-\u00b7-\uffff]/

class XmlReader {
  readonly #text: string
  #position = 0
  #line = 1
  #lineStart = 0

  constructor(text: string) {
    this.#text = text
  }

  read(): XmlElement {
    if (this.#text.length > MAX_XML_LENGTH) this.#fail(`is longer than ${MAX_XML_LENGTH} characters`)
    const open: OpenElement[] = []
    let root: XmlElement | undefined
    for (;;) {
      const at = this.#text.indexOf('<', this.#position)
      if (at < 0) break
      this.#position = at
      if (this.#skips('<!--', '-->') || this.#skips('<?', '?>') || this.#skips('<![CDATA[', ']]>')) continue
      if (this.#text.startsWith('<!', at)) this.#fail('has a document type declaration, which is not read')
      if (this.#text.startsWith('</', at)) {
        const name = this.#closingName()
        if (open.pop()?.name !== name) this.#fail(`closes ${name}, which is not open`)
        continue
      }
      if (root !== undefined && open.length === 0) this.#fail('has more than one root element')
      const { element, isClosed } = this.#element()
      root ??= element
      open.at(-1)?.children.push(element)
      if (!isClosed && open.push(element) > MAX_DEPTH) this.#fail(`nests deeper than ${MAX_DEPTH} elements`)
    }
    if (open.length > 0) this.#fail(`ends before ${open[open.length - 1].name} is closed`)
    return root ?? this.#fail('has no element')
  }

  /** Passes over a construct that begins here and ends with `end`. */
  #skips(begin: string, end: string): boolean {
    if (!this.#text.startsWith(begin, this.#position)) return false
    const at = this.#text.indexOf(end, this.#position + begin.length)
    if (at < 0) this.#fail(`has ${begin} without ${end}`)
    this.#position = at + end.length
    return true
  }

  #closingName(): string {
    this.#position += 2
    const name = this.#name()
    this.#skipBlanks()
    if (this.#text[this.#position] !== '>') this.#fail(`has a malformed end of ${name}`)
    this.#position++
    return name
  }

  #element(): { element: OpenElement; isClosed: boolean } {
    this.#position++
    const line = this.#lineNumber()
    const name = this.#name()
    const attributes = new Map<string, string>()
    for (;;) {
      this.#skipBlanks()
      const next = this.#text[this.#position]
      if (next === '>' || next === '/') break
      if (attributes.size >= MAX_ATTRIBUTES) this.#fail(`gives ${name} more than ${MAX_ATTRIBUTES} attributes`)
      const attribute = this.#name()
      if (attributes.has(attribute)) this.#fail(`gives ${name} two attributes ${attribute}`)
      attributes.set(attribute, this.#value())
    }
    const isClosed = this.#text[this.#position] === '/'
    if (isClosed) this.#position++
    if (this.#text[this.#position] !== '>') this.#fail(`has a malformed element ${name}`)
    this.#position++
    return { element: { name, attributes, children: [], line }, isClosed }
  }

  #name(): string {
    const start = this.#position
    while (this.#position < this.#text.length && nameCharacters.test(this.#text[this.#position])) this.#position++
    if (this.#position === start) this.#fail('has a malformed name')
    return this.#text.slice(start, this.#position)
  }

  #value(): string {
    this.#skipBlanks()
    if (this.#text[this.#position] !== '=') this.#fail('has an attribute without a value')
    this.#position++
    this.#skipBlanks()
    const quote = this.#text[this.#position]
    const end = quote === '"' || quote === "'" ? this.#text.indexOf(quote, this.#position + 1) : -1
    if (end < 0) this.#fail('has an attribute whose value is not quoted')
    const value = this.#text.slice(this.#position + 1, end)
    this.#position = end + 1
    return value.includes('&') ? this.#expanded(value) : value
  }

  #expanded(value: string): string {
    return value.replace(/&([^;&]*);?/g, (all, name: string) => {
      const byNumber = /^#(?:x([\da-f]{1,6})|(\d{1,7}))$/i.exec(name)
      const code = byNumber === null ? Number.NaN : Number.parseInt(byNumber[1] ?? byNumber[2], byNumber[1] ? 16 : 10)
      if (code > 0 && code <= 0x10ffff) return String.fromCodePoint(code)
      return (
        (all.endsWith(';') ? entities.get(name) : undefined) ?? this.#fail(`uses the entity ${all}, which is not read`)
      )
    })
  }

  #skipBlanks(): void {
    let at = this.#position
    while (at < this.#text.length && blank.test(this.#text[at])) at++
    this.#position = at
  }

  /** Line of the current position. Positions only grow, so each line is counted once. */
  #lineNumber(): number {
    for (let at = this.#text.indexOf('\n', this.#lineStart); at >= 0 && at < this.#position; ) {
      this.#line++
      this.#lineStart = at + 1
      at = this.#text.indexOf('\n', this.#lineStart)
    }
    return this.#line
  }

  #fail(problem: string): never {
    const line = this.#lineNumber()
    throw new TradewireError('TW_INVALID_MODEL', `The XML ${problem}, line ${line}`, { details: { line } })
  }
}
