/** Reconciliation over random venues and random gaps in what we know, with a small model of an order that folds the actions. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { runs } from '../../test/support/runs.js'
import type { OrderStatus } from '../model/order-types.js'
import type { VenueFillReport, VenueOrderReport, VenueOrderState } from '../orders/venue-reports.js'
import type { ReconcileAction, ReconcileResult } from './actions.js'
import {
  emptyMemory,
  haltKey,
  type LocalOrder,
  type LocalState,
  type LocalTrade,
  type ReconcileMemory,
  type VenueAnswers,
} from './inputs.js'
import { reconcile } from './reconcile.js'

const numRuns = runs({ ci: 5_000, full: 50_000 })

/** An order as a set of facts: what the real fold does, in its simplest form. */
interface Model {
  id: string
  side: 'buy' | 'sell'
  quantity: number
  venueOrderId: string | undefined
  accepted: boolean
  unknown: boolean
  rejected: boolean
  canceled: boolean
  expired: boolean
  rejectedByInference: boolean
  canceledByInference: boolean
  works: boolean
  reachedBeforeBust: boolean
  termTsUs: number
  /** Quantity that a change under way asks for; 0 for none. */
  asked: number
  trades: (LocalTrade & { basis: number })[]
}

function amounts(model: Model) {
  const real = model.trades.filter((trade) => !trade.isInferred)
  const traded = real.reduce((sum, trade) => sum + trade.quantityUnits, 0)
  const unbusted = real.filter((trade) => !trade.isBusted)
  let covered = traded
  let inferred = 0
  let value = unbusted.reduce((sum, trade) => sum + trade.quantityUnits * trade.priceUnits, 0)
  for (const trade of model.trades.filter((candidate) => candidate.isInferred).sort((a, b) => a.basis - b.basis)) {
    if (trade.basis <= covered) continue
    const from = Math.max(trade.basis - trade.quantityUnits, covered)
    inferred += trade.basis - from
    value += (trade.basis - from) * trade.priceUnits
    covered = trade.basis
  }
  const filled = unbusted.reduce((sum, trade) => sum + trade.quantityUnits, 0) + inferred
  return { traded, inferred, filled, value }
}

function statusOf(model: Model): OrderStatus {
  const { filled } = amounts(model)
  if (filled >= model.quantity) return 'FILLED'
  if (model.reachedBeforeBust && !model.works) return 'CANCELED'
  if (model.canceled) return 'CANCELED'
  if (model.expired) return 'EXPIRED'
  if (model.rejected) return filled > 0 ? 'UNKNOWN' : 'REJECTED'
  if (model.canceledByInference && !model.works) return 'CANCELED'
  if (model.rejectedByInference) return 'REJECTED'
  if (model.unknown) return 'UNKNOWN'
  return filled > 0 ? 'PARTIALLY_FILLED' : model.accepted ? 'ACCEPTED' : 'SUBMITTED'
}

function localOrder(model: Model): LocalOrder {
  const { traded, inferred, filled, value } = amounts(model)
  const isByVenue = model.canceled || model.expired || model.rejected
  return {
    clientOrderId: model.id,
    venueOrderIds: model.venueOrderId === undefined ? [] : [model.venueOrderId],
    account: 'A',
    instrument: 0,
    side: model.side,
    type: 'LIMIT',
    postOnly: false,
    status: statusOf(model),
    isClosedByInference:
      !isByVenue &&
      filled < model.quantity &&
      (model.canceledByInference || model.rejectedByInference || model.reachedBeforeBust),
    venueFacts: {
      accepted: model.accepted,
      triggered: false,
      rejected: model.rejected,
      canceled: model.canceled,
      expired: model.expired,
    },
    quantityUnits: model.quantity,
    priceUnits: 1000,
    termGeneration: 0,
    termTsUs: model.termTsUs,
    filledUnits: filled,
    tradedUnits: traded,
    inferredUnits: inferred,
    ...(filled > 0 ? { averagePriceUnits: value / filled } : {}),
    trades: model.trades,
    requests: model.asked === 0 ? [] : [{ generation: 1, kind: 'update', sentAtUs: 0, quantityUnits: model.asked }],
    submittedAtUs: 0,
    lastActivityUs: 0,
  }
}

