/** Every reference case of execution algorithms found in the cases folder, through the public entry point. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { describeShared, sharedFiles } from '../../test/support/shared.js'
import { SeededRandom } from '../core/random.js'
import { Decimal } from '../model/decimal.js'
import * as execution from './index.js'

// biome-ignore lint/suspicious/noExplicitAny: the fields of a case depend on its kind
type Fields = any
interface Case {
  id: string
  inputs: Fields
  expected: Fields
  tolerance: Fields
}

/** Turns decimal texts into whole units of the finest increment in a case, and back. */
class Scale {
  readonly #unit: Decimal
  constructor(...values: (string | undefined | null)[]) {
    const digits = values.map((value) => new Decimal(value ?? '1').decimalPlaces())
    this.#unit = new Decimal(10).pow(-Math.max(0, ...digits))
  }
  units(value: string): number {
    return new Decimal(value).div(this.#unit).toNumber()
  }
  text(units: number): string {
    return new Decimal(units).times(this.#unit).toString()
  }
  texts(units: readonly number[]): string[] {
    return units.map((each) => this.text(each))
  }
}

const canonical = (values: string[]) => values.map((value) => new Decimal(value).toString())

function reasonOf(run: () => unknown): string | undefined {
  try {
    run()
    return undefined
  } catch (error) {
    return (error as { details?: { reason?: string } }).details?.reason
  }
}

function close(actual: number, expected: number, { rel = 0, abs = 0 }: { rel?: number; abs?: number }) {
  expect(Math.abs(actual - expected)).toBeLessThanOrEqual(Math.max(abs, rel * Math.abs(expected)))
}

/** The child of every slot when fills come as the case says. */
function dynamicTwap({ Q, N, lot, catchUp, fills, maxS, limit, mid }: Fields) {
  const scale = new Scale(Q, lot, maxS)
  const total = scale.units(Q)
  const lotUnits = scale.units(lot)
  const sizes = execution.twapPlan({ quantityUnits: total, slices: N, lotUnits })
  const children: number[] = []
  const filledPerSlot: number[] = []
  let filled = 0
  let target = 0
  for (let k = 0; k < N; k++) {
    target += sizes[k] as number
    const isBlocked = limit !== undefined && mid[k] > limit
    const child = isBlocked
      ? 0
      : execution.slotChild({
          targetUnits: target,
          sliceUnits: sizes[k] as number,
          filledUnits: filled,
          workingUnits: 0,
          totalUnits: total,
          lotUnits,
          catchUp,
          ...(maxS === undefined ? {} : { maxSliceUnits: scale.units(maxS) }),
        })
    const done = Math.min(child, scale.units(fills[k]))
    children.push(child)
    filledPerSlot.push(done)
    filled += done
  }
  return {
    children: scale.texts(children),
    filledPerSlot: scale.texts(filledPerSlot),
    filledTotal: scale.text(filled),
    endAction: filled === total ? null : { action: 'CANCEL_REMAINDER', quantity: scale.text(total - filled) },
  }
}

/** Children at wake-ups that may be late. */
function clockTwap({ quantity, slices, lot, intervalMs, startMs, ticksMs, catchUp }: Fields) {
  const scale = new Scale(quantity, lot)
  const sizes = execution.twapPlan({ quantityUnits: scale.units(quantity), slices, lotUnits: scale.units(lot) })
  const window = slices * intervalMs
  let filled = 0
  const childrenAt: [number, string][] = []
  for (const at of ticksMs) {
    const due = sizes.filter((_, k) => startMs + execution.releaseOffset(k, sizes.length, window) <= at)
    const child = execution.slotChild({
      targetUnits: due.reduce((sum, size) => sum + size, 0),
      sliceUnits: due.at(-1) ?? 0,
      filledUnits: filled,
      workingUnits: 0,
      totalUnits: scale.units(quantity),
      lotUnits: scale.units(lot),
      catchUp,
    })
    if (child > 0) childrenAt.push([at, scale.text(child)])
    filled += child
  }
  return childrenAt
}

const twapKinds: Record<string, (c: Case) => void> = {
  plan({ inputs, expected }) {
    const { quantity, slices, lot, minSlice, startMs, intervalMs, rule, horizonSecs, intervalSecs } = inputs
    const scale = new Scale(quantity, lot, minSlice)
    if (rule === 'nautilus') {
      const plan = execution.foreignTwap.nautilus(scale.units(quantity), horizonSecs, intervalSecs, scale.units(lot))
      expect(scale.texts(plan.slices)).toEqual(canonical(expected.slices))
      expect(plan.offsets).toEqual(expected.releaseOffsetsSecs)
      return
    }
    const sizes = execution.twapPlan({
      quantityUnits: scale.units(quantity),
      slices,
      lotUnits: scale.units(lot),
      minSliceUnits: scale.units(minSlice),
    })
    const window = slices * intervalMs
    expect(scale.texts(sizes)).toEqual(canonical(expected.slices))
    expect(sizes).toHaveLength(expected.effectiveSlices)
    expect(sizes.map((_, k) => startMs + execution.releaseOffset(k, sizes.length, window))).toEqual(expected.releaseMs)
    expect(startMs + window).toBe(expected.windowEndMs)
  },
  count({ inputs, expected }) {
    const { count, offsets } = execution.foreignTwap.hummingbot(inputs.totalDurationSecs, inputs.orderIntervalSecs)
    expect(count).toBe(expected.numberOfOrders)
    expect(offsets).toEqual(expected.releaseOffsetsSecs)
  },
  dynamic({ inputs, expected }) {
    const result = dynamicTwap(inputs)
    expect(result.children).toEqual(canonical(expected.children))
    expect(result.filledPerSlot).toEqual(canonical(expected.filledPerSlot))
    expect(result.filledTotal).toBe(new Decimal(expected.filledTotal).toString())
    expect(result.endAction).toEqual(expected.endAction)
  },
  clock({ inputs, expected }) {
    expect(clockTwap(inputs)).toEqual(expected.childrenAt)
  },
  property({ inputs, expected }) {
    const random = new SeededRandom(7)
    const step = Number(inputs.roundTo)
    const sizes = Array.from({ length: inputs.draws }, () =>
      execution.varied(Number(inputs.baseSize), inputs.sizePct, step, random),
    )
    expect(Math.min(...sizes)).toBeGreaterThanOrEqual(Number(expected.sizeMin))
    expect(Math.max(...sizes)).toBeLessThanOrEqual(Number(expected.sizeMax))
    expect(Math.min(...sizes)).toBeLessThanOrEqual(Number(expected.sizeMin) + step)
    expect(Math.max(...sizes)).toBeGreaterThanOrEqual(Number(expected.sizeMax) - step)
    const times = Array.from({ length: inputs.draws }, () =>
      execution.varied(inputs.baseIntervalSecs * 1_000, inputs.timePct, 1, random),
    )
    expect(Math.min(...times)).toBeGreaterThanOrEqual(expected.intervalMinSecs * 1_000)
    expect(Math.max(...times)).toBeLessThanOrEqual(expected.intervalMaxSecs * 1_000)
  },
  benchmark({ inputs, expected, tolerance }) {
    close(execution.timeWeightedPrice(inputs.ticks, inputs.startMs, inputs.endMs) as number, expected.twap, tolerance)
  },
}

const vwapKinds: Record<string, (c: Case) => void> = {
  plan({ inputs, expected }) {
    const { quantity, weights, lot, minSlice } = inputs
    const scale = new Scale(quantity, lot, minSlice)
    const slices = execution.vwapPlan({
      quantityUnits: scale.units(quantity),
      weights,
      lotUnits: scale.units(lot),
      minSliceUnits: scale.units(minSlice),
    })
    expect(scale.texts(slices)).toEqual(canonical(expected.slices))
  },
  curve({ inputs, expected, tolerance }) {
    const named = { meanOfShares: 'mean', shareOfPooledVolume: 'pooled' } as const
    for (const [name, method] of Object.entries(named)) {
      if (expected[name] === undefined) continue
      execution.volumeCurve(inputs.days, method).forEach((share, k) => {
        close(share, expected[name][k], tolerance)
      })
    }
    const preset = named[expected.default as keyof typeof named]
    if (preset !== undefined)
      expect(execution.volumeCurve(inputs.days)).toEqual(execution.volumeCurve(inputs.days, preset))
  },
  window({ inputs, expected, tolerance }) {
    const shares = execution.curveInWindow(inputs.weights, inputs.bucketMs, inputs.startMs, inputs.endMs)
    expect(shares).toHaveLength(expected.normalised.length)
    shares.forEach((share, k) => {
      close(share, expected.normalised[k], tolerance)
    })
  },
  dynamic({ inputs, expected }) {
    const { quantity, histVolumes, observedVolumes, lot, scale: kind } = inputs
    const scale = new Scale(quantity, lot)
    const volumes = execution.wholeWeights([...histVolumes, ...observedVolumes])
    const curve = volumes.slice(0, histVolumes.length)
    const seen = volumes.slice(histVolumes.length)
    const targets: number[] = []
    let total = 0
    for (let k = 0; k < curve.length; k++) {
      const target = execution.dynamicTarget(scale.units(quantity), curve, k, total, scale.units(lot), kind)
      targets.push(Math.max(target, targets.at(-1) ?? 0))
      total += seen[k] as number
    }
    expect(scale.texts(targets)).toEqual(canonical(expected.cumulativeTargets))
    const slices = targets.map((target, k) => target - (k === 0 ? 0 : (targets[k - 1] as number)))
    expect(scale.texts(slices)).toEqual(canonical(expected.slices))
  },
  benchmark({ inputs, expected, tolerance }) {
    const result = execution.volumeWeightedPrice(inputs.trades)
    close(result?.vwap.toNumber() as number, expected.vwap, tolerance)
    expect(result?.volume.toString()).toBe(new Decimal(expected.volume).toString())
  },
}

const povKinds: Record<string, (c: Case) => void> = {
  pov({ inputs, expected, tolerance }) {
    const { rate, basis, lot, minChild, maxChild, Q, prints, evalMs } = inputs
    const scale = new Scale(lot, minChild, maxChild, Q, ...prints.map((print: Fields) => print[1]))
    const participation = new execution.ParticipationRate(rate, basis)
    let own = 0
    const children: number[] = []
    let external = 0
    for (const at of evalMs) {
      external = prints
        .filter(([ms, , condition]: Fields) => ms <= at && condition === 'REGULAR')
        .reduce((sum: number, [, quantity]: Fields) => sum + scale.units(quantity), 0)
      const child = execution.povChild({
        rate: participation,
        externalUnits: external,
        ownUnits: own,
        leftUnits: scale.units(Q) - own,
        lotUnits: scale.units(lot),
        minChildUnits: scale.units(minChild),
        maxChildUnits: maxChild === null ? Number.POSITIVE_INFINITY : scale.units(maxChild),
      })
      children.push(child)
      own += child
    }
    expect(scale.texts(children)).toEqual(canonical(expected.children))
    expect(scale.text(own)).toBe(new Decimal(expected.ownTotal).toString())
    expect(scale.text(external)).toBe(new Decimal(expected.externalVolume).toString())
    const { participationOfTotal, participationOfExternal } = expected
    if (participationOfTotal !== undefined)
      close(own / (own + external), participationOfTotal, { abs: tolerance.absRatio })
    if (participationOfExternal !== undefined)
      close(own / external, participationOfExternal, { abs: tolerance.absRatio })
  },
  povFeed({ inputs, expected }) {
    const scale = new Scale(inputs.ownFilled, ...inputs.feed.map((print: Fields) => print[1]))
    const tape = inputs.feed.reduce((sum: number, [, quantity]: Fields) => sum + scale.units(quantity), 0)
    const own = scale.units(inputs.ownFilled)
    const external = inputs.ownReportedInFeed ? tape - own : tape
    const allowed = new execution.ParticipationRate(inputs.rate, inputs.basis).allowedUnits(external)
    expect(scale.text(external)).toBe(new Decimal(expected.externalVolume).toString())
    expect(scale.text(allowed)).toBe(new Decimal(expected.allowedOwn).toString())
    expect(scale.text(allowed - own)).toBe(new Decimal(expected.childNow).toString())
  },
}

const sorIcebergKinds: Record<string, (c: Case) => void> = {
  sor({ inputs, expected, tolerance }) {
    const { side, qty, limit, lot, venues } = inputs
    const levels = venues.flatMap((venue: Fields) => venue.levels)
    const price = new Scale(limit, ...levels.map(([px]: Fields) => px))
    const size = new Scale(qty, lot, ...levels.map(([, quantity]: Fields) => quantity))
    const one = price.units('1')
    const plan = execution.planRoute({
      side,
      quantityUnits: size.units(qty),
      lotUnits: size.units(lot),
      ...(limit === null ? {} : { limitUnits: price.units(limit) }),
      venues: venues.map((venue: Fields) => ({
        id: venue.id,
        levels: venue.levels.map(([px, quantity]: Fields) => [price.units(px), size.units(quantity)]),
        ...(venue.takerFeePerUnit === undefined ? {} : { takerFeeUnits: Number(venue.takerFeePerUnit) * one }),
        ...(venue.takerFeePct === undefined ? {} : { takerFeeShare: Number(venue.takerFeePct) }),
      })),
    })
    const children = plan.children.map(({ venue, quantityUnits, limitUnits }) => ({
      venue,
      qty: size.text(quantityUnits),
      limit: price.text(limitUnits),
    }))
    expect(children).toEqual(expected.children)
    expect(size.text(plan.unroutedUnits)).toBe(new Decimal(expected.unrouted).toString())
    const whole = one * size.units('1')
    close(plan.grossUnits / whole, expected.grossNotional, tolerance)
    close(plan.feeUnits / whole, expected.fees, tolerance)
    close(plan.averageAllInUnits / one, expected.avgAllIn, tolerance)
  },
  icebergFullFills({ inputs, expected }) {
    const scale = new Scale(inputs.quantity, inputs.displayQty)
    const tips = execution.icebergTips(scale.units(inputs.quantity), scale.units(inputs.displayQty))
    expect(scale.texts(tips)).toEqual(canonical(expected.children))
    expect(tips.length === 1).toBe(expected.plainOrder)
  },
  displayPercentRounding({ inputs, expected }) {
    expect(inputs.raw.map((raw: number) => execution.displayUnitsOf(raw))).toEqual(expected.rounded)
  },
  iceberg({ inputs, expected }) {
    const scale = new Scale(inputs.quantity, inputs.displayQty)
    const tips = execution.icebergTips(scale.units(inputs.quantity), scale.units(inputs.displayQty))
    let tip = 0
    let leaves = tips[0] as number
    let filled = 0
    const hidden = () => tips.slice(tip + 1).reduce((sum, size) => sum + size, 0)
    const after = inputs.events.map(([event, quantity]: Fields) => {
      if (event === 'parentCancel') return { cancelled: scale.text(leaves + hidden()), filled: scale.text(filled) }
      leaves -= scale.units(quantity)
      filled += scale.units(quantity)
      const newChild = leaves === 0 && tip < tips.length - 1
      if (newChild) leaves = tips[++tip] as number
      return { tipLeaves: scale.text(leaves), hidden: scale.text(hidden()), newChild }
    })
    expect(after).toEqual(expected.afterEach)
  },
}

function almgrenChrissCase({ inputs, expected, tolerance }: Case) {
  const { lam, ...rest } = inputs
  const result = execution.almgrenChriss({ ...rest, lambda: lam })
  const { rel } = tolerance
  for (const name of ['kappaTilde', 'kappa', 'etaTilde', 'expectedShortfall', 'variance', 'stdDev', 'utility'] as const)
    if (expected[name] !== undefined) close(result[name], expected[name], { rel })
  if (expected.halfLifeTheta === null) expect(result.halfLife).toBeUndefined()
  else if (expected.halfLifeTheta !== undefined) close(result.halfLife as number, expected.halfLifeTheta, { rel })
  expected.holdings?.forEach((holding: number, j: number) => {
    close(result.holdings[j] as number, holding, { rel, abs: tolerance.absTradeList ?? 0 })
  })
  expected.tradeList?.forEach((size: number, j: number) => {
    close(result.tradeList[j] as number, size, { abs: tolerance.absTradeList })
  })
  if (expected.tradeListLots !== undefined) expect(result.tradeListLots).toEqual(expected.tradeListLots)
}

/** How an erroneous case is run, by topic. */
const refused: Record<string, (inputs: Fields) => unknown> = {
  twap: ({ slices, quantity, horizonMs, intervalMs }) => {
    const window = horizonMs ?? 1_000
    const n = execution.slicesOf(
      { ...(slices === undefined ? {} : { slices }), ...(intervalMs === undefined ? {} : { intervalMs }) },
      window,
    )
    return execution.twapPlan({ quantityUnits: Number(quantity), slices: n, lotUnits: 1 })
  },
  vwap: ({ quantity, weights }) => execution.vwapPlan({ quantityUnits: Number(quantity), weights, lotUnits: 1 }),
  pov: ({ rate, basis }) => new execution.ParticipationRate(rate, basis),
  almgren_chriss: ({ lam, ...rest }) => execution.almgrenChriss({ ...rest, lambda: lam }),
}

const topics: Record<string, Record<string, (c: Case) => void>> = {
  twap: twapKinds,
  vwap: vwapKinds,
  pov: povKinds,
  sor_iceberg: sorIcebergKinds,
}

describeShared('reference cases of execution', 'cases', () => {
  for (const file of sharedFiles('cases', '.', /\.json$/)) {
    const { topic, cases } = JSON.parse(readFileSync(file, 'utf8')) as { topic: string; cases: Case[] }
    if (topics[topic] === undefined && topic !== 'almgren_chriss') continue
    describe(topic, () => {
      for (const each of cases) {
        it(each.id, () => {
          if (each.expected.error !== undefined)
            expect(reasonOf(() => refused[topic]?.(each.inputs))).toBe(each.expected.error)
          else if (topic === 'almgren_chriss') almgrenChrissCase(each)
          else {
            const run = topics[topic]?.[each.inputs.kind]
            expect(run, `no function for kind ${each.inputs.kind}`).toBeDefined()
            run?.(each)
          }
        })
      }
    })
  }
})
