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
import { passing } from '../support/conformance.js'

describeConformance(passing, 'SimulatedConnector', simulatedConformance({ instrument: testShare }))

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

describe('describeConformance', () => {
  it('skips what does not apply, with the reason, where the runner can, and passes elsewhere', async () => {
    const bodies: ((...given: unknown[]) => Promise<void>)[] = []
    const lines: string[] = []
    const runner = {
      describe: (_name: string, body: () => void) => body(),
      it: (_name: string, body: (...given: unknown[]) => Promise<void>) => bodies.push(body),
    }
    const options = simulatedConformance({ instrument: testShare })
    const log = (line: string) => lines.push(line)
    describeConformance(runner, 'x', {
      ...options,
      only: ['CON-001', 'PAC-001'],
      skip: { 'CON-001': 'of no use' },
      log,
    })
    const reasons: (string | undefined)[] = []
    for (const body of bodies) {
      expect(body).toHaveLength(0) // or jest would wait for a callback
      await body({ skip: (reason?: string) => reasons.push(reason) })
      await body()
    }
    expect(reasons).toEqual(['of no use'])
    expect(lines).toEqual(Array(2).fill('CON-001 does not apply: of no use'))
  })
})
