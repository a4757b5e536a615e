/**
 * The lint and the layer rules are tests of the code; this is the test of them: in a project of its own with the real
 * configuration, each kind of forbidden code must be reported, and allowed code must not.
 */
import { spawnSync } from 'node:child_process'
import { copyFileSync, cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..', '..')
const binary = (name: string) => join(root, 'node_modules', '.bin', name)
let project = ''

beforeAll(() => {
  project = mkdtempSync(join(tmpdir(), 'tradewire-lint-'))
  for (const file of ['biome.json', '.dependency-cruiser.cjs', 'tsconfig.json', 'package.json'])
    copyFileSync(join(root, file), join(project, file))
  cpSync(join(root, 'lint'), join(project, 'lint'), { recursive: true })
  symlinkSync(join(root, 'node_modules'), join(project, 'node_modules'))
})

afterAll(() => rmSync(project, { recursive: true, force: true }))

/** Writes a project of just these files. */
function write(files: Readonly<Record<string, string>>): void {
  rmSync(join(project, 'src'), { recursive: true, force: true })
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(project, file)), { recursive: true })
    writeFileSync(join(project, file), `${text}\n`)
  }
}

function lint(files: Readonly<Record<string, string>>): string[] {
  write(files)
  const result = spawnSync(
    binary('biome'),
    ['lint', '--error-on-warnings', '--max-diagnostics=500', '--reporter=github', 'src'],
    { cwd: project, encoding: 'utf8' },
  )
  const found = [...result.stdout.matchAll(/file=([^,]+),line=(\d+).*?::(.*)/g)].map(
    ([, file, line, message]) => `${file?.replace(/^.*src\//, 'src/')}:${line}: ${message}`,
  )
  expect(result.status, result.stdout + result.stderr).toBe(found.length === 0 ? 0 : 1)
  return found
}

function layers(files: Readonly<Record<string, string>>, config = '.dependency-cruiser.cjs'): string[] {
  write(files)
  const result = spawnSync(binary('depcruise'), ['--config', config, '--output-type', 'json', 'src'], {
    cwd: project,
    encoding: 'utf8',
  })
  const { summary } = JSON.parse(result.stdout) as { summary: { violations: { rule: { name: string } }[] } }
  return [...new Set(summary.violations.map((violation) => violation.rule.name))].sort()
}

/** One line of forbidden code each. */
const forbiddenOutsideCore = [
  'export const a = Date.now()',
  'export const a = [1].map(Date.now)',
  "export const a = Date['now']()",
  'export const a = new Date()',
  'export const a = Date()',
  'const { now } = Date; export const a = now()',
  'const D = Date; export const a = D.now()',
  'export const a = performance.now()',
  'export const a = process.hrtime()',
  'export const a = process.env.HOME',
  'export const a = Math.random()',
  'const { random } = Math; export const a = random()',
  'export const a = crypto.randomUUID()',
  'setTimeout(() => {}, 5)',
  'setInterval(() => {}, 5)',
  'setImmediate(() => {})',
  'globalThis.setTimeout(() => {}, 5)',
  "export const a = fetch('http://localhost')",
  "import { readFileSync } from 'node:fs'; export const a = readFileSync",
  "import { readFileSync } from 'fs'; export const a = readFileSync",
  "import { readFile } from 'node:fs/promises'; export const a = readFile",
  "import { connect } from 'node:net'; export const a = connect",
  "import { connect } from 'node:tls'; export const a = connect",
  "import { createSocket } from 'node:dgram'; export const a = createSocket",
  "import { setTimeout as sleep } from 'node:timers/promises'; export const a = sleep",
  "import { performance as p } from 'node:perf_hooks'; export const a = p.now()",
  "import { randomUUID } from 'node:crypto'; export const a = randomUUID()",
]

const forbiddenEverywhere = [
  "import { spawn } from 'node:child_process'; export const a = spawn",
  "import { runInNewContext } from 'node:vm'; export const a = runInNewContext",
  "import { deserialize } from 'node:v8'; export const a = deserialize",
  "export const a = eval('1')",
  "export const a = new Function('return 1')",
  'export const a = (name: string) => import(name)',
  "export const a = require('tradewire')",
  'process.exit(1)',
  "process.on('uncaughtException', () => {})",
  "process.kill(1, 'SIGTERM')",
  'export const a = { rejectUnauthorized: false }',
  'export const a = Math.exp(1)',
  "console.log('a')",
  'const a = 1; export default a',
]

const allowed = [
  'export const a = new Date(0).getUTCFullYear() + Date.UTC(2026, 0, 1)',
  'export const a = Math.sqrt(2) + Math.floor(1.5)',
  "import { createHash } from 'node:crypto'; export const a = createHash",
  'export const a = (clock: { now(): number }) => clock.now()',
]

const asFiles = (folder: string, lines: readonly string[]) =>
  Object.fromEntries(lines.map((line, i) => [`src/${folder}/case-${i}.ts`, line]))
const reported = (messages: readonly string[]) =>
  new Set(messages.map((message) => message.slice(0, message.indexOf(':'))))

