/** What the connector says can be traded. */
import type { ConformanceCase } from '../case.js'

/** INS. */
export const instrumentCases: readonly ConformanceCase[] = [
  {
    id: 'INS-001',
    title: 'brings the instrument that is traded, with valid definitions',
    async run(t) {
      await t.start()
      t.check(t.host.instruments.size > 0, 'no instrument was loaded')
      t.check(t.host.instruments.find(t.instrument.id) !== undefined, `${t.venue.symbol} was not loaded`)
    },
  },
  {
    id: 'INS-002',
    title: 'knows increments: prices and quantities on the grid survive the trip to units and back',
    async run(t) {
      await t.start()
      const { instrument } = t
      t.check(Number(instrument.definition.priceIncrement) > 0, 'the price increment is not above 0')
      t.check(Number(instrument.definition.sizeIncrement) > 0, 'the size increment is not above 0')
      const price = t.at(7)
      t.equal(instrument.priceNumber(t.priceUnits(price)), price, 'price')
      t.equal(instrument.quantityNumber(t.units(3)), t.lots(3), 'quantity')
    },
  },
  {
    id: 'INS-003',
    title: 'brings the same instruments over every connection',
    async run(t) {
      await t.start()
      const { size } = t.host.instruments
      const { index } = t.instrument
      await t.reconnect()
      t.equal(t.host.instruments.size, size, 'number of instruments')
      t.equal(t.instrument.index, index, 'index')
    },
  },
  {
    id: 'INS-004',
    title: 'gives every instrument an id of its own',
    async run(t) {
      await t.start()
      const ids = Array.from({ length: t.host.instruments.size }, (_, i) => t.host.instruments.at(i).id)
      t.equal(new Set(ids).size, ids.length, 'distinct ids')
    },
  },
]
