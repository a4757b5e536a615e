/** The system that the order-path benchmark measures trades every order of its workload, and to the profit of the peer. */
import { describe, expect, it } from 'vitest'
import { openSystemPath, type SystemPathOptions } from '../../bench/order-path/system-path.js'
import { openPlainPath } from '../../bench/orders/plain-path.js'
import { makeWorkload, workloadSize } from '../../bench/orders/workload.js'

const setups: [string, SystemPathOptions][] = [
  ['no journal', { clock: 'virtual', journal: 'none', perTurn: 1, ids: 'numbers' }],
  ['the clock of the machine', { clock: 'real', journal: 'none', perTurn: 1, ids: 'numbers' }],
  ['text ids', { clock: 'virtual', journal: 'none', perTurn: 1, ids: 'text' }],
  ['a journal on the disk', { clock: 'real', journal: 'os', perTurn: 64, ids: 'numbers' }],
]

describe('the order path of a whole system', () => {
  it.each(setups)('with %s fills what it is given', async (_, options) => {
    const path = await openSystemPath(makeWorkload(), options)
    try {
      path.run(workloadSize)
      const peer = openPlainPath(makeWorkload())
      peer.run(workloadSize)
      const { denied, filledOrders, realized, fees } = path.outcome()
      const expected = peer.outcome()
      expect({ denied, filledOrders }).toEqual({ denied: 0, filledOrders: workloadSize })
      expect(realized).toBeCloseTo(expected.realized, 4)
      expect(fees).toBeCloseTo(expected.fees, 4)
    } finally {
      await path.close()
    }
  })
})
