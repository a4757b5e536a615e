/** Results as lines for people and as data for machines. */
import { cpus } from 'node:os'
import type { BenchmarkCase } from '../types.js'
import type { CaseResult } from './measure.js'

/** One comparison: ours against one peer. A case without peers gives one line without a peer. */
export interface ResultLine {
  readonly name: string
  readonly case: string
  readonly unit: string
  /** Medians. */
  readonly ours: number | null
  readonly peer: number | null
  readonly peerName: string | null
  /** Above 1: we are better. */
  readonly ratio: number | null
  readonly better: 'higher' | 'lower'
  readonly runs: number
  /** Share of the time in which our process had a processor. Well below 1 it waited, or others took the machine. */
  readonly cpuShare?: number
  /** Why there is no figure of the peer. */
  readonly missing?: string
}

/** Below this, a figure that should be low counts as this: a ratio to nothing says nothing. */
const leastMeasured = 0.001

/** The comparisons of a case. */
export function resultLines(name: string, definition: BenchmarkCase, result: CaseResult): ResultLine[] {
  const { case: title, unit, better } = definition
  const ours = result.ours.value ?? null
  const common = { name, case: title, unit, ours }
  const cpuShare = result.ours.cpuShare === undefined ? {} : { cpuShare: Math.round(result.ours.cpuShare * 100) / 100 }
  if (result.peers.length === 0) {
    return [{ ...common, peer: null, peerName: null, ratio: null, better, runs: result.runs, ...cpuShare }]
  }
  return result.peers.map((peer) => ({
    ...common,
    peer: peer.value ?? null,
    peerName: peer.name,
    ratio: ours === null || peer.value === undefined ? null : ratioOf(ours, peer.value, better),
    better,
    runs: result.runs,
    ...cpuShare,
    ...(peer.missing === undefined ? {} : { missing: peer.missing }),
  }))
}

function ratioOf(ours: number, peer: number, better: 'higher' | 'lower'): number {
  return better === 'higher' ? ours / peer : Math.max(peer, leastMeasured) / Math.max(ours, leastMeasured)
}

/** A comparison for people. */
export function describeLine(
  line: ResultLine,
  { floor, most, least }: Pick<BenchmarkCase, 'floor' | 'most' | 'least'>,
): string {
  const ours = line.ours === null ? 'missing' : amount(line.ours)
  const share =
    line.cpuShare !== undefined && line.cpuShare < 0.9 ? ` (on a CPU ${Math.round(line.cpuShare * 100)} %)` : ''
  const left = `  ${ours.padStart(9)} ${line.unit}${share}`
  if (line.peerName === null) {
    return `${left}${bound(line.ours, most)}`
  }
  const right = line.ratio === null ? `missing: ${line.missing ?? ''}` : `${amount(line.peer ?? 0).padStart(9)}`
  const ratio = line.ratio === null ? '' : `  ${line.ratio.toPrecision(3)}x`
  const isBound = floor?.peer === line.peerName && line.ratio !== null
  const verdict = isBound
    ? line.ratio >= floor.ratio
      ? `, goal ${floor.ratio}x`
      : `, BELOW THE GOAL ${floor.ratio}x`
    : ''
  const figure =
    !isBound || least === undefined || line.ours === null
      ? ''
      : `, ${line.ours >= least ? 'goal' : 'BELOW THE GOAL'} ${amount(least)} ${line.unit}`
  return `${left}   ${line.peerName.padEnd(24)} ${right}${ratio}${verdict}${figure}${isBound ? bound(line.ours, most) : ''}`
}

/** What is said about a figure that must not be passed. */
function bound(ours: number | null, most: number | undefined): string {
  if (most === undefined || ours === null) return ''
  return `, ${ours <= most ? 'goal' : 'ABOVE THE GOAL'} ${amount(most)}`
}

/** The whole run as one object. */
export function report(results: readonly ResultLine[]): object {
  return { node: process.version, cpu: cpus()[0]?.model ?? 'unknown', results }
}

function amount(value: number): string {
  for (const [factor, letter] of [
    [1e9, 'G'],
    [1e6, 'M'],
    [1e3, 'k'],
  ] as const) {
    if (Math.abs(value) >= factor) return `${(value / factor).toFixed(2)}${letter}`
  }
  return value.toFixed(2)
}
