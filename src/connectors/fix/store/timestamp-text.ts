/** UTC timestamps as text, for logs. */

import { latin1 } from '../codec/bytes.js'
import { DAY_US, writeDate, writeTimeOfDay } from '../codec/times.js'

const scratch = new Uint8Array(17)

/** `YYYYMMDD-HH:MM:SS.uuuuuu` of Unix epoch microseconds. */
export function timestampText(us: number): string {
  if (!Number.isFinite(us)) return '--------'
  const day = Math.floor(us / DAY_US)
  const ofDay = us - day * DAY_US
  const second = Math.floor(ofDay / 1_000_000)
  writeDate(scratch, 0, day)
  scratch[8] = 45
  writeTimeOfDay(scratch, 9, second)
  const micros = Math.floor(ofDay - second * 1_000_000)
  return `${latin1(scratch, 0, 17)}.${String(micros).padStart(6, '0')}`
}
