/**
 * Rows of book messages as columns: the shape that ring columns, held messages and direct calls have in common. Numbers
 * go from function to function as an index into these, because the engine puts doubles that are arguments of a call on
 * the heap, unless it inlines the call.
 */

/** Levels or orders; see `BookColumns` of the ring for the meaning of each column. */
export interface LevelRows {
  readonly levelAction: Uint8Array
  readonly levelSide: Uint8Array
  readonly levelPrice: Float64Array
  readonly levelSize: Float64Array
  readonly levelOrderId: Float64Array
}

/** Times and numbers of messages. */
export interface MessageRows {
  readonly tsEventUs: Float64Array
  readonly tsRecvUs: Float64Array
  readonly sequence: Float64Array
  readonly previousSequence: Float64Array
}

/** One row of each, for what comes by direct calls. */
export function createRow(): LevelRows & MessageRows {
  return {
    levelAction: new Uint8Array(1),
    levelSide: new Uint8Array(1),
    levelPrice: new Float64Array(1),
    levelSize: new Float64Array(1),
    levelOrderId: new Float64Array(1),
    tsEventUs: new Float64Array(1),
    tsRecvUs: new Float64Array(1),
    sequence: new Float64Array(1),
    previousSequence: new Float64Array(1),
  }
}
