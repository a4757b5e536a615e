/** Words of the documented data format (docs/data-format.md), shared by its readers and the recorder. */
import { LevelAction, TradingStatus } from '../../../../ring/kinds.js'
import { bytesOf, sameBytes } from '../reading/json-cursor.js'

/** Version of the format that is written; readers take this one. */
export const formatVersion = 1

/** Words of a column or member, by the number that stands for them. */
export interface Words {
  readonly texts: readonly string[]
  readonly values: readonly number[]
  readonly bytes: readonly Uint8Array[]
}

function words(pairs: readonly (readonly [text: string, value: number])[]): Words {
  return {
    texts: pairs.map(([text]) => text),
    values: pairs.map(([, value]) => value),
    bytes: pairs.map(([text]) => bytesOf(text)),
  }
}

/** Who started a trade; an empty field is unknown. */
export const aggressorWords = words([
  ['buy', 1],
  ['sell', -1],
])
/** Side of a level or order. */
export const sideWords = words([
  ['bid', 0],
  ['ask', 1],
])
/** What a row of a book message does. */
export const actionWords = words([
  ['set', LevelAction.setLevel],
  ['add', LevelAction.addOrder],
  ['change', LevelAction.changeOrder],
  ['delete', LevelAction.deleteOrder],
])
/** Trading status. */
export const statusWords = words([
  ['closed', TradingStatus.closed],
  ['pre_open', TradingStatus.preOpen],
  ['open', TradingStatus.open],
  ['halted', TradingStatus.halted],
  ['auction', TradingStatus.auction],
])
/** Kind of a book message. */
export const bookWords = words([
  ['delta', 0],
  ['snapshot', 1],
])
/** Truth values of CSV columns. */
export const truthWords = words([
  ['0', 0],
  ['1', 1],
  ['false', 0],
  ['true', 1],
])
/** Where a book message of a CSV file ends: `more` rows follow, it ends here, or only a part of the update does. */
export const endWords = words([
  ['more', 0],
  ['last', 1],
  ['part', 2],
])

/** The value of the word `bytes[start, end)`, NaN where it is none of them. */
export function wordValue(list: Words, bytes: Uint8Array, start: number, end: number): number {
  for (let i = 0; i < list.bytes.length; i++) {
    if (sameBytes(bytes, start, end, list.bytes[i] as Uint8Array)) return list.values[i] as number
  }
  return Number.NaN
}

/** The word of a value; empty where it has none. */
export function wordOf(list: Words, value: number): string {
  return list.texts[list.values.indexOf(value)] ?? ''
}
