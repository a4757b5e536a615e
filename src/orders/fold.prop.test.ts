/**
 * Random histories of one order against the reference: late, repeated, reordered, corrected, busted, conflicting and
 * inferred fills, cancels and replaces that race with them.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { runs } from '../../test/support/runs.js'
import { OrderUnderTest } from './order-under-test.test-support.js'
import { type OrderFactEvent, type OrderState, referenceState, type Terms } from './reference-order.test-support.js'

type Unsequenced<Event> = Event extends unknown ? Omit<Event, 'seq'> : never
type Draft = Unsequenced<OrderFactEvent>

const initial: Terms = { quantity: 100, price: 1_000, trigger: Number.NaN }
const execs = ['E1', 'E2', 'E3'] as const
const time = fc.integer({ min: 1, max: 40 })
const price = fc.integer({ min: 998, max: 1_002 })
const part = fc.constantFrom(20, 30, 50, 100)

/** The terms of an execution follow from its id, so that repetitions agree; conflicting ones are drawn apart. */
const termsOf = (exec: string) =>
  ({ E1: { quantity: 60, price: 1_000 }, E2: { quantity: 40, price: 1_001 }, E3: { quantity: 30, price: 999 } })[
    exec
  ] as { quantity: number; price: number }

const fill: fc.Arbitrary<Draft> = fc
  .record({ exec: fc.constantFrom(...execs), ts: time })
  .map(({ exec, ts }) => ({ kind: 'trade', exec, ...termsOf(exec), basis: 0, ts }))
const simple = fc.constantFrom('submitted', 'accepted', 'triggered').map((kind): Draft => ({ kind }))
const end = fc
  .record({ isExpiry: fc.boolean(), ts: time })
  .map(({ isExpiry, ts }): Draft => ({ kind: 'closed', isExpiry, inferred: false, ts }))
const venueReject = fc.constant<Draft>({ kind: 'rejected', inferred: false })
const generation = fc.integer({ min: 1, max: 4 })
const request = fc.record({ generation, isCancel: fc.boolean(), quantity: fc.constantFrom(50, 80, 150), price }).map(
  (terms): Draft => ({
    kind: 'request',
    trigger: Number.NaN,
    ...terms,
    // What a request asks for is on record once, under its generation.
    quantity: terms.generation % 4 === 1 ? 150 : 50,
    isCancel: terms.generation % 2 === 0,
  }),
)
const requestRejected = generation.map((g): Draft => ({ kind: 'requestRejected', generation: g }))
const update = fc
  .record({ generation, quantity: fc.constantFrom(50, 80, 150), price, ts: time })
  .map((terms): Draft => ({ kind: 'updated', trigger: Number.NaN, ...terms }))
const correctionOf = (reference: fc.Arbitrary<string>, exec: fc.Arbitrary<string | undefined>) =>
  fc
    .record({ reference, exec, quantity: part, price, works: fc.boolean(), ts: time })
    .map((terms): Draft => ({ kind: 'corrected', ...terms }))
/** Corrections have ids of their own, and may name the trade or a correction of it. */
const correction = fc
  .constantFrom(...execs)
  .chain((exec) =>
    correctionOf(fc.constantFrom(exec, `${exec}'`, `${exec}''`), fc.constantFrom(undefined, `${exec}'`, `${exec}''`)),
  )
/** Two trades corrected into one: no venue should do that. */
const tangled = correctionOf(fc.constantFrom(...execs), fc.constantFrom(...execs, "E1'", "E2''"))
const bust = fc
  .record({ reference: fc.constantFrom(...execs), works: fc.boolean(), ts: time })
  .map((terms): Draft => ({ kind: 'busted', ...terms }))
const chainBust = fc
  .record({ reference: fc.constantFrom("E1'", "E2''"), works: fc.boolean(), ts: time })
  .map((terms): Draft => ({ kind: 'busted', ...terms }))
const conflict = fc
  .record({ exec: fc.constantFrom(...execs), ts: time })
  .map(({ exec, ts }): Draft => ({ kind: 'trade', exec, quantity: 10, price: 1_000, basis: 0, ts }))
