/** Which bytes are values of which form. */
import { describe, expect, it } from 'vitest'
import { latin1Bytes } from '../codec/bytes.js'
import { FixForm, formOf, hasForm, isFixFieldType } from './field-types.js'

const is = (form: FixForm, text: string) => hasForm(form, latin1Bytes(text), 0, text.length)

describe('forms of values', () => {
  it.each<[string, FixForm, string[], string[]]>([
    ['integer', FixForm.integer, ['0', '-17', '007'], ['', '-', '+1', '1.0', '1e3', ' 1']],
    ['count', FixForm.count, ['0', '12'], ['', '-1', '1.0']],
    ['decimal', FixForm.decimal, ['0', '-1.5', '.5', '5.', '002000.00'], ['', '.', '-', '+1', '1e5', '1.2.3', '1,5']],
    ['character', FixForm.character, ['a', ' '], ['', 'ab']],
    ['boolean', FixForm.boolean, ['Y', 'N'], ['', 'y', 'YN', '1']],
    [
      'timestamp',
      FixForm.timestamp,
      ['20261121-14:30:05', '20261121-14:30:60.123456789'],
      ['', '20261121', '20261121-14:30', '20260230-14:30:05'],
    ],
    ['time', FixForm.time, ['14:30:05', '00:00:00.1'], ['', '14:30', '24:00:00']],
    ['date', FixForm.date, ['20261121'], ['', '2026-11-21', '20261301', '2026112']],
    ['date or timestamp', FixForm.anyDate, ['20261121', '20261121-14:30:05'], ['', '14:30:05']],
    [
      'month and year',
      FixForm.monthYear,
      ['202611', '20261121', '202611w1', '202611w5'],
      ['', '2026', '202613', '202611w6', '202611w0', '2026xx', '20261140'],
    ],
    ['day of month', FixForm.dayOfMonth, ['1', '31', '09'], ['', '0', '32', '001', 'x']],
    [
      'time with zone',
      FixForm.zonedTime,
      ['07:39Z', '02:39-05', '15:39+08', '13:09+05:30', '07:39:05.123Z', '07:39:05'],
      ['', 'Z', '07:39ZZ', '25:00Z', '07:60Z', '07:39+5', '07:39+99', '07:39+05:99', '07:39+05:3'],
    ],
    [
      'timestamp with zone',
      FixForm.zonedTimestamp,
      ['20060901-07:39Z', '20060901-02:39-05', '20060901-13:09+05:30', '20060901-07:39:05.123'],
      ['', '20060901', '20060901-', '20061301-07:39Z', '2006090107:39Z.'],
    ],
    ['text', FixForm.text, ['', 'anything'], []],
    ['data', FixForm.data, ['', '\u0000\u0001'], []],
  ])('%s', (_name, form, right, wrong) => {
    expect(right.filter((text) => !is(form, text))).toEqual([])
    expect(wrong.filter((text) => is(form, text))).toEqual([])
  })

  it('takes a CHAR of early versions for text', () => {
    expect(formOf('CHAR', 'FIX.4.1')).toBe(FixForm.text)
    expect(formOf('CHAR', 'FIX.4.2')).toBe(FixForm.character)
  })

  it('knows types by name', () => {
    expect(isFixFieldType('PRICE')).toBe(true)
    expect(isFixFieldType('constructor')).toBe(false)
  })
})
