/** What a journal says about decisions: kill switches with their level, limits, groups, large orders, deployments. */
import { expect, it } from 'vitest'
import { buy, startEcho } from '../../test/support/echo-system.js'
import { readJournal } from '../journal/read-journal.js'
import { RecordDescriber } from './record-describer.js'

it('decisions about risk are told in the words of the journal', async () => {
  const { system, disk } = await startEcho({
    risk: { groups: { tech: { symbols: ['IBM'] } } },
    largeOrders: { above: '5000' },
  })
  const who = { actor: 'ann', reason: 'drill' }
  system.risk.limits.addGlobalLimit({ type: 'openOrders', limit: 3 }, who)
  system.setTradingState('group', 'tech', 'REDUCING', 'ann', 'news')
  const large = system.orders.propose(buy(), { actor: 'ann' })
  system.orders.reject(system.orders.pendingApprovals()[0]?.id as number, { actor: 'bob', reason: 'no' })
  await large
  system.kill({ ...who, level: 'flatten' })
  system.kill({ ...who, scope: 'instrument', name: 'IBM', level: 'halt' })
  await system.stop()
  const describer = new RecordDescriber()
  const told: string[] = []
  readJournal(
    disk.mount(),
    'journal',
    (type, seq, record) => {
      const { type: name, fields } = describer.describe(type, seq, record)
      told.push(`${name} ${JSON.stringify(fields)}`)
    },
    { from: 'start' },
  )
  const has = (...parts: string[]) => told.some((line) => parts.every((part) => line.includes(part)))
  expect(has('session', 'configHash', 'sdkVersion')).toBe(true)
  expect(has('riskDecision', 'maxOpenOrders', 'ann')).toBe(true)
  expect(has('riskDecision', 'groupState', 'REDUCING')).toBe(true)
  expect(has('riskDecision', 'largeOrder', 'bob', 'isApproved\\":false')).toBe(true)
  expect(has('tradingState', '"scope":"global"', '"level":"flatten"')).toBe(true)
  expect(has('tradingState', '"name":"IBM.XNYS"', '"level":"halt"')).toBe(true)
})