function fold(
  models: Map<string, Model>,
  external: Set<string | number>,
  halted: Set<string>,
  action: ReconcileAction,
): void {
  if (action.kind === 'external_fill') external.add(action.fill.exec)
  if (action.kind === 'halt') halted.add(haltKey(action.account, action.instrument))
  if (action.kind === 'adopt') {
    models.set(action.order, {
      ...newModel(action.order, action.report.quantityUnits, action.report.side),
      venueOrderId: String(action.report.venueOrderId),
    })
  }
  const model = 'order' in action ? models.get(action.order) : undefined
  if (model === undefined) return
  const evidence = () => {
    model.unknown = false
    model.rejectedByInference = false
  }
  switch (action.kind) {
    case 'accepted':
      model.accepted = true
      model.venueOrderId = String(action.venueOrderId)
      evidence()
      break
    case 'requests_over':
      model.asked = 0
      break
    case 'updated':
      if (action.generation === 1) model.asked = 0
      model.quantity = action.quantityUnits
      model.termTsUs = action.tsUs
      evidence()
      break
    case 'filled':
      model.trades.push({ ...tradeOf(action.fill), basis: 0 })
      evidence()
      break
    case 'inferred_fill':
      if (model.trades.some((trade) => trade.exec === action.exec)) break
      model.trades.push({
        exec: action.exec,
        quantityUnits: action.quantityUnits,
        priceUnits: action.priceUnits,
        isInferred: true,
        isBusted: false,
        isCorrected: false,
        tsUs: action.tsUs,
        basis: action.basisUnits,
      })
      break
    case 'inferred_bust':
      model.reachedBeforeBust ||= amounts(model).filled >= model.quantity
      model.works = false
      model.trades = model.trades.map((trade) => (trade.exec === action.exec ? { ...trade, isBusted: true } : trade))
      break
    case 'works':
      model.works = true
      evidence()
      break
    case 'canceled':
      if (action.source === 'venue') model.canceled = true
      else model.canceledByInference = true
      break
    case 'expired':
      model.expired = true
      break
    case 'rejected':
      if (action.source === 'venue') model.rejected = true
      else model.rejectedByInference = true
      break
    case 'unknown':
      model.unknown = true
      break
  }
}

function newModel(id: string, quantity: number, side: 'buy' | 'sell'): Model {
  const nothing = {
    accepted: false,
    unknown: false,
    rejected: false,
    canceled: false,
    expired: false,
    rejectedByInference: false,
    canceledByInference: false,
  }
  return {
    id,
    side,
    quantity,
    venueOrderId: undefined,
    ...nothing,
    works: false,
    reachedBeforeBust: false,
    termTsUs: 0,
    asked: 0,
    trades: [],
  }
}

function tradeOf(fill: VenueFillReport): LocalTrade {
  return {
    exec: fill.exec,
    quantityUnits: fill.quantityUnits,
    priceUnits: fill.priceUnits,
    isInferred: false,
    isBusted: false,
    isCorrected: false,
    tsUs: fill.tsUs,
  }
}

interface Truth {
  side: 'buy' | 'sell'
  quantity: number
  fills: { quantity: number; price: number; isKnown: boolean; isHidden: boolean }[]
  end: VenueOrderState | 'absent'
  isAccepted: boolean
  isOurs: boolean
  more: number
  isMade: boolean
}

const truth: fc.Arbitrary<Truth> = fc.record({
  side: fc.constantFrom('buy', 'sell'),
  quantity: fc.integer({ min: 1, max: 12 }),
  fills: fc.array(
    fc.record({
      quantity: fc.integer({ min: 1, max: 5 }),
      price: fc.integer({ min: 990, max: 1010 }),
      isKnown: fc.boolean(),
      isHidden: fc.boolean(),
    }),
    { maxLength: 4 },
  ),
  end: fc.constantFrom('working', 'canceled', 'expired', 'rejected', 'pending', 'absent'),
  isAccepted: fc.boolean(),
  isOurs: fc.boolean(),
  /** More that a change under way asks for, and whether the venue has made it. */
  more: fc.constantFrom(0, 0, 5),
  isMade: fc.boolean(),
})

