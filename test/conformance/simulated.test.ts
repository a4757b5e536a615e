/** The simulated venue passes every case that applies to it. */
import { describe, expect, it } from 'vitest'
import { testCoin, testPair, testShare } from '../../src/testing/builders.js'
import {
  type CaseResult,
  conformanceCases,
  describeConformance,
  formatReport,
  runConformance,
  simulatedConformance,
} from '../../src/testing/conformance/index.js'

describeConformance({ describe, it }, 'SimulatedConnector', simulatedConformance({ instrument: testShare }))

describe('runConformance', () => {
  it.each([
    ['a pair', testPair],
    ['a coin', testCoin],
  ])('passes for %s as well', async (_name, instrument) => {
    const report = await runConformance(simulatedConformance({ instrument }))
    expect(report.results.filter(({ outcome }) => outcome === 'failed')).toEqual([])
  })

  it('passes for a venue that cancels on disconnect, and says what it skipped and why', async () => {
    const seen: CaseResult[] = []
    const report = await runConformance({
      ...simulatedConformance({ connector: { cancelOnDisconnect: 'venue' } }),
      only: ['RCN', 'CON-001'],
      skip: { 'CON-001': 'known' },
      onResult: (result) => seen.push(result),
    })
    expect(report).toMatchObject({ failed: 0, results: seen })
    expect(report.passed + report.skipped).toBe(report.results.length)
    expect(report.results.find(({ id }) => id === 'CON-001')).toMatchObject({ outcome: 'skipped', reason: 'known' })
    expect(report.results.find(({ id }) => id === 'RCN-007')).toMatchObject({ outcome: 'passed' })
    expect(report.results.find(({ id }) => id === 'RCN-001')?.reason).toContain('cancel on disconnect is venue')
    expect(formatReport(report)).toMatch(/skipped CON-001 .+\n +known\n[\s\S]+\d+ passed, 0 failed, \d+ skipped$/)
    expect(report.results.length).toBeLessThan(conformanceCases.length)
  })
})
