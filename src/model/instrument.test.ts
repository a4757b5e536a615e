import { describe, expect, it } from 'vitest'
import { Instrument, type InstrumentDefinition } from './instrument.js'
import { InstrumentRegistry } from './instrument-registry.js'

const ibm: InstrumentDefinition = {
  id: 'IBM.XNYS' as InstrumentDefinition['id'],
  symbol: 'IBM',
  venue: 'XNYS',
  assetClass: 'equity',
  currency: 'USD',
  priceIncrement: '0.01',
  sizeIncrement: '1',
}
const make = (changes: Partial<InstrumentDefinition> = {}) => new Instrument({ ...ibm, ...changes }, 3)
const banded = {
  priceBands: [
    { from: '0', increment: '0.01' },
    { from: '1', increment: '0.05' },
    { from: '10', increment: '0.5' },
  ],
}

describe('Instrument', () => {
  it('compiles scales, steps and bounds', () => {
    const instrument = make({
      sizeIncrement: '0.001',
      minQuantity: '0.01',
      maxQuantity: '900',
      multiplier: '50',
      minPrice: '0.05',
    })
    expect(instrument).toMatchObject({
      index: 3,
      priceScale: 4,
      sizeScale: 3,
      priceStepUnits: 100,
      sizeStepUnits: 1,
      lotUnits: 1,
      minQuantityUnits: 10,
      maxQuantityUnits: 900_000,
      minPriceUnits: 500,
      maxPriceUnits: Number.MAX_SAFE_INTEGER,
      multiplierNumber: 50,
      allowsNegativePrices: false,
      currency: 'USD',
      settlementCurrency: 'USD',
    })
    expect(make({ assetClass: 'spread' })).toMatchObject({
      allowsNegativePrices: true,
      minPriceUnits: -Number.MAX_SAFE_INTEGER,
    })
    const inverse = make({ assetClass: 'crypto_perpetual', baseCurrency: 'XBT', isInverse: true, sparePriceDigits: 0 })
    expect(inverse).toMatchObject({ priceScale: 2, isInverse: true, settlementCurrency: 'XBT' })
  })

  it('takes upper bounds that no order reaches', () => {
    expect(make({ maxQuantity: '92141578000000000000', maxPrice: '92233720368547758' })).toMatchObject({
      maxQuantityUnits: Number.MAX_SAFE_INTEGER,
      maxPriceUnits: Number.MAX_SAFE_INTEGER,
    })
  })

  it.each<[string, Partial<InstrumentDefinition>]>([
    ['priceIncrement', { priceIncrement: '0' }],
    ['priceIncrement', { priceIncrement: '-0.01' }],
    ['priceIncrement', { priceIncrement: '1e-2' }],
    ['priceIncrement', { priceIncrement: '0.00000000000000001' }],
    ['sizeIncrement', { sizeIncrement: '0' }],
    ['sizeIncrement', { sizeIncrement: '0.0000000000000000001' }],
    ['lotSize', { lotSize: '0' }],
    ['lotSize', { lotSize: '0.5' }],
    ['minQuantity', { minQuantity: '-1' }],
    ['maxQuantity', { minQuantity: '5', maxQuantity: '4' }],
    ['maxPrice', { minPrice: '5', maxPrice: '4' }],
    ['multiplier', { multiplier: '0' }],
    ['multiplier', { multiplier: 'fifty' }],
    ['sparePriceDigits', { sparePriceDigits: 1.5 }],
    ['sparePriceDigits', { sparePriceDigits: 9 }],
    ['priceBands.0.from', { priceBands: [{ from: '1', increment: '0.01' }] }],
    [
      'priceBands.1.from',
      {
        priceBands: [
          { from: '0', increment: '0.01' },
          { from: '0', increment: '0.05' },
        ],
      },
    ],
    [
      'priceBands.1.from',
      {
        priceBands: [
          { from: '0', increment: '0.01' },
          { from: '1.02', increment: '0.05' },
        ],
      },
    ],
    [
      'priceBands.1.from',
      {
        priceBands: [
          { from: '0', increment: '0.05' },
          { from: '1.01', increment: '0.01' },
        ],
      },
    ],
    ['priceBands.0.increment', { priceBands: [{ from: '0', increment: '0.015' }] }],
    ['priceBands.0.increment', { priceBands: [{ from: '0', increment: '0' }] }],
  ])('refuses a definition with a bad %s', (field, changes) => {
    expect(() => make(changes)).toThrow(expect.objectContaining({ details: expect.objectContaining({ field }) }))
  })

  it('keeps a definition of its own', () => {
    const definition = { ...ibm, venueSymbols: { ibkr: 'IBM US' }, ...structuredClone(banded) }
    const instrument = new Instrument(definition, 0)
    definition.venueSymbols.ibkr = 'changed'
    definition.priceBands[1]!.increment = '9'
    expect(instrument.symbolAt('ibkr')).toBe('IBM US')
    expect(instrument.definition.priceBands?.[1]?.increment).toBe('0.05')
    expect(Object.isFrozen(instrument.definition)).toBe(true)
  })

  it('maps names at venues, and takes nothing from the prototype of an object for a name', () => {
    const instrument = make({ venueSymbols: { sim: 'IBM.S' } })
    expect(['sim', 'ibkr', 'constructor', 'toString'].map((name) => instrument.symbolAt(name))).toEqual([
      'IBM.S',
      'IBM',
      'IBM',
      'IBM',
    ])
    expect(make().symbolAt('constructor')).toBe('IBM')
  })

  it('accepts prices and quantities on the grid only', () => {
    const instrument = make({ sizeIncrement: '0.5' })
    expect(instrument.priceUnits('187.25')).toBe(1_872_500)
    expect(instrument.priceUnits(187.25)).toBe(1_872_500)
    expect(instrument.quantityUnits(1.5)).toBe(15)
    expect(() => instrument.priceUnits('187.255')).toThrow(
      /price 187.255 is not a multiple of 0.01 for IBM.XNYS.*TW_OFF_GRID/,
    )
    expect(() => instrument.quantityUnits('1.2', 'displayQuantity')).toThrow(
      /displayQuantity 1.2 is not a multiple of 0.5/,
    )
    expect(() => make({ priceIncrement: '0.05' }).priceUnits('100.03')).toThrow('TW_OFF_GRID')
    expect(() => instrument.priceUnits('1.23456')).toThrow('TW_OFF_GRID')
    expect(() => instrument.priceUnits(Number.NaN)).toThrow('TW_INVALID_DECIMAL')
    expect(() => instrument.quantityUnits('9'.repeat(20))).toThrow('TW_OUT_OF_RANGE')
  })

  it('knows the step that holds at a price, on both sides of zero', () => {
    const instrument = make({ assetClass: 'spread', ...banded })
    const at = (price: string) =>
      instrument.priceText(instrument.priceStepAt(instrument.makePriceUnits(price, 'truncate')))
    expect(['0', '0.99', '1', '9.95', '10', '-0.99', '-1', '-10'].map(at)).toEqual([
      '0.01',
      '0.01',
      '0.05',
      '0.05',
      '0.5',
      '0.01',
      '0.05',
      '0.5',
    ])
    expect(() => instrument.priceUnits('1.02')).toThrow(/not a multiple of 0.05/)
    expect(instrument.priceUnits('0.98')).toBe(9_800)
  })

  it('rounds across band borders onto the grid', () => {
    const instrument = make(banded)
    expect(instrument.makePrice('0.999', 'ceil').toString()).toBe('1')
    expect(instrument.makePrice('9.98', 'ceil').toString()).toBe('10')
    expect(instrument.makePrice('10.4', 'floor').toString()).toBe('10')
    expect(instrument.makePrice('1.024', 'nearest').toString()).toBe('1')
  })

  it('rounds once: what is nearly half is not half', () => {
    const instrument = make()
    expect(instrument.makePrice('0.0149999', 'nearest').toString()).toBe('0.01')
    expect(instrument.makePrice('0.015', 'nearest').toString()).toBe('0.02')
    expect(instrument.makePrice('0.0150001', 'nearest').toString()).toBe('0.02')
    expect(instrument.makePrice('-0.015', 'nearest').toString()).toBe('-0.02')
  })

  it('rounds to the passive side, and quantities down', () => {
    const instrument = make()
    expect(instrument.makePassivePrice('187.256', 'buy').toString()).toBe('187.25')
    expect(instrument.makePassivePrice('187.251', 'sell').toString()).toBe('187.26')
    expect(instrument.makeQuantity('99.9').toString()).toBe('99')
    expect(instrument.makeQuantity('99.1', 'ceil').toString()).toBe('100')
    expect(instrument.makeQuantityUnits(7.5)).toBe(7)
    expect(() => instrument.makePrice('1e5', 'floor')).toThrow('TW_INVALID_DECIMAL')
    expect(() => instrument.makePrice('9'.repeat(20), 'floor')).toThrow('TW_OUT_OF_RANGE')
    expect(() => make({ sizeIncrement: '7' }).makeQuantity('9007199254740991', 'ceil')).toThrow('TW_OUT_OF_RANGE')
  })

  it('converts to the data plane and back', () => {
    const instrument = make({ sizeIncrement: '0.1' })
    expect(instrument.priceNumber(1_872_500)).toBe(187.25)
    expect(instrument.quantityNumber(15)).toBe(1.5)
    expect(instrument.nearestPriceUnits(187.25 + 1e-9)).toBe(1_872_500)
    expect(instrument.nearestQuantityUnits(0.1 + 0.2)).toBe(3)
    expect(instrument.priceFromUnits(1).toString()).toBe('0.0001')
    expect(instrument.quantityFromUnits(1).toString()).toBe('0.1')
    expect(instrument.quantityText(15)).toBe('1.5')
  })
})

