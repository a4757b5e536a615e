/**
 * The public entry points, in one place. The build, the exports map, the path aliases, the API reports, the size budgets
 * and the tests all derive their lists from here.
 *
 * `tsx scripts/entries.ts` fails when package.json or tsconfig.json disagree; with `--write` it updates them.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { format, isMain, root } from './support/run.js'

/** One subpath of the package. */
export interface Entry {
  /** Subpath as in the exports map, e.g. `'./ring'`. */
  readonly subpath: string
  /** What a host imports, e.g. `'tradewire/ring'`. */
  readonly specifier: string
  /** Name of the files in dist, e.g. `'ring'` for dist/ring.js. */
  readonly name: string
  /** Source file, relative to the package root. */
  readonly source: string
}

const sources: Readonly<Record<string, string>> = {
  '.': 'src/index.ts',
  './ring': 'src/ring/index.ts',
  './journal': 'src/journal/index.ts',
  './sim': 'src/connectors/sim/index.ts',
  './risk': 'src/risk/index.ts',
  './oms': 'src/oms/index.ts',
  './calendar': 'src/calendar/index.ts',
  './execution': 'src/execution/index.ts',
  './tca': 'src/tca/index.ts',
  './fix': 'src/connectors/fix/index.ts',
  './fix/messages': 'src/connectors/fix/messages/index.ts',
  './ibkr': 'src/connectors/ibkr/index.ts',
  './zmq': 'src/connectors/zmq/index.ts',
  './zmq-gateway': 'src/gateways/zmq/index.ts',
  './websocket': 'src/connectors/websocket/index.ts',
  './journal/sqlite': 'src/journal/sqlite/index.ts',
  './journal/postgres': 'src/journal/postgres/index.ts',
  './testing': 'src/testing/index.ts',
}

/** Optional packages that an entry point cannot do without: whoever imports it installs them. */
export const neededPackages: Readonly<Record<string, readonly string[]>> = {
  'tradewire/zmq': ['zeromq', 'msgpackr'],
  'tradewire/zmq-gateway': ['zeromq', 'msgpackr'],
  'tradewire/ibkr': ['@stoqey/ib'],
  'tradewire/websocket': ['ws'],
  'tradewire/journal/postgres': ['pg'],
  'tradewire/journal/sqlite': ['libsql'],
}

/** All entry points whose source exists. package.json lists them too, so one that vanishes fails the check. */
export const entries: readonly Entry[] = Object.entries(sources)
  .filter(([, source]) => existsSync(join(root, source)))
  .map(([subpath, source]) => ({
    subpath,
    specifier: subpath === '.' ? 'tradewire' : `tradewire${subpath.slice(1)}`,
    name: subpath === '.' ? 'index' : subpath.slice(2).replaceAll('/', '-'),
    source,
  }))

/** Each specifier and the absolute path of its source: aliases for everything that runs from source. */
export const aliases: Readonly<Record<string, string>> = Object.fromEntries(
  entries.map((entry) => [entry.specifier, join(root, entry.source)]),
)

/** The files in dist that an entry point promises. */
export function distFiles(entry: Entry): string[] {
  return ['js', 'cjs', 'd.ts', 'd.cts'].map((extension) => `dist/${entry.name}.${extension}`)
}

/** The exports map of package.json: import and require, each with types of its own. */
export function exportsMap(): Record<string, unknown> {
  const conditions = (name: string) => ({
    import: { types: `./dist/${name}.d.ts`, default: `./dist/${name}.js` },
    require: { types: `./dist/${name}.d.cts`, default: `./dist/${name}.cjs` },
  })
  return {
    ...Object.fromEntries(entries.map((entry) => [entry.subpath, conditions(entry.name)])),
    './package.json': './package.json',
  }
}

/** `compilerOptions.paths` of tsconfig.json: the package's own name means its source, for examples and tests run with tsx. */
function pathAliases(): Record<string, string[]> {
  return Object.fromEntries(entries.map((entry) => [entry.specifier, [`./${entry.source}`]]))
}

function main(write: boolean): void {
  const files = [
    { file: 'package.json', update: (json: Json) => ({ ...json, exports: exportsMap() }) },
    {
      file: 'tsconfig.json',
      update: (json: Json) => ({
        ...json,
        compilerOptions: { ...(json.compilerOptions as Json), paths: pathAliases() },
      }),
    },
  ]
  for (const { file, update } of files) {
    const path = join(root, file)
    const json = JSON.parse(readFileSync(path, 'utf8')) as Json
    const updated = update(json)
    if (JSON.stringify(updated) === JSON.stringify(json)) continue
    if (!write)
      throw new Error(`${file} does not list the entry points of scripts/entries.ts: run npm run entries:update`)
    writeFileSync(path, format(file, JSON.stringify(updated, null, 2)))
    console.log(`updated ${file}`)
  }
}

type Json = Record<string, unknown>

if (isMain(import.meta.url)) main(process.argv.includes('--write'))
