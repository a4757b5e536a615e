/** Reads the fields of one message in turn. Numbers that mean "not set" are the empty text. */
import { TradewireError } from '../../core/errors.js'

/** How clients write a value that is not set: the largest double, the largest int. */
const unset: ReadonlySet<string> = new Set([
  '1.7976931348623157E308',
  '1.7976931348623157e+308',
  '1.7976931348623157e308',
  '2147483647',
  '9223372036854775807',
  '170141183460469231731687303715884105727',
])

/** A cursor over the fields of a message. */
export class FieldReader {
  readonly #fields: readonly string[]
  #at = 1

  constructor(fields: readonly string[]) {
    this.#fields = fields
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#fields.length
  }

  /** Fields not read yet. */
  get left(): number {
    return this.#fields.length - this.#at
  }

  /** The next field. @throws TradewireError `TW_INVALID_MODEL` where the message has no more. */
  text(): string {
    const field = this.#fields[this.#at]
    if (field === undefined)
      throw new TradewireError('TW_INVALID_MODEL', `Message ${this.#fields[0]} ends before its field ${this.#at}`)
    this.#at++
    return field
  }

  /** The next field, empty where it says "not set". */
  value(): string {
    const text = this.text()
    return unset.has(text) ? '' : text
  }

  /** A whole number; 0 for an empty field. @throws TradewireError `TW_INVALID_MODEL`. */
  int(): number {
    const text = this.value()
    const number = text === '' ? 0 : Number(text)
    if (Number.isSafeInteger(number)) return number
    throw new TradewireError('TW_INVALID_MODEL', `Field ${this.#at - 1} of message ${this.#fields[0]} is no integer`)
  }

  /** A number; NaN for an empty field. */
  number(): number {
    const text = this.value()
    return text === '' ? Number.NaN : Number(text)
  }

  bool(): boolean {
    const text = this.text()
    return text === '1' || text === 'true'
  }

  skip(count = 1): void {
    for (let i = 0; i < count; i++) this.text()
  }
}