describe('InstrumentRegistry', () => {
  const at = (venue: string, symbol = 'IBM') => ({
    ...ibm,
    symbol,
    venue,
    id: `${symbol}.${venue}` as InstrumentDefinition['id'],
  })

  it('interns instruments to dense indices', () => {
    const registry = new InstrumentRegistry()
    const first = registry.add(at('XNYS'))
    const second = registry.add(at('XNAS', 'MSFT'))
    expect([first.index, second.index, registry.size]).toEqual([0, 1, 2])
    expect(registry.add(at('XNYS'))).toBe(first)
    expect(registry.at(1)).toBe(second)
    expect([...registry]).toEqual([first, second])
  })

  it('finds by id, and by symbol where it is not ambiguous', () => {
    const registry = new InstrumentRegistry()
    const first = registry.add(at('XNYS'))
    expect(registry.get('IBM')).toBe(first)
    const second = registry.add(at('XLON'))
    expect(registry.get('IBM.XLON')).toBe(second)
    expect(registry.find('IBM')).toBeUndefined()
    expect(() => registry.get('IBM')).toThrow(/listed on several venues.*TW_UNKNOWN_INSTRUMENT/)
    expect(() => registry.get('constructor')).toThrow(/not registered.*TW_UNKNOWN_INSTRUMENT/)
  })

  it('refuses the same id with other scales', () => {
    const registry = new InstrumentRegistry()
    registry.add(at('XNYS'))
    expect(() => registry.add({ ...at('XNYS'), priceIncrement: '0.001' })).toThrow('TW_DUPLICATE')
    expect(() => registry.add({ ...at('XNYS'), sizeIncrement: '0.1' })).toThrow('TW_DUPLICATE')
    expect(registry.size).toBe(1)
  })
})
