import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { runs } from '../../../test/support/runs.js'
import { NS_PER_MS } from '../../core/clock.js'
import { VirtualTime } from '../../core/virtual-time.js'
import { Pacer, PacingRank } from './pacer.js'
import { type PacingWindow, pacingClasses } from './pacing-options.js'
import { WindowLog } from './window-log.js'

interface Sent {
  readonly atNs: number
  readonly rank: number
  readonly weight: number
}

const weights = fc.record(
  Object.fromEntries(pacingClasses.map((kind) => [kind, fc.integer({ min: 0, max: 3 })])) as Record<
    string,
    fc.Arbitrary<number>
  >,
)
const windows = fc.array(
  fc.record({ limit: fc.integer({ min: 8, max: 60 }), windowMs: fc.integer({ min: 5, max: 400 }), weights }),
  { minLength: 1, maxLength: 3 },
)
const steps = fc.array(
  fc.record({
    gapMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 60 })),
    rank: fc.integer({ min: 0, max: 5 }),
    weight: fc.constantFrom(1, 1, 1, 2),
    count: fc.integer({ min: 1, max: 25 }),
  }),
  { minLength: 1, maxLength: 40 },
)

/** The largest sum of weights in any closed span of the window's length. */
function heaviest(sent: readonly Sent[], { windowMs, weights = {} }: PacingWindow): number {
  const sizeOf = ({ rank, weight }: Sent) =>
    (weights[pacingClasses[rank] as (typeof pacingClasses)[number]] ?? 1) * weight
  let most = 0
  for (let first = 0; first < sent.length; first++) {
    let sum = 0
    const endNs = (sent[first] as Sent).atNs + windowMs * NS_PER_MS
    for (let i = first; i < sent.length && (sent[i] as Sent).atNs <= endNs; i++) sum += sizeOf(sent[i] as Sent)
    most = Math.max(most, sum)
  }
  return most
}

describe('pacing on virtual time', () => {
  it('keeps every sliding window within its limit, whatever is asked for when', () => {
    fc.assert(
      fc.property(windows, steps, (rules, plan) => {
        const time = new VirtualTime()
        const pacer = new Pacer({ windows: rules }, time)
        const sent: Sent[] = []
        for (const { gapMs, rank, weight, count } of plan) {
          time.advanceMs(gapMs)
          for (let i = 0; i < count; i++) {
            const note = () => sent.push({ atNs: time.monotonicNs(), rank, weight })
            const isOrder = rank === PacingRank.order || rank === PacingRank.reduce
            if (isOrder) {
              if (pacer.tryTake(rank, weight)) note()
            } else {
              try {
                pacer.enqueue(rank, weight, note, () => {})
              } catch {
                // heavier than the window ever lets through
              }
            }
          }
        }
        time.advanceMs(120_000)
        for (const rule of rules) expect(heaviest(sent, rule)).toBeLessThanOrEqual(rule.limit)
        expect(pacer.waiting).toBe(0)
        expect(time.pendingTimers).toBe(0)
      }),
      { numRuns: runs({ ci: 1_000, full: 10_000 }) },
    )
  })

  it('uses at least 99 % of the share open to a class under backlog', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 120 }),
        fc.integer({ min: 1, max: 2_000 }),
        fc.constantFrom('cancel', 'query', 'subscription', 'history'),
        (limit, windowMs, kind) => {
          const time = new VirtualTime()
          const rule: PacingWindow = { limit, windowMs }
          const pacer = new Pacer({ windows: [rule], maxWaiting: 100_000 }, time)
          const rank = PacingRank[kind as 'cancel']
          const open = new WindowLog(rule, { reserve: { cancels: 0.1, reduces: 0.1, orders: 0.5 } }).open[
            rank
          ] as number
          const spans = 20
          let sent = 0
          for (let i = 0; i < open * (spans + 2); i++)
            pacer.enqueue(
              rank,
              1,
              () => sent++,
              () => {},
            )
          time.advanceMs(spans * windowMs)
          expect(sent).toBeGreaterThanOrEqual(0.99 * open * spans)
        },
      ),
      { numRuns: runs({ ci: 200, full: 2_000 }) },
    )
  })

  it('sends a cancel behind 1,000 subscriptions within one window slot', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 100 }),
        fc.integer({ min: 10, max: 1_000 }),
        fc.integer({ min: 0, max: 3_000 }),
        fc.integer({ min: 0, max: 200 }),
        (limit, windowMs, afterMs, cancelsBefore) => {
          const time = new VirtualTime()
          const pacer = new Pacer({ windows: [{ limit, windowMs }] }, time)
          const sentNs: number[] = []
          for (let i = 0; i < 1_000; i++)
            pacer.enqueue(
              PacingRank.subscription,
              1,
              () => sentNs.push(time.monotonicNs()),
              () => {},
            )
          time.advanceMs(afterMs)
          for (let i = 0; i < cancelsBefore % limit; i++) pacer.tryTake(PacingRank.cancel)
          const askedNs = time.monotonicNs()
          let leftNs = Number.NaN
          pacer.enqueue(
            PacingRank.cancel,
            1,
            () => (leftNs = time.monotonicNs()),
            () => {},
          )
          time.advanceMs(windowMs + 1)
          // The slot that the oldest message in the window gives back is the next one, and the cancel gets it.
          const oldest = sentNs.find((atNs) => atNs >= askedNs - windowMs * NS_PER_MS) ?? askedNs
          const slotNs = Math.max(askedNs, oldest + windowMs * NS_PER_MS + 1)
          expect(leftNs).toBeLessThanOrEqual(slotNs)
        },
      ),
      { numRuns: runs({ ci: 200, full: 2_000 }) },
    )
  })
})
