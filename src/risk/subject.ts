/** The order that the gate has before it. */

/**
 * The order under check, read from its record once; for a change, with the terms it would lead to. One object a gate is used
 * for every order: doubles in its fields cost no memory.
 */
export class Subject {
  account = 0
  instrument = 0
  connector = 0
  strategy = 0
  side = 0
  type = 0
  timeInForce = 0
  flags = 0
  quantity = Number.NaN
  price = Number.NaN
  trigger = Number.NaN
  filled = Number.NaN
  /** What the order has reserved already. */
  reserved = Number.NaN
  /** Index of account and instrument in the columns of the exposure. */
  key = 0
  nowNs = Number.NaN
  wallUs = Number.NaN
  /** The reference in price units, and the highest and lowest limit price inside the collar. */
  referenceUnits = Number.NaN
  highestUnits = Number.NaN
  lowestUnits = Number.NaN
  /** Value of one quantity unit in the base currency; only where a control asks for it, see `Valuer`. */
  unitValue = Number.NaN
}