const inference = fc.record({ basis: fc.constantFrom(50, 80, 100), quantity: part, ts: time }).map(
  ({ basis, quantity, ts }): Draft => ({
    kind: 'trade',
    exec: `I${basis}`,
    quantity: Math.min(quantity, basis),
    price: 1_000,
    basis,
    ts,
  }),
)
const inferredEnd = fc.boolean().map((isExpiry): Draft => ({ kind: 'closed', isExpiry, inferred: true, ts: 1 }))
const local = fc.oneof(
  inferredEnd,
  fc.constantFrom<Draft>(
    { kind: 'unknown' },
    { kind: 'works' },
    { kind: 'rejected', inferred: true },
    { kind: 'denied' },
    { kind: 'emulated' },
    { kind: 'released' },
  ),
)

/** Every event its number, in the order given. */
function sequenced(drafts: readonly Draft[]): OrderFactEvent[] {
  return drafts.map((draft, i) => ({ ...draft, seq: i + 1 }) as OrderFactEvent)
}

/** Events that a permutation may not tear: of one name, inferences and corrections of equal time agree. */
function consistent(events: readonly OrderFactEvent[]): OrderFactEvent[] {
  const seen = new Map<string, OrderFactEvent>()
  return events.filter((event) => {
    const key =
      event.kind === 'trade'
        ? `t ${event.exec} ${event.basis > 0 || event.quantity === 10}`
        : event.kind === 'corrected' || event.kind === 'updated'
          ? `${event.kind} ${event.ts}`
          : event.kind === 'busted'
            ? `b ${event.reference}`
            : event.kind === 'request'
              ? `r ${event.generation}`
              : undefined
    if (key === undefined) return true
    if (seen.has(key)) return false
    seen.set(key, event)
    return true
  })
}

const usual = [
  { weight: 5, arbitrary: fill },
  { weight: 2, arbitrary: simple },
  { weight: 1, arbitrary: end },
  { weight: 1, arbitrary: venueReject },
  { weight: 2, arbitrary: request },
  { weight: 1, arbitrary: requestRejected },
  { weight: 2, arbitrary: update },
  { weight: 2, arbitrary: correction },
  { weight: 2, arbitrary: bust },
  { weight: 1, arbitrary: conflict },
  { weight: 1, arbitrary: inference },
  { weight: 2, arbitrary: local },
]
const everything = fc.array(fc.oneof(...usual), { minLength: 1, maxLength: 12 })
const anything = fc.array(fc.oneof(...usual, { weight: 1, arbitrary: tangled }, { weight: 1, arbitrary: chainBust }), {
  minLength: 1,
  maxLength: 12,
})

