/**
 * Lines of the cryptofeed recorder, which several venues share:
 *
 *   <url> <-> t          connected                <url> <- t: message      sent by the client
 *   t: message           received                 <url> -> t: body         HTTP reply
 *   configuration: {...} settings of the recorder
 *
 * `t` is epoch seconds with decimals. Only received messages are market data.
 */
import { BadRow } from '../reading/bad-row.js'
import { scanSecondsAsUs } from '../reading/decimal-text.js'
import type { FileSample } from '../reading/format.js'
import type { JsonCursor } from '../reading/json-cursor.js'
import type { LineReader } from '../reading/line-reader.js'

const colon = 58
const letterC = 99
const letterW = 119

/**
 * Goes to the message of a received line and puts its receive time (epoch microseconds) into `cells[0]`.
 *
 * @returns false for the other kinds of line.
 */
export function beginReceived(line: LineReader, cursor: JsonCursor, cells: Float64Array): boolean {
  const { bytes, start, end } = line
  const next = scanSecondsAsUs(bytes, start, end, cells, 0)
  if (next > 0 && next < end && bytes[next] === colon) {
    cursor.begin(bytes, next + 1, end)
    return true
  }
  const isOther = bytes[start] === letterW || bytes[start] === letterC || bytes[start] === 104
  if (!isOther) throw new BadRow('(line)', "expected '<seconds>: <message>' or a connection line")
  return false
}

/** Whether the sample looks like a recording by this recorder. */
export function isRecorderFile(sample: FileSample): boolean {
  return /^(\w+:\/\/\S+ (<->|<-|->) \d+(\.\d+)?|configuration: |\d+(\.\d+)?: [[{])/.test(sample.firstLine)
}
