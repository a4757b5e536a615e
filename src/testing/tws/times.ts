/** Times as TWS writes them. */

const two = (value: number) => String(value).padStart(2, '0')

const formats = new Map<string, Intl.DateTimeFormat>()

/** Names that TWS uses for time zones, by those of the tz database. */
const zoneNames: Readonly<Record<string, string>> = {
  'US/Eastern': 'America/New_York',
  'US/Central': 'America/Chicago',
}

function partsIn(zone: string, epochMs: number): string[] {
  let format = formats.get(zone)
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-GB', {
      timeZone: zoneNames[zone] ?? zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
    })
    formats.set(zone, format)
  }
  const found: Record<string, string> = {}
  for (const { type, value } of format.formatToParts(epochMs)) found[type] = value
  return [found.year, found.month, found.day, found.hour, found.minute, found.second] as string[]
}

/** `20261121 06:45:00 US/Eastern`. */
export function zonedTime(epochMs: number, zone = 'US/Eastern'): string {
  const [year, month, day, hour, minute, second] = partsIn(zone, epochMs)
  return `${year}${month}${day} ${hour}:${minute}:${second} ${zone}`
}

/** `20261121  06:45:00`: as servers before the time zones wrote it. */
export function bareTime(epochMs: number, zone = 'US/Eastern'): string {
  const [year, month, day, hour, minute, second] = partsIn(zone, epochMs)
  return `${year}${month}${day}  ${hour}:${minute}:${second}`
}

/** `20261121`. */
export function dayText(epochMs: number, zone = 'US/Eastern'): string {
  const [year, month, day] = partsIn(zone, epochMs)
  return `${year}${month}${day}`
}

/** `20261121-11:45:00`, in UTC. */
export function utcTime(epochMs: number): string {
  const date = new Date(epochMs)
  const day = `${date.getUTCFullYear()}${two(date.getUTCMonth() + 1)}${two(date.getUTCDate())}`
  return `${day}-${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())}`
}

/**
 * Epoch milliseconds of a time in any of the ways in which clients write it: `YYYYMMDD HH:MM:SS TZ`, `YYYYMMDD-HH:MM:SS`
 * (UTC), `YYYYMMDD`, epoch seconds. NaN for anything else, empty included.
 */
export function parseTime(text: string, zone = 'US/Eastern'): number {
  const trimmed = text.trim()
  if (/^\d{9,11}$/.test(trimmed)) return Number(trimmed) * 1_000
  const match = /^(\d{4})(\d\d)(\d\d)(?:(-| +)(\d\d):(\d\d)(?::(\d\d))?)?(?: +(\S+))?$/.exec(trimmed)
  if (match === null) return Number.NaN
  const [, year, month, day, dash, hour = '0', minute = '0', second = '0', given] = match
  const utcMs = Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second))
  const named = given ?? (dash === '-' ? 'UTC' : zone)
  if (named === 'UTC' || named === 'GMT') return utcMs
  try {
    return utcMs - offsetMs(named, utcMs - offsetMs(named, utcMs))
  } catch {
    return Number.NaN
  }
}

/** How far a zone is ahead of UTC at a moment. */
function offsetMs(zone: string, epochMs: number): number {
  const [year, month, day, hour, minute, second] = partsIn(zone, epochMs).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(epochMs / 1_000) * 1_000
}