describe('the fold', () => {
  it('says after every event what the reference says of the events so far', () => {
    fc.assert(
      fc.property(anything, (drafts) => {
        const events = sequenced(drafts)
        const order = new OrderUnderTest(initial)
        for (const [i, event] of events.entries()) {
          order.fold(event)
          expect(order.state).toEqual(referenceState(initial, events.slice(0, i + 1)))
        }
      }),
      { numRuns: runs({ ci: 40_000, full: 400_000 }) },
    )
  })

  it('gives the same whatever the order in which recorded events are applied, and however often', () => {
    const schedule = everything.chain((drafts) => {
      const events = consistent(sequenced(drafts))
      const repeated = fc.array(fc.constantFrom(...events), { maxLength: 4 }).map((more) => [...events, ...more])
      return fc.record({
        events: fc.constant(events),
        applied: repeated.chain((all) => fc.shuffledSubarray(all, { minLength: all.length, maxLength: all.length })),
      })
    })
    fc.assert(
      fc.property(schedule, ({ events, applied }) => {
        expect(new OrderUnderTest(initial).foldAll(applied).state).toEqual(referenceState(initial, events))
      }),
      { numRuns: runs({ ci: 40_000, full: 400_000 }) },
    )
  })

  it('gives the same whatever the order in which the venue reports arrive, repeated ones included', () => {
    // Times name events here: the venue's own order of them, which no order of arrival may change.
    const reports = fc.uniqueArray(fc.oneof({ weight: 4, arbitrary: fill }, simple, end, update, correction, bust), {
      minLength: 2,
      maxLength: 9,
      selector: (draft) => ('ts' in draft ? `${draft.ts}` : draft.kind),
    })
    const arrivals = reports.chain((drafts) => {
      const quiet = consistent(
        sequenced(drafts.map((draft) => ('works' in draft ? { ...draft, works: false } : draft))),
      )
      const once = quiet.filter(
        (event, i) =>
          event.kind !== 'trade' ||
          quiet.findIndex((other) => other.kind === 'trade' && other.exec === event.exec) === i,
      )
      return fc.record({
        once: fc.constant(once),
        arrived: fc.array(fc.constantFrom(...once), { maxLength: 4 }).chain((more) =>
          fc.shuffledSubarray([...once, ...more], {
            minLength: once.length + more.length,
            maxLength: once.length + more.length,
          }),
        ),
      })
    })
    fc.assert(
      fc.property(arrivals, ({ once, arrived }) => {
        const straight = new OrderUnderTest(initial).foldAll(once).state
        expect(new OrderUnderTest(initial).foldAll(sequenced(arrived)).state).toEqual(straight)
      }),
      { numRuns: runs({ ci: 30_000, full: 300_000 }) },
    )
  })

  it('loses no fill: filled is the sum of unique trades less busts, in every state', () => {
    const schedule = fc.array(
      fc.oneof(
        { weight: 5, arbitrary: fill },
        { weight: 2, arbitrary: bust },
        end,
        venueReject,
        simple,
        request,
        update,
        local,
      ),
      { maxLength: 14 },
    )
    fc.assert(
      fc.property(schedule, (drafts) => {
        const order = new OrderUnderTest(initial).foldAll(sequenced(drafts))
        const busted = new Set(drafts.flatMap((draft) => (draft.kind === 'busted' ? [draft.reference] : [])))
        const traded = new Map(
          drafts.flatMap((draft) => (draft.kind === 'trade' ? [[draft.exec, draft.quantity] as const] : [])),
        )
        const expected = [...traded].reduce((total, [exec, quantity]) => total + (busted.has(exec) ? 0 : quantity), 0)
        expect(order.state.filled).toBe(expected)
      }),
      { numRuns: runs({ ci: 10_000, full: 100_000 }) },
    )
  })

  it('re-opens nothing that is closed but for what the venue says afterwards', () => {
    fc.assert(
      fc.property(everything, (drafts) => {
        const events = sequenced(drafts)
        const order = new OrderUnderTest(initial)
        for (const [i, event] of events.entries()) {
          const before = order.state
          order.fold(event)
          if (before.isOpen || !order.state.isOpen) continue
          expect({ event, isAllowed: mayReopen(event, events.slice(0, i), before, order.state) }).toEqual({
            event,
            isAllowed: true,
          })
        }
      }),
      { numRuns: runs({ ci: 10_000, full: 100_000 }) },
    )
  })
})

/** Whether an event may open an order that was closed. */
function mayReopen(
  event: OrderFactEvent,
  earlier: readonly OrderFactEvent[],
  before: OrderState,
  after: OrderState,
): boolean {
  // What the venue itself ended stays ended, whatever comes later.
  if (earlier.some((known) => known.kind === 'closed' && !known.inferred))
    return before.lifecycle === 'FILLED' && after.lifecycle === 'FILLED'
  if (event.kind === 'works' || ((event.kind === 'corrected' || event.kind === 'busted') && event.works)) return true
  // Refused, and yet filled: the venue has to be asked.
  if (after.lifecycle === 'UNKNOWN') return true
  switch (before.lifecycle) {
    case 'DENIED':
      return after.filled > 0
    case 'REJECTED':
      // Concluded to be absent, and then heard of.
      return !earlier.some((known) => known.kind === 'rejected' && !known.inferred)
    case 'FILLED':
      // More was asked for, or an execution was taken back that by the venue's clock came before the last.
      // Filled as before, and more is asked for: only its record stays.
      if (after.lifecycle === 'FILLED') return true
      return after.terms.quantity > before.terms.quantity || after.filled < before.filled
    default:
      // By the venue's clock, or by the quantity that held, nothing was taken from a quantity that had been reached.
      return ['trade', 'corrected', 'busted', 'updated'].includes(event.kind)
  }
}
