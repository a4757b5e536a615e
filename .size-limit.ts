/**
 * What importing an entry point costs, with all chunks it loads (brotli, dependencies not counted). A budget is raised on
 * purpose, with the change that needs it.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { entries } from './scripts/entries.js'
import { root } from './scripts/support/run.js'

const budgets: Readonly<Record<string, string>> = {
  '.': '520 kB',
  './ring': '20 kB',
  './journal': '24 kB',
  './sim': '170 kB',
  './risk': '90 kB',
  './oms': '180 kB',
  './calendar': '40 kB',
  './execution': '140 kB',
  './tca': '60 kB',
  './fix': '300 kB',
  './fix/messages': '40 kB',
  './ibkr': '200 kB',
  './zmq': '160 kB',
  './zmq-gateway': '40 kB',
  './websocket': '120 kB',
  './journal/sqlite': '60 kB',
  './journal/postgres': '60 kB',
  './testing': '620 kB',
}

/** The files of dist that a file loads, itself included. */
function closure(file: string, seen = new Set<string>()): Set<string> {
  if (seen.has(file)) return seen
  seen.add(file)
  const text = readFileSync(join(root, 'dist', file), 'utf8')
  for (const [, chunk] of text.matchAll(/(?:from|import)\s*['"]\.\/([^'"]+)['"]/g)) closure(chunk as string, seen)
  return seen
}

const checks = entries.map((entry) => ({
  name: entry.specifier,
  path: [...closure(`${entry.name}.js`)].map((file) => `dist/${file}`),
  limit: budgets[entry.subpath] ?? '20 kB',
}))

export default checks
