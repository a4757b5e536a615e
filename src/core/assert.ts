/** Assertions that stay on in production: an order plane whose invariant is broken must stop, not go on. */
import { TradewireError } from './errors.js'

/**
 * States what must hold.
 *
 * @throws TradewireError `TW_ASSERTION` when it does not.
 */
export function assert(condition: boolean, invariant: string): asserts condition {
  if (!condition) throw new TradewireError('TW_ASSERTION', `Invariant broken: ${invariant}`)
}

/** Marks a branch that the types exclude; reached only by data that lies about its type. */
export function unreachable(value: never): never {
  throw new TradewireError('TW_ASSERTION', `Invariant broken: unexpected value ${String(value)}`)
}
