import { describe, expect, it } from 'vitest'
import { type RouteConfig, RouteTable } from './routes.js'

const connectors = ['a', 'b', 'c']
const indexOf = (name: string) => connectors.indexOf(name)
const eurusd = { symbol: 'EURUSD', id: 'EURUSD.OANDA', assetClass: 'fx' } as const
const ibm = { symbol: 'IBM', id: 'IBM.XNYS', assetClass: 'equity' } as const

describe('routes', () => {
  it('are chosen by what is most particular', () => {
    const table = new RouteTable(
      [
        { assetClasses: ['fx'], connectors: ['b'] },
        { accounts: ['U1'], connectors: ['c'] },
        { symbols: ['EURUSD.OANDA'], connectors: ['a', 'b'] },
      ],
      { connectors },
      indexOf,
    )
    expect(table.of(eurusd, 'U1').selector.candidates).toEqual([0, 1])
    expect(table.of(ibm, 'U1').selector.candidates).toEqual([2])
    expect(table.of({ ...eurusd, id: 'EURUSD.FXCM', symbol: 'EUR/USD' }, 'U2').selector.candidates).toEqual([1])
    expect(table.of(ibm, 'U2').name).toBe('default')
    expect(table.of(ibm, 'U2').selector.candidates).toEqual([0, 1, 2])
  })

  it('take what they do not say from the default', () => {
    const table = new RouteTable(
      [
        { symbols: ['IBM'], connectors: ['a'], failbackAfterMs: 7 },
        { symbols: ['EURUSD'], connectors: ['b'], strategy: 'round-robin' },
      ],
      { connectors, strategy: 'best-available', failbackAfterMs: 9 },
      indexOf,
    )
    const [ofIbm, ofEurusd] = [table.of(ibm, 'U1').selector, table.of(eurusd, 'U1').selector]
    expect([ofIbm.strategy, ofIbm.failbackWaitMs(0)]).toEqual(['best-available', 7])
    expect([ofEurusd.strategy, ofEurusd.failbackWaitMs(1)]).toEqual(['round-robin', 9])
  })

  it.each([
    [{ connectors: [] }, 'routes.0.connectors'],
    [{ connectors: ['x'] }, '"x"'],
    [{ connectors: ['a', 'a'] }, 'twice'],
    [{ symbols: [], connectors: ['a'] }, 'routes.0.symbols'],
    [{ assetClasses: ['shares'], connectors: ['a'] }, '"shares"'],
    [{ strategy: 'fastest', connectors: ['a'] }, '"fastest"'],
    [{ minDwellMs: -1, connectors: ['a'] }, 'minDwellMs'],
  ])('refuse %j', (route, named) => {
    expect(() => new RouteTable([route as RouteConfig], { connectors }, indexOf)).toThrow(named)
  })
})