/** A venue with its orders and fills, and what we know of it. */
function worldOf(truths: readonly Truth[]) {
  const models = new Map<string, Model>()
  const reports: VenueOrderReport[] = []
  const fills: VenueFillReport[] = []
  const hidden = new Set<string>()
  truths.forEach((given, index) => {
    const order = given.isMade ? { ...given, quantity: given.quantity + given.more } : given
    const id = `O${index}`
    const venueOrderId = `V${index}`
    const model = newModel(id, given.quantity, order.side)
    if (given.more > 0) model.asked = given.quantity + given.more
    let filled = 0
    let value = 0
    order.fills.forEach((fill, place) => {
      if (filled + fill.quantity > order.quantity || order.end === 'rejected') return
      filled += fill.quantity
      value += fill.quantity * fill.price
      const report: VenueFillReport = {
        exec: `${venueOrderId}.${place}`,
        ...(order.isOurs ? { clientOrderId: id } : {}),
        venueOrderId,
        instrument: 0,
        account: 'A',
        side: order.side,
        quantityUnits: fill.quantity,
        priceUnits: fill.price,
        liquidity: 0,
        tsUs: 100 + place,
      }
      fills.push(report)
      if (fill.isKnown && order.isOurs) model.trades.push({ ...tradeOf(report), basis: 0 })
      else if (fill.isHidden) hidden.add(String(report.exec))
    })
    if (order.isOurs) models.set(id, model)
    if (order.isAccepted) {
      model.accepted = true
      model.venueOrderId = venueOrderId
    }
    if (order.end === 'absent') return
    const state = filled === order.quantity ? 'filled' : order.end
    reports.push({
      ...(order.isOurs ? { clientOrderId: id } : {}),
      venueOrderId,
      instrument: 0,
      account: 'A',
      side: order.side,
      type: 'LIMIT',
      timeInForce: 'DAY',
      quantityUnits: order.quantity,
      priceUnits: 1000,
      cumulativeUnits: filled,
      ...(filled > 0 ? { averagePriceUnits: value / filled } : {}),
      state,
      tsUs: 200,
    })
  })
  return { models, reports, fills, hidden }
}

function stateOf(models: Map<string, Model>, external: Set<string | number>, halted: Set<string>): LocalState {
  const orders = [...models.values()].map(localOrder)
  const net = orders.reduce((sum, order) => sum + (order.side === 'buy' ? order.filledUnits : -order.filledUnits), 0)
  return { orders, positions: [{ account: 'A', instrument: 0, quantityUnits: net }], externalExecs: external, halted }
}

