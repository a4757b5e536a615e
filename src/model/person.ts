/** Who does something that goes on record, and why. Types do not hold for hosts in JavaScript: both are looked at. */
import { TradewireError } from '../core/errors.js'

/** Who, and why. */
export interface Person {
  readonly actor: string
  readonly reason: string
}

/**
 * Refuses what nobody answers for. `act`: what it is, for the message.
 *
 * @throws TradewireError `TW_UNAUTHORIZED` without an actor, `TW_INVALID_ARGUMENT` without a reason.
 */
export function requirePerson(who: Partial<Person> | undefined, act: string): asserts who is Person {
  if (!isText(who?.actor)) throw new TradewireError('TW_UNAUTHORIZED', `actor must name the person who ${act}`)
  if (!isText(who?.reason)) throw new TradewireError('TW_INVALID_ARGUMENT', `reason must say why ${who?.actor} ${act}`)
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.trim() !== ''
}
