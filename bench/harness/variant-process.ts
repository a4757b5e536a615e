/**
 * A process of its own for one variant, so that no other variant shapes its compiled code. It prepares the variant that
 * its arguments name (bundle, index of the case, index of the variant: 0 is ours) and then runs it on every message.
 */
import { pathToFileURL } from 'node:url'
import { type Benchmark, PeerMissing } from '../types.js'

/** What the process answers. */
export type VariantReply =
  | { kind: 'ready'; operations: number }
  | { kind: 'missing'; reason: string }
  | { kind: 'failed'; reason: string }
  | { kind: 'measured'; value: number; cpuShare: number }

const reply = (message: VariantReply): void => void process.send?.(message)

async function main([path, caseIndex, variantIndex]: string[]): Promise<void> {
  const { benchmark } = (await import(pathToFileURL(path).href)) as { benchmark: Benchmark }
  const { ours, peers } = (await benchmark.cases())[Number(caseIndex)]
  const prepared = await [ours, ...peers][Number(variantIndex)].prepare()
  reply({ kind: 'ready', operations: prepared.operations })
  process.on('message', async (message) => {
    if (message === 'stop') {
      await prepared.dispose?.()
      process.disconnect()
      return
    }
    try {
      reply(await measured(prepared.run))
    } catch (error) {
      fail(error)
    }
  })
}

/** A run, and the share of its time in which this process had a processor: less than 1 where others took it, or it waited. */
async function measured(run: () => number | Promise<number>): Promise<VariantReply> {
  const startedNs = process.hrtime.bigint()
  const before = process.cpuUsage()
  const value = await run()
  const { user, system } = process.cpuUsage(before)
  const elapsedUs = Number(process.hrtime.bigint() - startedNs) / 1_000
  return { kind: 'measured', value, cpuShare: (user + system) / elapsedUs }
}

function fail(error: unknown): void {
  // The bundle has a copy of the class of its own.
  const isMissing = error instanceof PeerMissing || (error as Error | undefined)?.constructor.name === 'PeerMissing'
  const reason = error instanceof Error ? error.message : String(error)
  reply({ kind: isMissing ? 'missing' : 'failed', reason })
  process.exitCode = 1
}

main(process.argv.slice(2)).catch((error: unknown) => {
  fail(error)
  process.disconnect()
})