describe('reconcile', () => {
  it('agrees with the venue, once, and closes nothing without evidence', () => {
    fc.assert(
      fc.property(
        fc.array(truth, { minLength: 1, maxLength: 4 }),
        fc.constantFrom('adopt', 'observe', 'ignore'),
        (truths, externalOrders) => {
          const { models, reports, fills, hidden } = worldOf(truths)
          const external = new Set<string | number>()
          const halted = new Set<string>()
          const policy = { phase: 'startup', externalOrders } as const
          const answersWith = (visible: VenueFillReport[], complete: boolean, askedAtUs: number): VenueAnswers => ({
            connector: 'C',
            accounts: ['A'],
            askedAtUs,
            answeredAtUs: askedAtUs,
            orders: { reports, coverage: 'history', sinceUs: 0 },
            fills: { reports: visible, sinceUs: 0, complete },
          })
          const fold_ = (result: ReconcileResult) => {
            for (const action of result.actions) fold(models, external, halted, action)
          }
          let memory: ReconcileMemory = emptyMemory
          // First some fills are hidden, so that totals lead to inferred ones; then all of them show.
          for (const [round, visible] of [
            [1, fills.filter((fill) => !hidden.has(String(fill.exec)))],
            [2, fills],
          ] as const) {
            const answers = answersWith(visible, round === 2, round * 10_000_000)
            const before = stateOf(models, new Set(external), new Set(halted))
            const result = reconcile(before, answers, policy, memory)
            expect(JSON.stringify(reconcile(before, answers, policy, memory).actions)).toBe(
              JSON.stringify(result.actions),
            )
            checkOrder(result)
            checkEvidence(result, reports, round)
            fold_(result)
            memory = result.memory
            const again = reconcile(stateOf(models, external, halted), answers, policy, memory)
            expect(again.actions).toEqual([])
            for (const report of reports) {
              const model = models.get(report.clientOrderId ?? `EXT-A-${report.venueOrderId}`)
              if (model === undefined || report.state === 'pending') continue
              expect(amounts(model).filled).toBe(report.cumulativeUnits)
              if (report.state === 'working') expect(['ACCEPTED', 'PARTIALLY_FILLED']).toContain(statusOf(model))
              else expect(statusOf(model)).toBe(report.state.toUpperCase())
            }
          }
          for (const model of models.values()) {
            expect(amounts(model).inferred).toBe(0)
            const venueId = model.venueOrderId ?? `V${model.id.slice(1)}`
            const real = fills.filter((fill) => fill.venueOrderId === venueId).map((fill) => fill.exec)
            expect(
              model.trades
                .filter((trade) => !trade.isInferred && !trade.isBusted)
                .map((trade) => trade.exec)
                .sort(),
            ).toEqual(real.sort())
          }
        },
      ),
      { numRuns },
    )
  })

  it('busts what a complete history lacks, unless the venue total supports it', () => {
    fc.assert(
      fc.property(
        fc.array(
          truth.map((order) => ({ ...order, isOurs: true })),
          { minLength: 1, maxLength: 3 },
        ),
        fc.nat(),
        (truths, pick) => {
          const { models, reports, fills } = worldOf(truths)
          const model = [...models.values()][pick % models.size] as Model
          model.trades.push({
            exec: 'GHOST',
            quantityUnits: 1,
            priceUnits: 1000,
            isInferred: false,
            isBusted: false,
            isCorrected: false,
            tsUs: 150,
            basis: 0,
          })
          const answers: VenueAnswers = {
            connector: 'C',
            accounts: ['A'],
            askedAtUs: 10_000_000,
            answeredAtUs: 10_000_000,
            orders: { reports, coverage: 'history', sinceUs: 0 },
            fills: { reports: fills, sinceUs: 0, complete: true },
          }
          const external = new Set<string | number>()
          const halted = new Set<string>()
          const result = reconcile(stateOf(models, external, halted), answers, { phase: 'startup' })
          expect(result.findings.filter((finding) => finding.kind === 'missing_execution')).toHaveLength(1)
          expect(
            result.actions.filter((action) => action.kind === 'inferred_bust').map((action) => action.exec),
          ).toEqual(['GHOST'])
          for (const action of result.actions) fold(models, external, halted, action)
          expect(halted.has(haltKey('A', 0))).toBe(true)
          expect(
            reconcile(stateOf(models, external, halted), answers, { phase: 'startup' }, result.memory).actions,
          ).toEqual([])
        },
      ),
      { numRuns: Math.ceil(numRuns / 5) },
    )
  })
})

const ranks: Partial<Record<ReconcileAction['kind'], number>> = {
  adopt: 0,
  accepted: 1,
  updated: 2,
  triggered: 3,
  filled: 4,
  inferred_fill: 5,
  inferred_bust: 6,
  requests_over: 7,
  works: 7,
  canceled: 8,
  expired: 8,
  rejected: 8,
  unknown: 8,
}

/** Within each order the events come in their fixed order, what closes it last, fills by venue time. */
function checkOrder(result: ReconcileResult): void {
  const last = new Map<string, ReconcileAction>()
  for (const action of result.actions) {
    if (!('order' in action)) continue
    const before = last.get(action.order)
    if (before !== undefined) expect(ranks[before.kind]).toBeLessThanOrEqual(ranks[action.kind] as number)
    if (before?.kind === 'filled' && action.kind === 'filled')
      expect(before.fill.tsUs).toBeLessThanOrEqual(action.fill.tsUs)
    last.set(action.order, action)
  }
}

/** Nothing is closed but by a report that says so; never by absence in the first round. */
function checkEvidence(result: ReconcileResult, reports: readonly VenueOrderReport[], round: number): void {
  for (const action of result.actions) {
    if (action.kind !== 'canceled' && action.kind !== 'expired' && action.kind !== 'rejected') continue
    const report = reports.find(
      (candidate) => candidate.clientOrderId === action.order || action.order === `EXT-A-${candidate.venueOrderId}`,
    )
    if (action.source === 'venue') expect(report?.state).toBe(action.kind)
    else expect([action.kind, report, round]).toEqual(['rejected', undefined, 2])
  }
}
