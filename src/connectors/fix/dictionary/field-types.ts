/**
 * The types of fields, and which bytes are a value of each.
 *
 * Checks are as strict as the protocol is clear, and no stricter: numbers have no plus sign and no exponent, dates exist, and
 * texts may hold anything. Names of types are those of dictionaries; versions spell a few of them differently.
 */
import { MINUS, POINT, ZERO } from '../codec/bytes.js'
import { isDate, isTime, isTimestamp } from '../codec/times.js'

/** The forms that values have. Several types share one. */
export const FixForm = {
  text: 0,
  integer: 1,
  count: 2,
  decimal: 3,
  character: 4,
  boolean: 5,
  timestamp: 6,
  time: 7,
  date: 8,
  monthYear: 9,
  /** Several values of one character or of text, with blanks between them. */
  values: 10,
  dayOfMonth: 11,
  zonedTime: 12,
  zonedTimestamp: 13,
  data: 14,
  anyDate: 15,
} as const
/** The form of a value. */
export type FixForm = (typeof FixForm)[keyof typeof FixForm]

const forms = {
  AMT: FixForm.decimal,
  BOOLEAN: FixForm.boolean,
  CHAR: FixForm.character,
  COUNTRY: FixForm.text,
  CURRENCY: FixForm.text,
  DATA: FixForm.data,
  DATE: FixForm.anyDate,
  DAYOFMONTH: FixForm.dayOfMonth,
  EXCHANGE: FixForm.text,
  FLOAT: FixForm.decimal,
  INT: FixForm.integer,
  LANGUAGE: FixForm.text,
  LENGTH: FixForm.count,
  LOCALMKTDATE: FixForm.date,
  LOCALMKTTIME: FixForm.time,
  MONTHYEAR: FixForm.monthYear,
  MULTIPLECHARVALUE: FixForm.values,
  MULTIPLESTRINGVALUE: FixForm.values,
  MULTIPLEVALUESTRING: FixForm.values,
  NUMINGROUP: FixForm.count,
  PERCENTAGE: FixForm.decimal,
  PRICE: FixForm.decimal,
  PRICEOFFSET: FixForm.decimal,
  QTY: FixForm.decimal,
  QUANTITY: FixForm.decimal,
  SEQNUM: FixForm.count,
  STRING: FixForm.text,
  TAGNUM: FixForm.integer,
  TIME: FixForm.timestamp,
  TZTIMEONLY: FixForm.zonedTime,
  TZTIMESTAMP: FixForm.zonedTimestamp,
  UTCDATE: FixForm.date,
  UTCDATEONLY: FixForm.date,
  UTCTIMEONLY: FixForm.time,
  UTCTIMESTAMP: FixForm.timestamp,
  XID: FixForm.text,
  XIDREF: FixForm.text,
  XMLDATA: FixForm.data,
} as const satisfies Record<string, FixForm>

/** The type of a field, as dictionaries name it. */
export type FixFieldType = keyof typeof forms

/** Whether a name is that of a type. */
export function isFixFieldType(name: string): name is FixFieldType {
  return Object.hasOwn(forms, name)
}

/** The form of a type. Before FIX 4.2 a CHAR may have any number of characters. */
export function formOf(type: FixFieldType, version: string): FixForm {
  if (type === 'CHAR' && (version === 'FIX.4.0' || version === 'FIX.4.1')) return FixForm.text
  return forms[type]
}

/** Whether bytes are a value of a form. Empty values are none of any form but text and data. */
export function hasForm(form: FixForm, bytes: Uint8Array, from: number, to: number): boolean {
  switch (form) {
    case FixForm.text:
    case FixForm.values:
    case FixForm.data:
      return true
    case FixForm.integer:
      return isInteger(bytes, from, to)
    case FixForm.count:
      return isDigits(bytes, from, to)
    case FixForm.decimal:
      return isDecimal(bytes, from, to)
    case FixForm.character:
      return to - from === 1
    case FixForm.boolean:
      return to - from === 1 && (bytes[from] === 89 || bytes[from] === 78)
    case FixForm.timestamp:
      return isTimestamp(bytes, from, to)
    case FixForm.time:
      return isTime(bytes, from, to)
    case FixForm.date:
      return isDate(bytes, from, to)
    case FixForm.anyDate:
      return isDate(bytes, from, to) || isTimestamp(bytes, from, to)
    case FixForm.monthYear:
      return isMonthYear(bytes, from, to)
    case FixForm.dayOfMonth:
      return isDigits(bytes, from, to) && to - from <= 2 && inRange(bytes, from, to, 1, 31)
    case FixForm.zonedTime:
      return zoneAt(bytes, from, to) > from && isZonedTime(bytes, from, zoneAt(bytes, from, to))
    case FixForm.zonedTimestamp:
      return isZonedTimestamp(bytes, from, to)
  }
}

