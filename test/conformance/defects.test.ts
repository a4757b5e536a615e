/** Every defective connector is caught by the case that is there for it, and a sound one passes that case. */
import { describe, expect, it } from 'vitest'
import { conformanceCases, runConformance, simulatedConformance } from '../../src/testing/conformance/index.js'
import { defects } from './defects.js'

describe('the conformance kit', () => {
  it('has at least 80 cases with ids of their own', () => {
    expect(conformanceCases.length).toBeGreaterThanOrEqual(80)
    expect(new Set(conformanceCases.map(({ id }) => id)).size).toBe(conformanceCases.length)
    for (const { id } of conformanceCases) expect(id).toMatch(/^[A-Z]{3}-\d{3}$/)
  })

  it.each(defects.map((defect) => [defect.name, defect] as const))(
    'finds a connector that %s',
    async (_name, defect) => {
      const { caughtBy, connector } = defect
      const options = simulatedConformance({ make: (given) => new connector(given) })
      const { results } = await runConformance({ ...options, only: [caughtBy] })
      expect(results).toHaveLength(1)
      expect(results[0]).toMatchObject({ id: caughtBy, outcome: 'failed' })
      expect(results[0]?.reason).not.toBe('')
    },
  )
})
