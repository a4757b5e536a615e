import { describe, expect, it } from 'vitest'
import type { EventTarget } from '../wire/event-objects.js'
import { CryptofeedCodec } from './cryptofeed.js'
import { DwxCodec, dwxCommand, parseDwxReply } from './dwx.js'

function recording() {
  const calls: unknown[][] = []
  const keep =
    (name: string) =>
    (...args: unknown[]): void => {
      calls.push([name, ...args])
    }
  const names = ['quote', 'trade', 'beginBook', 'level', 'commitBook', 'bar', 'status', 'note']
  return { calls, target: Object.fromEntries(names.map((name) => [name, keep(name)])) as unknown as EventTarget }
}

const bytes = (text: string) => [new TextEncoder().encode(text)]

describe('cryptofeed', () => {
  const codec = new CryptofeedCodec()

  it('asks for topics by exchange, key and symbol, ended by the space', () => {
    expect(codec.topics('book', { id: 'BTC-USDT-PERP.BINANCE', symbol: 'x' })).toEqual(['BINANCE-book-BTC-USDT-PERP '])
    expect(new CryptofeedCodec({ dynamicKey: false }).topics('quotes', { id: 'A.B', symbol: 'A' })).toEqual(['ticker '])
  })

  it('reads tickers, trades, books, candles and the rest', () => {
    const { calls, target } = recording()
    const send = (key: string, fields: object) => {
      const common = { exchange: 'KRAKEN', symbol: 'XMR-USD', receipt_timestamp: 1618678133.5 }
      return codec.decode(bytes(`KRAKEN-${key}-XMR-USD ${JSON.stringify({ ...common, ...fields })}`), target, 7)
    }
    expect(send('ticker', { bid: 1.5, ask: 2, timestamp: 1618678132.949688 })).toBe(true)
    expect(send('trades', { side: 'sell', amount: 0.5, price: 354.11, id: null, timestamp: null })).toBe(true)
    expect(send('book', { book: { bid: { '1.5': 3 }, ask: { '2.0': 4 } }, timestamp: 1 })).toBe(true)
    expect(send('book', { delta: { bid: [[1.5, 0]], ask: [['77', 2, 4]] }, timestamp: 1 })).toBe(true)
    expect(
      send('candles', {
        start: 60,
        stop: 120,
        interval: '1m',
        open: 1,
        high: 3,
        low: 1,
        close: 2,
        volume: 9,
        trades: 4,
        closed: true,
      }),
    ).toBe(true)
    expect(send('funding', { rate: 0.01, timestamp: 5 })).toBe(true)
    const id = 'XMR-USD.KRAKEN'
    const { NaN: none } = Number
    expect(calls).toEqual([
      ['quote', id, 1.5, 2, none, none, 1618678132949688, none, 0],
      ['trade', id, 354.11, 0.5, -1, 1618678133500000, none, none, 0],
      ['beginBook', id, true, 1_000_000, none, none],
      ['level', 0, 0, 1.5, 3, 0],
      ['level', 1, 0, 2, 4, 0],
      ['commitBook', true],
      ['beginBook', id, false, 1_000_000, none, none],
      ['level', 0, 0, 1.5, 0, 0],
      ['level', 1, 1, 2, 4, 77],
      ['commitBook', true],
      ['bar', id, [60_000_000, 1, 3, 1, 2, 9, 4, none, 60_000_000, 120_000_000], true],
      [
        'note',
        id,
        {
          exchange: 'KRAKEN',
          symbol: 'XMR-USD',
          receipt_timestamp: 1618678133.5,
          rate: 0.01,
          timestamp: 5,
          kind: 'funding',
        },
        5_000_000,
      ],
    ])
    for (const fields of [{ bid: '1', ask: 2 }, { bid: 1 }, {}]) expect(send('ticker', fields)).toBe(false)
    for (const book of [{ bid: {} }, { bid: { a: 1 }, ask: {} }, 5]) expect(send('book', { book })).toBe(false)
    for (const delta of [null, { bid: [[1]], ask: [] }, { bid: [[1, -1]], ask: [] }])
      expect(send('book', { delta })).toBe(false)
    expect(codec.decode(bytes('no-space'), target, 7)).toBe(false)
    expect(codec.decode(bytes('KRAKEN-ticker-X 5'), target, 7)).toBe(false)
    expect(() => codec.decode(bytes(`t ${'['.repeat(5_000)}`), target, 7)).toThrow()
  })
})

