import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { OrderRecords } from './order-records.js'
import type { VenueOrder } from './venue-order.js'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

const orderOf = (padding: number) => ({ executions: [], venueOrderId: 0, padding }) as unknown as VenueOrder

describe('OrderRecords', () => {
  it('lets go of the orders that it forgets', async () => {
    let now = 0
    const records = new OrderRecords(10, () => ++now)
    let forgotten = 0
    records.onForgotten = () => forgotten++
    const seen: WeakRef<VenueOrder>[] = []
    for (let count = 0; count < 5_000; count++) {
      const order = orderOf(count)
      records.enter(order)
      records.close(order)
      seen.push(new WeakRef(order))
    }
    expect([records.orders.size, records.counters.forgotten, forgotten]).toEqual([10, 4_990, 4_990])
    expect([...records.orders.keys()]).toEqual(Array.from({ length: 10 }, (_, at) => 4_991 + at))
    await new Promise((resolve) => setImmediate(resolve))
    collect()
    expect(seen.filter((order) => order.deref() !== undefined).length).toBeLessThan(50)
  })
})
