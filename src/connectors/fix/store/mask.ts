/**
 * Messages as text for logs, without the secrets in them. Secrets are left out while the text is made: there is no moment at
 * which a text holds them.
 */
import type { SecretInput } from '../../../core/secret.js'
import { SecretMask } from '../../../core/secret-mask.js'
import { EQUALS, SOH, ZERO } from '../codec/bytes.js'
import { standardDataTags } from '../codec/data-tags.js'

/**
 * Tags whose values never reach a log: SecureData (91), Signature (89), RawData (96), Username (553), Password (554),
 * NewPassword (925), EncryptedPassword (1402), EncryptedNewPassword (1404).
 */
export const secretTags: readonly number[] = [89, 91, 96, 553, 554, 925, 1402, 1404]

/** What of a message is hidden. */
export interface MaskOptions {
  /** More tags to hide; those of `secretTags` always are. */
  tags?: readonly number[]
  /** Shows no more than the last four characters of Account (1); false unless given. */
  accounts?: boolean
  /** Values that are hidden wherever they stand: peers quote in a text what they were sent. */
  secrets?: Iterable<SecretInput | undefined>
}

const ACCOUNT = 1
const placeholder = '***'

/** Writes messages as text. */
export class MessageMask {
  readonly #hidden: ReadonlySet<number>
  readonly #hidesAccounts: boolean
  readonly #secrets: SecretMask

  constructor(options: MaskOptions = {}) {
    this.#hidden = new Set([...secretTags, ...(options.tags ?? [])])
    this.#hidesAccounts = options.accounts ?? false
    this.#secrets = new SecretMask(options.secrets ?? [])
  }

  /**
   * `bytes[start, end)` as one line: separators as `|`, hidden values as `***`, control characters and `|` inside values as
   * `?`. Takes whatever arrives, whole or garbled; once a length and its data disagree, all that follows is hidden.
   */
  text(bytes: Uint8Array, start = 0, end: number = bytes.length): string {
    return this.#secrets.text(this.#fields(bytes, start, end))
  }

  /** What happened, in words, without secrets. */
  words(text: string): string {
    return this.#secrets.text(text)
  }

  #fields(bytes: Uint8Array, start: number, end: number): string {
    let text = ''
    let announced = 0
    let announcedLength = 0
    for (let at = start; at < end; ) {
      const { tag, valueAt } = tagAt(bytes, at, end)
      let valueEnd = nextSoh(bytes, valueAt, end)
      if (announced !== 0 && tag === announced) {
        const dataEnd = valueAt + announcedLength
        if (dataEnd > end || (dataEnd < end && bytes[dataEnd] !== SOH)) {
          return this.#hidden.has(tag)
            ? `${text}${tag}=${placeholder}`
            : `${text}${plain(bytes, at, valueEnd)}|${placeholder}`
        }
        valueEnd = dataEnd
      }
      if (this.#hidden.has(tag)) text += `${tag}=${placeholder}`
      else if (tag === ACCOUNT && this.#hidesAccounts) text += `1=${lastFour(bytes, valueAt, valueEnd)}`
      else text += plain(bytes, at, valueEnd)
      if (valueEnd < end) text += '|'
      announced = standardDataTags[tag] ?? 0
      if (announced !== 0) announcedLength = numberAt(bytes, valueAt, valueEnd)
      at = valueEnd + 1
    }
    return text
  }
}

function tagAt(bytes: Uint8Array, from: number, end: number): { tag: number; valueAt: number } {
  let tag = 0
  for (let at = from; at < end && at < from + 10; at++) {
    const digit = bytes[at] - ZERO
    if (bytes[at] === EQUALS) return { tag, valueAt: at + 1 }
    if (digit < 0 || digit > 9) break
    tag = tag * 10 + digit
  }
  return { tag: 0, valueAt: from }
}

function nextSoh(bytes: Uint8Array, from: number, end: number): number {
  for (let at = from; at < end; at++) if (bytes[at] === SOH) return at
  return end
}

function numberAt(bytes: Uint8Array, from: number, to: number): number {
  let number = 0
  for (let at = from; at < to && at < from + 9; at++) {
    const digit = bytes[at] - ZERO
    if (digit < 0 || digit > 9) return Number.POSITIVE_INFINITY
    number = number * 10 + digit
  }
  return number
}

function plain(bytes: Uint8Array, from: number, to: number): string {
  let text = ''
  for (let at = from; at < to; at++) {
    const byte = bytes[at]
    text += byte < 32 || byte === 124 || byte === 127 ? '?' : String.fromCharCode(byte)
  }
  return text
}

function lastFour(bytes: Uint8Array, from: number, to: number): string {
  const shown = Math.max(from, to - 4)
  return to - from <= 4 ? '*'.repeat(to - from) : '*'.repeat(shown - from) + plain(bytes, shown, to)
}
