/**
 * Which length field announces which data field. A data field may hold any byte, separators included, so the scanner has to
 * know the pairs before it can tell fields apart. These are the pairs of all FIX versions; dictionaries and overlays add more.
 */

/** Length tags and the data tags that follow them. */
const standardPairs: readonly (readonly [length: number, data: number])[] = [
  [90, 91],
  [93, 89],
  [95, 96],
  [212, 213],
  [348, 349],
  [350, 351],
  [352, 353],
  [354, 355],
  [356, 357],
  [358, 359],
  [360, 361],
  [362, 363],
  [364, 365],
  [445, 446],
  [618, 619],
  [621, 622],
  [1184, 1185],
  [1277, 1278],
  [1280, 1281],
  [1282, 1283],
  [1397, 1398],
  [1401, 1402],
  [1403, 1404],
  [1468, 1469],
]

/** Data tag by length tag; 0 where the tag announces none. Tags beyond the table announce none. */
export type DataTags = Int32Array

/** The highest tag that may announce a data field. */
const MAX_LENGTH_TAG = 65_535

/** A table of the standard pairs and more. Later pairs win; those outside 1 to 65,535 are left out. */
export function dataTagTable(pairs: Iterable<readonly [length: number, data: number]> = []): DataTags {
  const all = [...standardPairs, ...pairs].filter(([length]) => length > 0 && length <= MAX_LENGTH_TAG)
  const table = new Int32Array(all.reduce((highest, [length]) => Math.max(highest, length), 0) + 1)
  for (const [length, data] of all) table[length] = data
  return table
}

/** The standard pairs. */
export const standardDataTags: DataTags = dataTagTable()