/** Digits only, at least one. */
function isDigits(bytes: Uint8Array, from: number, to: number): boolean {
  for (let index = from; index < to; index++) if (!isDigit(bytes[index])) return false
  return to > from
}

function isInteger(bytes: Uint8Array, from: number, to: number): boolean {
  return isDigits(bytes, from < to && bytes[from] === MINUS ? from + 1 : from, to)
}

/** Whether bytes are a decimal number: digits with an optional minus sign and an optional point; at least one digit. */
export function isDecimal(bytes: Uint8Array, from: number, to: number): boolean {
  let digits = 0
  let points = 0
  for (let index = from < to && bytes[from] === MINUS ? from + 1 : from; index < to; index++) {
    if (isDigit(bytes[index])) digits++
    else if (bytes[index] === POINT && points === 0) points = 1
    else return false
  }
  return digits > 0
}

function isDigit(byte: number): boolean {
  return byte >= ZERO && byte <= ZERO + 9
}

function inRange(bytes: Uint8Array, from: number, to: number, least: number, most: number): boolean {
  let value = 0
  for (let index = from; index < to; index++) value = value * 10 + bytes[index] - ZERO
  return value >= least && value <= most
}

/** `YYYYMM`, `YYYYMMDD` or `YYYYMMw1` to `YYYYMMw5`. */
function isMonthYear(bytes: Uint8Array, from: number, to: number): boolean {
  if (to - from !== 6 && to - from !== 8) return false
  if (!isDigits(bytes, from, from + 6) || !inRange(bytes, from + 4, from + 6, 1, 12)) return false
  if (to - from === 6) return true
  if (bytes[from + 6] === 119) return bytes[from + 7] > ZERO && bytes[from + 7] <= ZERO + 5
  return isDate(bytes, from, to)
}

/** Where a time zone (`Z`, `+hh`, `-hh`, `+hh:mm`) begins at the end of a value; `to` where there is none, -1 where it is malformed. */
function zoneAt(bytes: Uint8Array, from: number, to: number): number {
  for (let index = from; index < to; index++) {
    const byte = bytes[index]
    if (byte === 90) return index === to - 1 ? index : -1
    if (byte !== 43 && byte !== MINUS) continue
    const isHours = isDigits(bytes, index + 1, Math.min(index + 3, to)) && inRange(bytes, index + 1, index + 3, 0, 14)
    if (to === index + 3) return isHours ? index : -1
    const isMinutes = to === index + 6 && bytes[index + 3] === 58 && isDigits(bytes, index + 4, to)
    return isHours && isMinutes && inRange(bytes, index + 4, to, 0, 59) ? index : -1
  }
  return to
}

/** `HH:MM` or `HH:MM:SS[.fraction]`. */
function isZonedTime(bytes: Uint8Array, from: number, to: number): boolean {
  if (to - from !== 5) return isTime(bytes, from, to)
  return (
    isDigits(bytes, from, from + 2) &&
    inRange(bytes, from, from + 2, 0, 23) &&
    bytes[from + 2] === 58 &&
    isDigits(bytes, from + 3, to) &&
    inRange(bytes, from + 3, to, 0, 59)
  )
}

/** A date, `-`, and a time with an optional zone. */
function isZonedTimestamp(bytes: Uint8Array, from: number, to: number): boolean {
  if (to - from < 14 || bytes[from + 8] !== MINUS || !isDate(bytes, from, from + 8)) return false
  const zone = zoneAt(bytes, from + 9, to)
  return zone > from + 9 && isZonedTime(bytes, from + 9, zone)
}
