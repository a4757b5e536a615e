/**
 * Where recorded data and reference cases lie. They are not part of the package: suites over them run every file of a
 * known schema that they find, and are skipped with a visible line where the folder is absent.
 */
import { existsSync, readdirSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe } from 'vitest'

const packageRoot = resolve(dirname(fileURLToPath(import.meta.url)), '..', '..')

const variables = {
  data: 'TRADEWIRE_DATA',
  payloads: 'TRADEWIRE_PAYLOADS',
  cases: 'TRADEWIRE_CASES',
  fix: 'TRADEWIRE_FIX',
} as const

/** The kinds of reference material that suites may read. */
export type SharedKind = keyof typeof variables

/** Absolute path of a kind of reference material, whether or not it exists. A relative override counts from the package root. */
export function sharedFolder(kind: SharedKind): string {
  return resolve(packageRoot, process.env[variables[kind]] ?? join('..', 'shared', kind))
}

/** Files below `folder` of a kind (one level) whose name matches; empty where the folder is absent. Sorted by name. */
export function sharedFiles(kind: SharedKind, folder: string, pattern: RegExp): string[] {
  const path = join(sharedFolder(kind), folder)
  if (!existsSync(path)) return []
  return readdirSync(path)
    .filter((name) => pattern.test(name))
    .sort()
    .map((name) => join(path, name))
}

/** `describe` that is skipped, with the reason in its title, where the folder (or the part of it) is absent. */
export function describeShared(title: string, kind: SharedKind, body: () => void, part = ''): void {
  const path = join(sharedFolder(kind), part)
  if (existsSync(path)) describe(title, body)
  else describe.skip(`${title} (skipped: ${variables[kind]} folder ${path} is absent)`, body)
}
