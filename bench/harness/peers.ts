/** Installs the peers below bench/ when they are absent: they are no dependencies of the project. */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../../scripts/support/run.js'

const folder = join(root, 'bench')

/** Installs what is missing. Says why when that fails: the peers are then reported as missing, and everything else runs. */
export function installPeers(log: (line: string) => void): void {
  const { dependencies } = readJson(join(folder, 'package.json')) as { dependencies: Record<string, string> }
  if (Object.entries(dependencies).every(([name, version]) => installedVersion(name) === version)) return
  log('installing the benchmark peers ...')
  const command = ['ci', '--ignore-scripts', '--no-audit', '--no-fund']
  const outcome = spawnSync('npm', command, { cwd: folder, encoding: 'utf8', timeout: 180_000 })
  if (outcome.status === 0) return
  const reason = outcome.error?.message ?? outcome.stderr.trimEnd()
  log(`npm ci failed in bench/, peers will be missing:\n${reason}`)
}

function installedVersion(name: string): string | undefined {
  const path = join(folder, 'node_modules', name, 'package.json')
  return existsSync(path) ? (readJson(path) as { version: string }).version : undefined
}

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(path, 'utf8'))
}
