import { describe, expect, it } from 'vitest'
import { Instrument, type InstrumentDefinition } from '../../model/instrument.js'
import { Liquidity } from '../../orders/codes.js'
import { instrumentLike, testCoin, testFuture, testShare } from '../../testing/builders.js'
import {
  type FeeContext,
  type FeeModel,
  flatFees,
  instrumentFees,
  makerTakerFees,
  noFees,
  perShareFees,
  tieredFees,
} from './fees.js'
import { notionalUnits } from './money.js'

function fee(
  model: FeeModel,
  definition: InstrumentDefinition,
  quantity: string,
  price: string,
  changes: Partial<FeeContext> = {},
): number {
  const instrument = new Instrument(definition, 0)
  return model({
    instrument,
    sideSign: 1,
    quantityUnits: instrument.quantityUnits(quantity),
    priceUnits: instrument.priceUnits(price),
    liquidity: Liquidity.taker,
    tradedVolume: 0,
    ...changes,
  })
}

describe('fees in 10^-8 of the currency', () => {
  it('are fractions of the value by who took liquidity', () => {
    const model = makerTakerFees({ maker: '-0.0001', taker: '0.0004' })
    expect(fee(model, testShare, '100', '187.25')).toBe(749_000_000)
    expect(fee(model, testShare, '100', '187.25', { liquidity: Liquidity.maker })).toBe(-187_250_000)
    expect(fee(model, testShare, '100', '187.25', { liquidity: Liquidity.auction })).toBe(749_000_000)
  })

  it('count the multiplier', () => {
    expect(fee(makerTakerFees({ maker: 0, taker: '0.0001' }), testFuture, '3', '4000.25')).toBe(6_000_375_000)
  })

  it('are rounded up: costs never too small, rebates never too large', () => {
    const coin = instrumentLike(testCoin, { sizeIncrement: '0.00000001', priceIncrement: '0.01' })
    expect(fee(makerTakerFees({ maker: 0, taker: '0.00075' }), coin, '0.00000001', '64250.01')).toBe(49)
    expect(
      fee(makerTakerFees({ maker: '-0.00075', taker: 0 }), coin, '0.00000001', '64250.01', {
        liquidity: Liquidity.maker,
      }),
    ).toBe(-48)
  })

  it('are exact where a double is not', () => {
    const coin = instrumentLike(testCoin, { sizeIncrement: '0.00000001' })
    // The product of the three has 27 digits.
    expect(fee(makerTakerFees({ maker: 0, taker: '0.0123456789' }), coin, '9876.54321234', '1000.1')).toBe(
      12_194_482_440_464,
    )
    const instrument = new Instrument(coin, 0)
    expect(notionalUnits(instrument, instrument.priceUnits('1000.1'), instrument.quantityUnits('9876.54321234'))).toBe(
      987_753_086_666_124,
    )
  })

  it('come a share, with a minimum and a maximum', () => {
    const model = perShareFees({ perShare: '0.0035', minimum: '0.35', maxFraction: '0.01' })
    expect(fee(model, testShare, '1000', '50')).toBe(350_000_000)
    expect(fee(model, testShare, '10', '50')).toBe(35_000_000)
    expect(fee(model, testShare, '1', '0.05')).toBe(50_000)
  })

  it('are flat, none, or what the instrument says', () => {
    expect(fee(flatFees('4.95'), testShare, '1000', '50')).toBe(495_000_000)
    expect(fee(noFees, testShare, '1000', '50')).toBe(0)
    expect(fee(instrumentFees(), testShare, '1000', '50')).toBe(0)
    expect(fee(instrumentFees(), instrumentLike(testShare, { takerFee: '0.001' }), '1000', '50')).toBe(5_000_000_000)
  })

  it('fall with the volume traded', () => {
    const model = tieredFees([
      { fromVolume: 1_000_000, fees: flatFees(1) },
      { fromVolume: 0, fees: flatFees(2) },
    ])
    expect(fee(model, testShare, '1', '50', { tradedVolume: 999_999 })).toBe(200_000_000)
    expect(fee(model, testShare, '1', '50', { tradedVolume: 1_000_000 })).toBe(100_000_000)
    expect(() => tieredFees([{ fromVolume: 1, fees: noFees }])).toThrow('TW_INVALID_CONFIG')
  })

  it('of contracts that settle in their coin divide by the price', () => {
    const inverse = instrumentLike(testCoin, { assetClass: 'crypto_perpetual', isInverse: true, sizeIncrement: '1' })
    expect(fee(makerTakerFees({ maker: 0, taker: '0.0005' }), inverse, '50000', '50000')).toBe(50_000)
  })
})
