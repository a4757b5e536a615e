/** What a child that is priced anew is priced from. */
import { describe, expect, it } from 'vitest'
import { startEcho } from '../../test/support/echo-system.js'

describe('a child that is paid up', () => {
  it('goes on from the price that its venue has, not from one that was refused', async () => {
    const { system, time, venue } = await startEcho()
    const algo = {
      type: 'twap',
      slices: 4,
      durationMs: 4_000,
      style: 'passive',
      onUnfilled: 'payup',
      catchUp: false,
    } as const
    system.orders.submit({ symbol: 'IBM', side: 'buy', quantity: 400, algo })
    const prices = () => venue.sent.flatMap((each) => (each.kind === 'replace' && each.number === 1 ? [each] : []))
    venue.reports.accepted(1, 'v1', 1)
    for (const round of [1, 2]) {
      await time.advanceMs(1_000)
      const last = prices().at(-1)
      expect([prices().length, last?.priceUnits]).toEqual([round, 1_000_000])
      venue.reports.replaceRejected(1, last?.generation ?? 0, 'TOO_LATE', 2)
    }
    await system.stop()
  })
})
