/** The proof: a fresh process replays the journal, and what it finds is compared with the live state, field by field. */
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { countFields, differences, type RecoveredState, type SystemState, type TradingSystemConfig } from 'tradewire'

/** Sections of a state, and what each stands for. */
const sections = {
  orders: 'orders, facts, reservations',
  limitsUsed: 'positions and limits used',
  portfolio: 'positions, profit and loss',
  tradingStates: 'trading states',
  highWater: 'high-water marks of ids',
  names: 'names of accounts, strategies, venues',
} as const satisfies Record<keyof SystemState, string>

/** One section of the comparison. */
export interface SectionProof {
  readonly section: string
  readonly fields: number
  readonly differences: readonly string[]
}

/** Outcome of the comparison. */
export interface Proof {
  readonly isEqual: boolean
  readonly fields: number
  readonly sections: readonly SectionProof[]
  /** Records and bytes of the journal as the other process read them. */
  readonly journal: RecoveredState['journal']
  readonly seconds: number
}

/** Recovers the journal in another process and compares. */
export async function proveRecovery(live: SystemState, directory: string, config: TradingSystemConfig): Promise<Proof> {
  const startedMs = performance.now()
  const output = await runNode([
    fileURLToPath(new URL('recover.ts', import.meta.url)),
    directory,
    JSON.stringify(config),
  ])
  const recovered = JSON.parse(output) as Pick<RecoveredState, 'state' | 'journal'>
  // The live state takes the same way through JSON: what JSON cannot hold would show as a difference otherwise.
  const expected = JSON.parse(JSON.stringify(live)) as SystemState
  const compared = (Object.keys(sections) as (keyof SystemState)[]).map((key) => ({
    section: sections[key],
    fields: countFields(expected[key]),
    differences: differences(expected[key], recovered.state[key], 5, key),
  }))
  return {
    isEqual: compared.every((section) => section.differences.length === 0),
    fields: compared.reduce((sum, section) => sum + section.fields, 0),
    sections: compared,
    journal: recovered.journal,
    seconds: (performance.now() - startedMs) / 1_000,
  }
}

function runNode(args: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    // Its own group: a Ctrl-C that ends the market must not end the proof.
    const child = spawn(process.execPath, ['--import', 'tsx', ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
      detached: true,
    })
    const chunks: Buffer[] = []
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
    child.on('error', reject)
    child.on('close', (code) => {
      if (code === 0) resolve(Buffer.concat(chunks).toString('utf8'))
      else reject(new Error(`the recovering process ended with exit code ${code}`))
    })
  })
}
