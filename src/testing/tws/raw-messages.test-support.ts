/**
 * The layout of every message that the gateway sends, so that a client can check each one to its last field. The messages of
 * orders have a file of their own; most others have a fixed length or end in a list that counts itself.
 */
import { contract11, walkCompletedOrder, walkOpenOrder } from './raw-orders.test-support.js'
import { Walk } from './raw-walk.test-support.js'

function walkContractDetails(walk: Walk, version: number): void {
  if (version < 164) walk.int()
  walk.int()
  walk.take(3)
  if (version >= 182) walk.take()
  walk.number()
  walk.take(6)
  walk.int()
  walk.number()
  if (version < 164) walk.int()
  walk.take(3)
  walk.int()
  walk.int()
  walk.take(10)
  walk.number()
  walk.take(walk.int() * 2)
  walk.int()
  walk.take(5)
  if (version === 163) walk.number()
  if (version >= 164) for (let i = 0; i < 3; i++) walk.number()
  if (version >= 186) walk.take(walk.int() * 2)
}

function walkExecution(walk: Walk, version: number): void {
  walk.int()
  walk.int()
  contract11(walk, {})
  walk.take(5)
  for (let i = 0; i < 2; i++) walk.number()
  for (let i = 0; i < 3; i++) walk.int()
  for (let i = 0; i < 2; i++) walk.number()
  walk.take(2)
  walk.number()
  walk.take()
  walk.int()
  if (version >= 178) walk.flag()
}

/** Fields after the id, for messages whose length is always the same. */
const lengths: Readonly<Record<number, number>> = {
  1: 6,
  2: 4,
  3: 11,
  6: 5,
  7: 19,
  8: 2,
  9: 2,
  12: 7,
  13: 9,
  14: 5,
  15: 2,
  16: 3,
  19: 2,
  21: 11,
  45: 4,
  46: 4,
  49: 2,
  50: 10,
  51: 3,
  52: 2,
  53: 1,
  54: 2,
  55: 2,
  57: 2,
  58: 3,
  59: 7,
  61: 15,
  62: 1,
  63: 6,
  64: 2,
  67: 3,
  68: 3,
  71: 17,
  72: 2,
  73: 7,
  74: 2,
  76: 1,
  81: 4,
  83: 3,
  84: 6,
  86: 5,
  87: 2,
  88: 2,
  90: 9,
  94: 4,
  95: 6,
  102: 0,
  103: 2,
  104: 2,
  105: 2,
  107: 2,
}

/** Walks any message of the gateway; throws where a field is missing, left over or of the wrong kind. */
export function walkMessage(fields: readonly string[], version: number): void {
  const id = Number(fields[0])
  const walk = new Walk(fields)
  const repeated = (each: number, last = 0) => {
    walk.take(walk.int() * each)
    walk.take(last)
  }
  if (id === 4) walk.take(version >= 166 ? 5 : 4)
  else if (id === 5) walkOpenOrder(walk, version)
  else if (id === 101) walkCompletedOrder(walk, version)
  else if (id === 10) walkContractDetails(walk, version)
  else if (id === 11) walkExecution(walk, version)
  else if (id === 17) {
    walk.take(3)
    repeated(8)
  } else if (id === 20) {
    walk.take(2)
    repeated(16)
  } else if (id === 75) {
    walk.take(5)
    repeated(1)
    repeated(1)
  } else if (id === 77) {
    walk.take()
    repeated(3)
  } else if (id === 78 || id === 85) repeated(2)
  else if (id === 79) {
    walk.take()
    const samples = walk.int()
    for (let i = 0; i < samples; i++) {
      walk.take(5)
      walk.take(walk.int())
      if (version >= 176) walk.take(2)
    }
  } else if (id === 80) repeated(5)
  else if (id === 82) {
    walk.take()
    repeated(3)
  } else if (id === 89) {
    walk.take()
    repeated(2)
  } else if (id === 93) {
    walk.take()
    repeated(2)
  } else if (id === 96 || id === 97 || id === 98) {
    walk.take()
    repeated(id === 96 ? 4 : 6, 1)
  } else if (id === 99) {
    walk.take()
    const kind = walk.int()
    walk.take(kind === 3 ? 6 : kind === 4 ? 2 : 6)
  } else if (id === 106) {
    walk.take(4)
    repeated(3)
  } else {
    const length = lengths[id]
    if (length === undefined) throw new Error(`message ${id} is not in the description`)
    walk.take(length)
  }
  walk.end()
}
