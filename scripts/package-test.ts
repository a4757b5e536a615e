/**
 * Tests what users get: packs the package, installs the tarball into an empty project, and there checks what is in it, its
 * types, and that each entry point loads by import and by require, quietly, on every supported version of Node.
 *
 * `TRADEWIRE_KEEP=1` keeps the project for a look.
 */
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ensureBuilt } from './build.js'
import { entries, neededPackages } from './entries.js'
import { printSummary } from './support/counts.js'
import { root, run } from './support/run.js'

/** Beside the version that runs this: the newest release of the other supported lines, as plain binaries from the registry. */
const otherNodes = ['22.23.3', '24.21.0']

/** Packages that some connector or journal may load, and the core never. */
const optionalPackages = [
  ...['@stoqey/ib', 'zeromq', 'ws', 'yaml', 'ccxt', 'fastify', 'prom-client', 'pg', '@nats-io/transport-node'],
  ...['@nats-io/jetstream', 'libsql', 'better-sqlite3', 'msgpackr', 'pino'],
]

/** What the test of a quiet import must notice, as packages. */
const noisyPackages: Readonly<Record<string, string>> = {
  'loads-an-optional-package': "try { require('ws') } catch {}",
  'starts-a-timer': 'setTimeout(() => {}, 1000)',
  'listens-to-the-process': "process.on('uncaughtException', () => {})",
  'sets-a-global': "globalThis[Symbol.for('a.global')] = 1",
  'loads-child-processes': "require('node:child_process')",
  'loads-native-code': `require(${JSON.stringify(nativeModule())})`,
}

const budget = { direct: 6, transitive: 15 }
const specifiers = entries.map((entry) => entry.specifier)
/** Those that a host imports without installing anything else. */
const plainSpecifiers = specifiers.filter((specifier) => neededPackages[specifier] === undefined)
const counts = { passed: 0, failed: 0, skipped: 0 }

await ensureBuilt()
const project = mkdtempSync(join(tmpdir(), 'tradewire-package-'))
/** A project that installed all optional packages, too. */
const fullProject = mkdtempSync(join(tmpdir(), 'tradewire-package-full-'))
try {
  await testPackage()
} finally {
  if (process.env.TRADEWIRE_KEEP === '1') console.log(`kept ${project}`)
  else for (const folder of [project, fullProject]) rmSync(folder, { recursive: true, force: true })
}
printSummary(counts)

async function testPackage(): Promise<void> {
  const { filename, files } = await pack()
  await test('the tarball holds what it should and nothing else', () => checkFiles(files))
  await install(project, [`./${filename}`])
  const packages = installedPackages()
  await test('few dependencies, no install script, no native code', () => checkDependencies(packages))
  plantDecoys()
  cpSync(join(root, 'test', 'package'), project, { recursive: true })

  const allowed = packages.map((installed) => installed.name)
  for (const { version, binary } of await nodes()) {
    const node = (file: string, ...args: string[]) => runNode(binary, [file, ...args], allowed)
    await test(`Node ${version}: import and require, also both in one process`, () =>
      node('load.mjs', ...plainSpecifiers))
    for (const how of ['import', 'require'])
      await test(`Node ${version}: the conformance kit passes by ${how}`, () => node('kit.mjs', how))
    // Version 20 has no node:sqlite, and the file then does nothing.
    await test(`Node ${version}: a journal in a database of node:sqlite`, () => node('sqlite.mjs'))
    for (const specifier of plainSpecifiers) {
      await test(`Node ${version}: import '${specifier}' is quiet`, () => node('quiet.mjs', 'import', specifier))
      await test(`Node ${version}: require('${specifier}') is quiet`, () => node('quiet.mjs', 'require', specifier))
    }
  }
  await test('npx tradewire: the command line runs, and says how it is used', async () => {
    const output = await succeed('npx', ['--no-install', 'tradewire', 'journal', '--help'])
    if (!output.includes('tradewire journal COMMAND DIRECTORY')) throw new Error(output)
  })
  await testWithOptionalPackages(filename)
  for (const name of Object.keys(noisyPackages)) {
    await test(`control: a package that ${name.replaceAll('-', ' ')} is found out`, async () => {
      const { exitCode } = await run(process.execPath, ['quiet.mjs', 'import', name], {
        cwd: project,
        timeoutMs: 5_000,
      })
      if (exitCode === 0) throw new Error('it passed')
    })
  }
  for (const [where, folder, names] of [
    ['', project, plainSpecifiers],
    [', with the optional packages', fullProject, specifiers],
  ] as const) {
    await test(`types: ESM, node16${where}`, () => compile(folder, names, 'types.mts', 'node16', 'node16'))
    await test(`types: CommonJS, node16${where}`, () => compile(folder, names, 'types.cts', 'node16', 'node16'))
    await test(`types: bundler${where}`, () => compile(folder, names, 'types.ts', 'esnext', 'bundler'))
  }
}

