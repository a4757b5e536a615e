/**
 * Measures one case: every variant in a process of its own, all of them taking turns, so that whatever else the machine
 * does meets all of them alike. What counts is the median of each and the ratio of the medians.
 */
import { type ChildProcess, fork } from 'node:child_process'
import type { BenchmarkCase } from '../types.js'
import type { VariantReply } from './variant-process.js'

/** How a variant did. */
export interface VariantResult {
  readonly name: string
  /** Median in the unit of the case; absent when the variant could not be run. */
  readonly value?: number
  /** Share of the time in which its process had a processor (above 1 with threads), a median. */
  readonly cpuShare?: number
  /** Why it could not be run. */
  readonly missing?: string
}

/** How a case went. */
export interface CaseResult {
  readonly ours: VariantResult
  readonly peers: readonly VariantResult[]
  readonly runs: number
}

interface RunningVariant {
  readonly name: string
  readonly child: ChildProcess
  operations: number
  readonly values: number[]
  readonly cpuShares: number[]
  missing?: string
}

/** Runs a case. `runner` and `bundlePath` are compiled modules. */
export async function measureCase(
  runner: string,
  bundlePath: string,
  caseIndex: number,
  definition: BenchmarkCase,
  runs: number,
): Promise<CaseResult> {
  const variants: RunningVariant[] = []
  try {
    // One after the other: preparation is work too, and often a first warm-up.
    for (const [index, { name }] of [definition.ours, ...definition.peers].entries()) {
      variants.push(await start(runner, [bundlePath, String(caseIndex), String(index)], name))
    }
    const present = variants.filter((variant) => variant.missing === undefined)
    const warmUps = 1
    for (let round = -warmUps; round < runs; round++) {
      for (const variant of present) {
        const { value, cpuShare } = await runOnce(variant)
        if (round < 0) continue
        variant.values.push(toUnit(definition.unit, value, variant.operations))
        variant.cpuShares.push(cpuShare)
      }
    }
  } finally {
    await Promise.all(variants.map(stop))
  }
  const [ours, ...peers] = variants.map(resultOf)
  return { ours, peers, runs }
}

async function start(runner: string, args: readonly string[], name: string): Promise<RunningVariant> {
  // No inherited loaders: plain Node, as in production.
  const child = fork(runner, args, { execArgv: ['--expose-gc'], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  const reply = await nextReply(child)
  if (reply.kind === 'ready') return { name, child, operations: reply.operations, values: [], cpuShares: [] }
  if (reply.kind === 'missing') return { name, child, operations: 0, values: [], cpuShares: [], missing: reply.reason }
  // What it opened before it failed would keep it, and with it the whole run.
  child.kill('SIGKILL')
  throw new Error(`${name}: ${'reason' in reply ? reply.reason : 'unexpected answer'}`)
}

async function runOnce({ name, child }: RunningVariant): Promise<{ value: number; cpuShare: number }> {
  child.send('run')
  const reply = await nextReply(child)
  if (reply.kind !== 'measured') throw new Error(`${name}: ${'reason' in reply ? reply.reason : 'unexpected answer'}`)
  return reply
}

function nextReply(child: ChildProcess): Promise<VariantReply> {
  return new Promise((resolve) => {
    const onExit = (code: number | null) => resolve({ kind: 'failed', reason: `its process ended with code ${code}` })
    child.once('exit', onExit)
    child.once('message', (message) => {
      child.off('exit', onExit)
      resolve(message as VariantReply)
    })
  })
}

function stop({ child }: RunningVariant): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve()
  return new Promise((resolve) => {
    const timer = setTimeout(() => child.kill('SIGKILL'), 2_000)
    child.once('exit', () => {
      clearTimeout(timer)
      resolve()
    })
    if (child.connected) child.send('stop')
  })
}

function toUnit(unit: string, measured: number, operations: number): number {
  if (unit === 'ops/s') return (operations / measured) * 1e9
  return measured / operations
}

function resultOf({ name, values, cpuShares, missing }: RunningVariant): VariantResult {
  return missing === undefined ? { name, value: median(values), cpuShare: median(cpuShares) } : { name, missing }
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}