describe('lint', () => {
  it('bans clocks, timers, randomness, files and sockets outside core', () => {
    const files = asFiles('market', forbiddenOutsideCore)
    const found = reported(lint(files))
    expect(Object.entries(files).filter(([file]) => !found.has(file))).toEqual([])
  })

  it('lets core reach them', () => {
    const ports = forbiddenOutsideCore.filter(
      (line) => /Date\.now\(\)|hrtime|randomUUID|^set|node:(fs|net|tls)'/.test(line) && !line.includes('const D'),
    )
    expect(ports.length).toBeGreaterThan(8)
    expect(lint(asFiles('core', ports))).toEqual([])
  })

  it('bans code from text, other processes and global handlers even in core', () => {
    for (const folder of ['core', 'market']) {
      const files = asFiles(folder, forbiddenEverywhere)
      const found = reported(lint(files))
      expect(Object.entries(files).filter(([file]) => !found.has(file))).toEqual([])
    }
  })

  it('lets other code pass', () => {
    expect(lint(asFiles('market', allowed))).toEqual([])
  })

  it('wants the extension of relative imports', () => {
    const files = {
      'src/market/a.ts': "import { b } from './b'; export const a = b",
      'src/market/b.ts': 'export const b = 1',
    }
    expect(lint(files)).toHaveLength(1)
  })
})

describe('layers', () => {
  const b = 'export const b = 1'
  const importing = (path: string) => `import { b } from '${path}'\nexport const a = b`

  it('lets imports go down', () => {
    expect(layers({ 'src/oms/a.ts': importing('../core/b.js'), 'src/core/b.ts': b })).toEqual([])
  })

  it('refuses imports that go up, types too', () => {
    expect(layers({ 'src/core/a.ts': importing('../oms/b.js'), 'src/oms/b.ts': b })).toEqual(['layer-0'])
    const type = "import type { B } from '../system/b.js'\nexport type A = B"
    expect(layers({ 'src/market/a.ts': type, 'src/system/b.ts': 'export type B = 1' })).toEqual(['layer-2'])
  })

  it('refuses cycles of modules at run time, and of folders', () => {
    const inA = "import { b } from './b.js'\nexport const a = () => b"
    const cycle = { 'src/core/a.ts': inA, 'src/core/b.ts': "import { a } from './a.js'\nexport const b = a" }
    expect(layers(cycle, 'lint/runtime-imports.cjs')).toEqual(['no-cycle'])
    const byType = {
      'src/core/a.ts': inA,
      'src/core/b.ts': "import type { a } from './a.js'\nexport const b = 1 as unknown as typeof a",
    }
    expect([...layers(byType), ...layers(byType, 'lint/runtime-imports.cjs')]).toEqual([])
    const folders = {
      'src/market/a.ts': importing('../journal/b.js'),
      'src/journal/b.ts': b,
      'src/journal/c.ts': "import { d } from '../market/d.js'\nexport const c = d",
      'src/market/d.ts': 'export const d = 1',
    }
    expect(layers(folders)).toEqual(['no-folder-cycle'])
  })

  it('keeps connectors apart', () => {
    expect(layers({ 'src/connectors/x/a.ts': importing('../y/b.js'), 'src/connectors/y/b.ts': b })).toEqual([
      'connectors-stand-alone',
    ])
    expect(layers({ 'src/connectors/x/a.ts': importing('../../risk/b.js'), 'src/risk/b.ts': b })).toEqual([
      'connectors-below-orders',
    ])
    expect(layers({ 'src/oms/a.ts': importing('../execution/b.js'), 'src/execution/b.ts': b })).toEqual([
      'oms-below-execution',
    ])
  })

  it('keeps packages and node modules where they belong', () => {
    const decimal = "import { Decimal } from 'decimal.js'\nexport const a = Decimal"
    expect(layers({ 'src/model/decimal.ts': decimal })).toEqual([])
    expect(layers({ 'src/ring/a.ts': decimal })).toEqual(['home-of-decimal.js'])
    expect(layers({ 'src/core/a.ts': "import ts from 'typescript'\nexport const a = ts" })).toEqual(['known-package'])
    expect(layers({ 'src/ring/a.ts': "import { cpus } from 'node:os'\nexport const a = cpus" })).toEqual([
      'pure-folders',
    ])
    expect(layers({ 'src/new/a.ts': b })).toEqual([])
    expect(layers({ 'src/new/a.ts': importing('../core/b.js'), 'src/core/b.ts': b })).toEqual(['known-folder'])
  })

  it('keeps retries off the order path, at run time', () => {
    const files = {
      'src/connector/b.ts': "import retry from 'p-retry'\nexport const b = retry\nexport type B = 1",
      'src/oms/a.ts': importing('../connector/b.js'),
    }
    expect(layers(files, 'lint/runtime-imports.cjs')).toEqual(['no-retry-on-the-order-path'])
    const byType = { ...files, 'src/oms/a.ts': "import type { B } from '../connector/b.js'\nexport type A = B" }
    expect(layers(byType, 'lint/runtime-imports.cjs')).toEqual([])
  })
})