describe('a price of 0', () => {
  it('is a side without orders: absent, withdrawn', () => {
    const { calls, target } = recording()
    const ticker = { exchange: 'KRAKEN', symbol: 'XMR-USD', bid: 0, ask: 2.5, timestamp: 1 }
    expect(new CryptofeedCodec().decode(bytes(`KRAKEN-ticker-XMR-USD ${JSON.stringify(ticker)}`), target, 7)).toBe(true)
    expect(new DwxCodec().decode(bytes('EURUSD:|:0.000000;0.000000'), target, 42)).toBe(true)
    const { NaN: none } = Number
    expect(calls).toEqual([
      ['quote', 'XMR-USD.KRAKEN', none, 2.5, 0, none, 1_000_000, none, 0],
      ['quote', 'EURUSD', none, none, 0, 0, 42, none, 0],
    ])
  })
})

describe('a book of cryptofeed with values that are none', () => {
  it('is refused whole: nothing is taken for 0', () => {
    const { calls, target } = recording()
    const send = (fields: object) =>
      new CryptofeedCodec().decode(
        bytes(`X-book-A-B ${JSON.stringify({ exchange: 'X', symbol: 'A-B', timestamp: 1, ...fields })}`),
        target,
        7,
      )
    for (const row of [
      [null, 5],
      ['', 5],
      [true, 5],
      [10, null],
      [10, ''],
      [10, []],
      [null, 10, 5],
      [7, 10, false],
    ])
      expect(send({ delta: { bid: [row], ask: [] } }), JSON.stringify(row)).toBe(false)
    for (const book of [{ '': 5 }, { ' ': 5 }, { 10: { 7: null } }, { 10: { '': 5 } }, { 10: [] }, { '0x10': 5 }])
      expect(send({ book: { bid: book, ask: {} } }), JSON.stringify(book)).toBe(false)
    expect(calls).toEqual([])
    expect(send({ delta: { bid: [['1e1', '5']], ask: [[10.5, 0]] } })).toBe(true)
  })
})

describe('dwx', () => {
  it('reads prices and rates', () => {
    const { calls, target } = recording()
    const codec = new DwxCodec()
    expect(codec.decode(bytes('EURUSD:|:1.387100;1.387260'), target, 42)).toBe(true)
    expect(codec.decode(bytes('EURUSD_M1:|:1399248000;1.1;1.3;1.0;1.2;57;2;0'), target, 42)).toBe(true)
    for (const text of ['EURUSD:|:1.3', 'EURUSD:|:a;b', ':|:1;2', 'EURUSD_M7:|:1;1;1;1;1;1;1;1', 'EURUSD 1;2', ''])
      expect(codec.decode(bytes(text), target, 42), text).toBe(false)
    expect(calls).toEqual([
      ['quote', 'EURUSD', 1.3871, 1.38726, Number.NaN, Number.NaN, 42, Number.NaN, 0],
      ['bar', 'EURUSD', [60_000_000, 1.1, 1.3, 1, 1.2, 57, 57, Number.NaN, 1399248000000000, 1399248060000000], true],
    ])
    expect(codec.topics('quotes', { id: 'x', symbol: 'EURUSD' })).toEqual(['EURUSD:|:'])
  })

  it('reads replies without running them, and refuses what is no dictionary', () => {
    expect(parseDwxReply("{'_action': 'TRACK_PRICES', '_data': {'symbol_count':1, 'error_symbols':[]}}")).toEqual({
      _action: 'TRACK_PRICES',
      _data: { symbol_count: 1, error_symbols: [] },
    })
    expect(parseDwxReply("{'a': (1, -2.5), 'b': True, 'c': None, 'd': 'it\\'s', 1: \"x\", }")).toEqual({
      a: [1, -2.5],
      b: true,
      c: null,
      d: "it's",
      1: 'x',
    })
    for (const text of [
      '',
      '[]',
      "{'a'",
      "{'a': __import__('os')}",
      "{'a': 1} x",
      '{'.repeat(1_000),
      "{'__proto__': {'x': 1}",
    ])
      expect(parseDwxReply(text), text).toBeUndefined()
    expect(Object.getPrototypeOf(parseDwxReply("{'__proto__': 5}"))).toBe(Object.prototype)
    expect(dwxCommand('TRADE', 'OPEN', 0, 'EURUSD')).toBe('TRADE;OPEN;0;EURUSD')
    expect(() => dwxCommand('TRADE', 'a;b')).toThrow()
  })
})
