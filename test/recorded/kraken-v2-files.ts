/** Recorded Kraken v2 messages: those of a venue, and those that somebody has edited. */
import { checksumOfTexts } from '../../src/market/book-checksum.js'
import { sharedFiles } from '../support/shared.js'
import { linesOf } from './support.js'

/** Files of Kraken v2 messages. */
export const krakenV2Files = sharedFiles('payloads', 'kraken', /\.ndjson(\.gz)?$/)
const isSnapshot = (line: string) =>
  /"channel": ?"book"/.test(line) && /"type": ?"snapshot"/.test(line) && line.includes('"checksum"')
/** Files whose snapshots carry the checksum of their own texts; the others were edited. */
export const krakenV2Recorded = krakenV2Files.filter((path) =>
  linesOf(path)
    .filter(isSnapshot)
    .every((line) => Number(/"checksum": ?(\d+)/.exec(line)?.[1]) === checksumOfSnapshot(line)),
)

/** The checksum that the texts of a snapshot make. */
function checksumOfSnapshot(line: string): number {
  const levels = (side: string) => {
    const [, list = ''] = new RegExp(`"${side}": ?\\[([^\\]]*)\\]`).exec(line) ?? []
    return [...list.matchAll(/"price": ?([\d.]+), ?"qty": ?([\d.]+)/g)].flatMap(([, price = '', size = '']) => [
      price,
      size,
    ])
  }
  return checksumOfTexts([...levels('asks'), ...levels('bids')])
}