/** Entry points that need optional packages: where they are installed, import and require give the same, on every version of Node. */
async function testWithOptionalPackages(tarball: string): Promise<void> {
  const { peerDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    peerDependencies: Record<string, string>
  }
  const needed = new Set(specifiers.flatMap((specifier) => neededPackages[specifier] ?? []))
  await install(fullProject, [
    join(project, tarball),
    ...[...needed].map((name) => `${name}@${peerDependencies[name]}`),
  ])
  cpSync(join(root, 'test', 'package'), fullProject, { recursive: true })
  for (const { version, binary } of await nodes())
    await test(`Node ${version}: import and require with the optional packages installed`, () =>
      runNode(binary, ['load.mjs', ...specifiers], [], fullProject))
}

/** Some native module of the development tools. */
function nativeModule(): string {
  const folder = join(root, 'node_modules', '@rollup')
  const found = readdirSync(folder, { recursive: true, encoding: 'utf8' }).find((name) => name.endsWith('.node'))
  if (found === undefined) throw new Error('rollup has no native module any more: take another for this control')
  return join(folder, found)
}

async function test(name: string, body: () => void | Promise<void>): Promise<void> {
  try {
    await body()
    counts.passed++
    console.log(`ok     ${name}`)
  } catch (error) {
    counts.failed++
    console.log(`FAILED ${name}\n${String(error instanceof Error ? error.message : error).replaceAll(/^/gm, '    ')}`)
  }
}

async function succeed(
  command: string,
  args: string[],
  env: Record<string, string> = {},
  cwd = project,
): Promise<string> {
  const outcome = await run(command, args, { cwd, env, timeoutMs: 180_000 })
  if (outcome.exitCode !== 0) throw new Error(`${command} ${args.join(' ')}\n${outcome.output}`)
  return outcome.output
}

async function pack(): Promise<{ filename: string; files: string[] }> {
  const output = await succeed('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', project], {}, root)
  const [packed] = JSON.parse(output.slice(output.search(/^\[/m))) as [{ filename: string; files: { path: string }[] }]
  return { filename: packed.filename, files: packed.files.map((file) => file.path) }
}

function checkFiles(files: readonly string[]): void {
  const expected = ['package.json', 'README.md', 'LICENSE', 'CHANGELOG.md', 'SECURITY.md']
  const missing = expected.filter((file) => !files.includes(file))
  const surplus = files.filter(
    (file) => !expected.includes(file) && !/^dist\/[\w-]+\.(js|cjs|d\.ts|d\.cts)$/.test(file),
  )
  if (missing.length > 0 || surplus.length > 0) throw new Error(`missing: ${missing}; surplus: ${surplus}`)
}

async function install(folder: string, packages: string[]): Promise<void> {
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'consumer', private: true }))
  const options = ['--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund']
  await succeed('npm', ['install', ...options, ...packages], {}, folder)
}

interface Installed {
  readonly name: string
  readonly hasInstallScript: boolean
}

