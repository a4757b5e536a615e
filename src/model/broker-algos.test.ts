import { describe, expect, it } from 'vitest'
import type { AlgoParameters } from './algo.js'
import { fixAlgo, ibkrAlgo } from './broker-algos.js'

const window = { startTimeUs: 1_704_205_800_000_000, endTimeUs: 1_704_209_400_000_000 }

describe('algorithms of brokers', () => {
  it('speaks the names and tags of IBKR', () => {
    expect(ibkrAlgo({ type: 'twap', durationMs: 1, style: 'midpoint', endPolicy: 'extend' }, window)).toEqual({
      algoStrategy: 'Twap',
      algoParams: [
        { tag: 'strategyType', value: 'Matching Midpoint' },
        { tag: 'startTime', value: '20240102 14:30:00 UTC' },
        { tag: 'endTime', value: '20240102 15:30:00 UTC' },
        { tag: 'allowPastEndTime', value: '1' },
      ],
    })
    expect(ibkrAlgo({ type: 'pov', rate: 0.1, noTakeLiquidity: true }).algoParams).toEqual([
      { tag: 'pctVol', value: '0.1' },
      { tag: 'noTakeLiq', value: '1' },
    ])
    const names = [
      ibkrAlgo({ type: 'vwap', maxParticipationRate: 0.2 }),
      ibkrAlgo({ type: 'is', urgency: 'aggressive' }),
      ibkrAlgo({ type: 'close' }),
      ibkrAlgo({ type: 'iceberg', displayQuantity: 100 }),
      ibkrAlgo({ type: 'adaptive', urgency: 'patient' }),
    ].map(({ algoStrategy }) => algoStrategy)
    expect(names).toEqual(['Vwap', 'ArrivalPx', 'ClosePx', 'DarkIce', 'Adaptive'])
  })

  it('speaks TargetStrategy and its parameters in FIX', () => {
    expect(fixAlgo({ type: 'pov', rate: 0.15, maxSlice: 500, catchUp: false }, window)).toEqual({
      targetStrategy: 2,
      participationRate: 0.15,
      parameters: [
        { name: 'StartTime', type: 19, value: '20240102-14:30:00.000' },
        { name: 'EndTime', type: 19, value: '20240102-15:30:00.000' },
        { name: 'MaxSlice', type: 7, value: '500' },
        { name: 'CatchUp', type: 13, value: 'N' },
      ],
    })
    expect(fixAlgo({ type: 'pov', rate: 0.07 }, {}, { rateInPercent: true }).participationRate).toBe(7)
    const typed = {
      iWouldPrice: '100.50',
      extendUntilUs: window.endTimeUs,
      randomizeSizePercent: 5,
      payUpTicks: 2,
      maxParticipationRate: 0.0000001,
    }
    expect(fixAlgo({ type: 'vwap', ...typed }).parameters).toEqual([
      { name: 'IWouldPrice', type: 8, value: '100.5' },
      { name: 'ExtendUntil', type: 19, value: '20240102-15:30:00.000' },
      { name: 'RandomizeSizePercent', type: 6, value: '5' },
      { name: 'PayUpTicks', type: 1, value: '2' },
      { name: 'MaxParticipationRate', type: 6, value: '0.0000001' },
    ])
    expect(fixAlgo({ type: 'twap' }, {}, { strategies: { twap: 1014 } }).targetStrategy).toBe(1014)
  })

  it('leaves nothing out in silence', () => {
    expect(() => ibkrAlgo({ type: 'twap', maxSlice: 5 })).toThrow(/maxSlice/)
    expect(() => ibkrAlgo({ type: 'sniper' })).toThrow(/counterpart/)
    // A curve that he would not follow, an end that his algorithm does not have, a window that it does not keep.
    const refused: [AlgoParameters, string][] = [
      [{ type: 'vwap', curve: [1] }, 'algo.curve'],
      [{ type: 'vwap', endPolicy: 'complete' }, 'algo.endPolicy'],
      [{ type: 'twap', endPolicy: 'complete' }, 'algo.endPolicy'],
      [{ type: 'iceberg', displayQuantity: 1, endPolicy: 'complete' }, 'algo.endPolicy'],
      [{ type: 'close', endPolicy: 'extend' }, 'algo.endPolicy'],
      [{ type: 'adaptive', durationMs: 60_000 }, 'algo.durationMs'],
      [{ type: 'vwap', maxParticipationRate: 0.6 }, 'algo.maxParticipationRate'],
      [{ type: 'pov', rate: 0.001 }, 'algo.rate'],
      [{ type: 'iceberg', displayQuantity: '1.5' }, 'algo.displayQuantity'],
    ]
    for (const [algo, field] of refused)
      expect(() => ibkrAlgo(algo), field).toThrow(
        expect.objectContaining({ code: 'TW_INVALID_ALGO', details: expect.objectContaining({ field }) }),
      )
    expect(() => fixAlgo({ type: 'twap' })).toThrow(/TargetStrategy/)
  })
})
