/**
 * Reads the fields of one message of TWS in their order. A field that is missing, left over or of the wrong kind throws, with
 * the message and the place: that is how a wrong layout is found at the version where it happens.
 */

/** Fields of a message after its id, read one by one. Every reader throws Error where the field is not what it has to be. */
export class Walk {
  at = 1
  readonly fields: readonly string[]
  constructor(fields: readonly string[]) {
    this.fields = fields
  }
  take(count = 1): string {
    let last = ''
    for (let i = 0; i < count; i++) {
      if (this.at >= this.fields.length) throw new Error(`message ${this.fields[0]} ends before field ${this.at}`)
      last = this.fields[this.at++] as string
    }
    return last
  }
  int(): number {
    const text = this.take()
    if (text !== '' && !/^-?\d+$/.test(text))
      throw new Error(`message ${this.fields[0]} field ${this.at - 1}: ${text} is no integer`)
    return Number(text)
  }
  number(): number {
    const text = this.take()
    if (text !== '' && Number.isNaN(Number(text)))
      throw new Error(`message ${this.fields[0]} field ${this.at - 1}: ${text} is no number`)
    return text === '' ? Number.NaN : Number(text)
  }
  flag(): boolean {
    const text = this.take()
    if (text !== '0' && text !== '1' && text !== '')
      throw new Error(`message ${this.fields[0]} field ${this.at - 1}: ${text} is no yes-or-no`)
    return text === '1'
  }
  end(): void {
    if (this.at !== this.fields.length)
      throw new Error(
        `message ${this.fields[0]} has ${this.fields.length - this.at} fields too many: ${this.fields.slice(this.at)}`,
      )
  }
}