/** What came with the package, from npm's own record. */
function installedPackages(): Installed[] {
  const lock = JSON.parse(readFileSync(join(project, 'node_modules', '.package-lock.json'), 'utf8')) as {
    packages: Record<string, { hasInstallScript?: boolean }>
  }
  return Object.entries(lock.packages)
    .map(([path, entry]) => ({
      name: path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length),
      hasInstallScript: entry.hasInstallScript === true,
    }))
    .filter((installed) => installed.name !== 'tradewire')
}

function checkDependencies(packages: readonly Installed[]): void {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>
  }
  const direct = Object.keys(manifest.dependencies).length
  const scripts = packages.filter((installed) => installed.hasInstallScript).map((installed) => installed.name)
  const native = packages.filter(({ name }) => existsSync(join(project, 'node_modules', name, 'binding.gyp')))
  if (direct > budget.direct) throw new Error(`${direct} direct dependencies, at most ${budget.direct}`)
  if (packages.length > budget.transitive) throw new Error(`${packages.length} packages, at most ${budget.transitive}`)
  if (scripts.length > 0 || native.length > 0) throw new Error(`install scripts: ${scripts}; native: ${native.length}`)
}

/** A package by each optional name, and the noisy ones of the controls. */
function plantDecoys(): void {
  for (const name of optionalPackages) {
    plant(name, `(globalThis[Symbol.for('tradewire.test.decoys')] ??= []).push(${JSON.stringify(name)})`)
  }
  for (const [name, code] of Object.entries(noisyPackages)) plant(name, code)
}

function plant(name: string, code: string): void {
  const folder = join(project, 'node_modules', name)
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name, version: '0.0.0', main: 'index.js' }))
  writeFileSync(join(folder, 'index.js'), `${code}\n`)
}

async function nodes(): Promise<{ version: string; binary: string }[]> {
  const found = [{ version: process.versions.node, binary: process.execPath }]
  for (const version of otherNodes) {
    const platform = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`
    const prefix = join(root, 'temp', `node-${version}`)
    const binary = join(prefix, 'node_modules', platform, 'bin', 'node')
    if (!existsSync(binary)) {
      const args = ['install', '--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund', '--prefix', prefix]
      mkdirSync(prefix, { recursive: true })
      const outcome = await run('npm', [...args, `${platform}@${version}`], { cwd: prefix, timeoutMs: 180_000 })
      if (outcome.exitCode !== 0) {
        counts.skipped++
        console.log(`skipped: Node ${version} cannot be had\n${outcome.output}`)
        continue
      }
    }
    found.push({ version, binary })
  }
  return found
}

async function runNode(binary: string, args: string[], allowed: string[], folder = project): Promise<void> {
  const outcome = await run(binary, args, {
    cwd: folder,
    env: { ALLOWED_PACKAGES: JSON.stringify(allowed), NODE_OPTIONS: undefined },
    timeoutMs: 20_000,
  })
  if (outcome.exitCode !== 0) throw new Error(outcome.output)
  // Node 20 says that require() of ESM is experimental when p-retry is required from outside node_modules; nothing else is printed.
  const printed = outcome.output
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.includes('ExperimentalWarning'))
  if (printed.some((line) => !line.includes('--trace-warnings'))) throw new Error(`printed: ${printed.join('\n')}`)
}

async function compile(
  folder: string,
  names: readonly string[],
  file: string,
  module: string,
  moduleResolution: string,
): Promise<void> {
  const imports = names.map((specifier, i) => `import * as entry${i} from '${specifier}'\nconsole.log(entry${i})\n`)
  const source = readFileSync(join(root, 'test', 'package', 'types.ts'), 'utf8')
  writeFileSync(join(folder, file), `${source}\n${imports.join('')}`)
  const compilerOptions = {
    // Types of other packages are theirs to get right.
    ...{
      strict: true,
      noEmit: true,
      skipLibCheck: folder === fullProject,
      target: 'es2022',
      lib: ['es2022', 'esnext.disposable'],
    },
    ...{ types: ['node'], typeRoots: [join(root, 'node_modules', '@types')], module, moduleResolution },
  }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: [file] }))
  await succeed('tsc', ['-p', '.'], {}, folder)
}
