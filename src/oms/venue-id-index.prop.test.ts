import fc from 'fast-check'
import { expect, it } from 'vitest'
import { runs } from '../../test/support/runs.js'
import { VenueIdIndex } from './venue-id-index.js'

const capacity = 16
const place = fc.nat({ max: capacity - 1 })
const connector = fc.nat({ max: 2 })
/** Few, so that they meet: numbers that fall into one list, numbers beyond 32 bits, and text that looks like a number. */
const id: fc.Arbitrary<string | number> = fc.oneof(
  fc.nat({ max: 5 }).map((n) => n * 65_536),
  fc.nat({ max: 5 }).map((n) => n * 2 ** 40 + 1),
  fc.nat({ max: 5 }).map((n) => `${n * 65_536}`),
  fc.constant(''),
)
const step = fc.record({ place, connector, id: fc.option(id, { nil: undefined }) })

it('finds the order that was put where no other was put since, as a search through all places does', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), connector, id, (steps, asked, wanted) => {
      const index = new VenueIdIndex(capacity)
      let held: typeof steps = []
      for (const put of steps) {
        index.set(put.place, put.connector, put.id)
        held = [put, ...held.filter((other) => other.place !== put.place)]
      }
      for (const put of held) expect(index.idAt(put.place)).toBe(put.id)
      const found = held.find((put) => put.connector === asked && put.id === wanted)
      expect(index.placeOf(asked, wanted)).toBe(found?.place ?? -1)
    }),
    { numRuns: runs({ ci: 300, full: 5_000 }) },
  )
})
