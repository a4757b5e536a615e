/** Times as TWS writes and reads them. */

const two = (value: number) => String(value).padStart(2, '0')
const formats = new Map<string, Intl.DateTimeFormat | undefined>()

/** `20261121-11:45:00`, in UTC: the form that TWS takes from everybody. */
export function utcText(epochUs: number): string {
  const date = new Date(Math.floor(epochUs / 1_000))
  const day = `${date.getUTCFullYear()}${two(date.getUTCMonth() + 1)}${two(date.getUTCDate())}`
  return `${day}-${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())}`
}

/**
 * Epoch microseconds of `20261121 06:45:00 US/Eastern`, `20261121-11:45:00` (UTC), `20261121` or epoch seconds; NaN for
 * anything else. A time without a zone is in `zone`.
 */
export function parseTwsTime(text: string, zone = 'US/Eastern'): number {
  if (/^\d{9,11}$/.test(text)) return Number(text) * 1e6
  const match = /^(\d{4})(\d\d)(\d\d)(?:(-| +)(\d\d):(\d\d):(\d\d))?(?: +(\S+))?$/.exec(text)
  if (match === null) return Number.NaN
  const [, year, month, day, dash, hour = '0', minute = '0', second = '0', given] = match
  const utcMs = Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second))
  const name = dash === '-' && given === undefined ? 'UTC' : (given ?? zone)
  if (name === 'UTC' || name === 'GMT') return utcMs * 1_000
  // Twice, because the zone's offset is known at a moment and not at a clock's reading.
  const guess = utcMs - offsetMs(name, utcMs)
  return (utcMs - offsetMs(name, guess)) * 1_000
}

/** How far a zone is ahead of UTC at a moment; NaN for a zone that nobody knows. */
function offsetMs(zone: string, epochMs: number): number {
  if (!formats.has(zone)) formats.set(zone, formatFor(zone))
  const format = formats.get(zone)
  if (format === undefined || Number.isNaN(epochMs)) return Number.NaN
  const found: Record<string, number> = {}
  for (const { type, value } of format.formatToParts(epochMs)) found[type] = Number(value)
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = found
  return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(epochMs / 1_000) * 1_000
}

function formatFor(zone: string): Intl.DateTimeFormat | undefined {
  try {
    return new Intl.DateTimeFormat('en-GB', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
    })
  } catch {
    return undefined
  }
}
