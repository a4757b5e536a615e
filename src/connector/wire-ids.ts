/**
 * Ids on the wire, apart from the ids of the host. A venue may take 20 characters and no hyphen; FIX wants a new id for
 * every change; the host's id is the host's business and may be anything.
 *
 * A wire id carries the number of the order and a check on the host's id, so that it is found again after a restart without
 * any memory: nothing to store, nothing to grow.
 *
 *     3  1a2  k07c2qm  4        digits of the number, the number, the check, the request (absent for the order itself)
 */
import { TradewireError } from '../core/errors.js'
import type { OrderReports } from '../orders/reports.js'

/** How a venue wants its ids. */
export interface WireIdOptions {
  /** Characters an id may have at most. */
  maxLength: number
  /** Letters and digits that every id of this client begins with; nothing unless given. */
  prefix?: string
  /** Whether letters have to be upper case; false unless given. */
  upperCase?: boolean
}

const checkDigits = 7
/** A number up to 2^53 has so many digits in base 36; ids of later requests add up to 4. */
const longestNumber = 11

/** Makes and reads the ids of one connector. */
export class WireIds {
  readonly #options: WireIdOptions
  readonly #prefix: string

  /** @throws TradewireError `TW_INVALID_CONFIG` for a length that cannot hold any id, or a prefix of other characters. */
  constructor(options: WireIdOptions) {
    const { maxLength, prefix = '', upperCase = false } = options
    const least = prefix.length + 1 + 1 + checkDigits + 1
    if (!/^[A-Za-z0-9]*$/.test(prefix))
      throw new TradewireError('TW_INVALID_CONFIG', `Option prefix must be letters and digits, got "${prefix}"`)
    if (!Number.isSafeInteger(maxLength) || maxLength < least) {
      throw new TradewireError(
        'TW_INVALID_CONFIG',
        `Option maxLength must be a whole number of at least ${least} with this prefix, got ${maxLength}`,
      )
    }
    this.#options = options
    this.#prefix = upperCase ? prefix.toUpperCase() : prefix
  }

  /**
   * The id under which an order goes to the venue. `generation` 0 is the order itself, others are changes and cancels.
   *
   * @throws TradewireError `TW_OUT_OF_RANGE` when the id would be too long: nothing must be sent under half an id.
   */
  idOf(order: { readonly number: number; readonly clientOrderId: string }, generation = 0): string {
    const number = order.number.toString(36)
    const request = generation === 0 ? '' : generation.toString(36)
    const length = number.length.toString(36)
    const id = `${this.#prefix}${this.#cased(`${length}${number}${checkOf(order.clientOrderId)}${request}`)}`
    if (id.length <= this.#options.maxLength) return id
    throw new TradewireError(
      'TW_OUT_OF_RANGE',
      `The wire id of order ${order.number} would have ${id.length} characters, the venue takes ${this.#options.maxLength}`,
    )
  }

  /** The number of the order behind an id that came back, whatever request of it; 0 when it is not one of ours. */
  numberOf(id: string, reports: Pick<OrderReports, 'clientOrderIdOf'>): number {
    const parts = this.#parse(id)
    if (parts === undefined) return 0
    const clientOrderId = reports.clientOrderIdOf(parts.number)
    return clientOrderId !== undefined && checkOf(clientOrderId) === parts.check ? parts.number : 0
  }

  /** The request that an id was made for: 0 for the order itself or an id that is not ours. */
  generationOf(id: string): number {
    return this.#parse(id)?.generation ?? 0
  }

  #cased(text: string): string {
    return this.#options.upperCase === true ? text.toUpperCase() : text
  }

  #parse(id: string): { number: number; check: string; generation: number } | undefined {
    if (!id.startsWith(this.#prefix)) return undefined
    const rest = id.slice(this.#prefix.length).toLowerCase()
    if (!/^[a-b1-9][a-z0-9]+$/.test(rest)) return undefined
    const digits = Number.parseInt(rest.slice(0, 1), 36)
    if (digits > longestNumber || rest.length < 1 + digits + checkDigits) return undefined
    const number = Number.parseInt(rest.slice(1, 1 + digits), 36)
    const check = rest.slice(1 + digits, 1 + digits + checkDigits)
    const request = rest.slice(1 + digits + checkDigits)
    const generation = request === '' ? 0 : Number.parseInt(request, 36)
    if (!Number.isSafeInteger(number) || !Number.isSafeInteger(generation)) return undefined
    return { number, check, generation }
  }
}

/** 36 bits of the host's id as seven letters and digits: FNV-1a twice, from two starts. */
function checkOf(clientOrderId: string): string {
  let a = 0x811c9dc5
  let b = 0x2f0b4a47
  for (let i = 0; i < clientOrderId.length; i++) {
    const unit = clientOrderId.charCodeAt(i)
    a = Math.imul(a ^ unit, 0x01000193)
    b = Math.imul(b ^ unit, 0x01000193)
  }
  const mixed = ((b ^ (b >>> 15)) & 0xf) * 0x1_0000_0000 + (a >>> 0)
  return mixed.toString(36).padStart(checkDigits, '0').slice(-checkDigits)
}
