/** docs/reliability.md names tests and commands that exist, and leaves no fault or invariant out. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { root } from '../../scripts/support/run.js'

const text = readFileSync(join(root, 'docs', 'reliability.md'), 'utf8')
const scripts = (JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: Record<string, string> })
  .scripts

describe('docs/reliability.md', () => {
  it('names files that exist', () => {
    const paths = [...text.matchAll(/`((?:src|test)\/[\w./-]+\.ts)`/g)].map(([, path]) => path as string)
    expect(paths.length).toBeGreaterThan(40)
    expect(paths.filter((path) => !existsSync(join(root, path)))).toEqual([])
    const folders = [...text.matchAll(/npx vitest run ((?:(?:src|test)\/\S+ ?)+)/g)].flatMap(([, list = '']) =>
      list.replaceAll('`', '').trim().split(' '),
    )
    expect(folders.length).toBeGreaterThan(5)
    expect(folders.filter((path) => !existsSync(join(root, path)))).toEqual([])
  })

  it('names tests that are in them', () => {
    const named = [...text.matchAll(/`((?:src|test)\/[\w./-]+\.ts)` \(?"([^"]+)"/g)]
    expect(named.length).toBeGreaterThan(30)
    const missing = named.filter(([, path = '', title = '']) => !readFileSync(join(root, path), 'utf8').includes(title))
    expect(missing.map(([, path, title]) => `${path}: ${title}`)).toEqual([])
  })

  it('names scripts that exist', () => {
    const names = [...text.matchAll(/npm run ([\w:]+)/g)].map(([, name]) => name as string)
    expect(names.filter((name) => scripts[name] === undefined)).toEqual([])
  })

  it('covers every fault and every invariant', () => {
    const ids = new Set([...text.matchAll(/^\| ([FI]\d+) \|/gm)].map(([, id]) => id))
    const wanted = [
      ...Array.from({ length: 38 }, (_, n) => `F${String(n + 1).padStart(2, '0')}`),
      ...Array.from({ length: 10 }, (_, n) => `I${n + 1}`),
    ]
    expect(wanted.filter((id) => !ids.has(id))).toEqual([])
  })
})
