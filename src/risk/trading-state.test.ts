/** The kill switch over whatever stood before it, from this thread and from that of the watchdog. */
import { describe, expect, it } from 'vitest'
import { buy, startEcho } from '../../test/support/echo-system.js'
import {
  isKillWord,
  KILL_WORD,
  stateOfWord,
  TradingState,
  type TradingStateName,
  TradingStates,
} from './trading-state.js'

const sizes = { account: 1, connector: 1, strategy: 1, instrument: 2 }
const names: readonly TradingStateName[] = ['ACTIVE', 'REDUCING', 'HALTED']

describe('the kill switch', () => {
  it('halts, whatever a person or a breaker had asked for, and gives back what the breaker asks for', () => {
    for (const own of names)
      for (const breaker of names)
        for (const isWatchdog of [false, true]) {
          const states = new TradingStates(sizes)
          states.set('global', 0, own)
          states.setBreaker('global', 0, breaker)
          if (isWatchdog) Atomics.or(states.words, 0, KILL_WORD)
          else states.kill('global')
          const word = states.strictest(0, 0, 0, 1)
          expect([stateOfWord(word), isKillWord(word), states.get('global'), states.own('global')]).toEqual([
            TradingState.HALTED,
            true,
            'HALTED',
            'HALTED',
          ])
          for (const later of names) {
            states.setBreaker('global', 0, later)
            states.set('global', 0, 'ACTIVE')
            expect([states.get('global'), states.isKilled('global')]).toEqual(['HALTED', true])
          }
          states.setBreaker('global', 0, breaker)
          states.release('global')
          expect([states.get('global'), states.own('global')]).toEqual([breaker, 'ACTIVE'])
        }
  })

  it('lets nothing through in a scope that only reduced', async () => {
    const who = { actor: 'ann', reason: 'enough' }
    for (const scope of ['global', 'instrument'] as const) {
      const name = scope === 'global' ? {} : { scope, name: 'IBM' }
      const { system, venue } = await startEcho()
      const bought = system.orders.submit(buy())
      venue.reports.filled(bought.number, 'e1', 100, 1_000_000, 0, 'USD', 1, 2)
      if (scope === 'global') system.setTradingState('global', '', 'REDUCING', 'ann', 'news')
      else system.setTradingState('instrument', 'IBM', 'REDUCING', 'ann', 'news')
      const sell = { ...buy({ quantity: 10, price: '99.98' }), side: 'sell' } as const
      expect(system.orders.submit(sell).isClosed).toBe(false)
      system.kill({ ...name, ...who })
      expect(system.orders.submit(sell).reason).toBe('KILL_SWITCH')
      await system.stop()
    }
  })
})
