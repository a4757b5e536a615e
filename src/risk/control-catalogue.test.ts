/** The catalogue of controls names what there is: files, tests, codes, and every control once. */
import { existsSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { controlCatalogue } from './control-catalogue.js'
import { controls } from './controls.js'

const at = (path: string) => new URL(`../../${path}`, import.meta.url)

it('the catalogue has all 36 controls, in order', () => {
  expect(controlCatalogue.map(({ id }) => id)).toEqual(
    Array.from({ length: 36 }, (_, i) => `C${String(i + 1).padStart(2, '0')}`),
  )
})

it('every test that the catalogue names is there, by file and title', () => {
  const missing = controlCatalogue.filter(({ test: [file, title] }) => {
    if (!existsSync(at(file))) return true
    const text = readFileSync(at(file), 'utf8')
    return !text.includes(`describe('${title}'`) && !text.includes(`it('${title}'`)
  })
  expect(missing.map(({ id, test }) => `${id}: ${test.join(', ')}`)).toEqual([])
})

it('every source that the catalogue names is there', () => {
  const files = controlCatalogue.flatMap(({ source }) => source.split(', '))
  expect(files.filter((file) => !existsSync(at(`src/${file}`)))).toEqual([])
})

it('every refusal of the gate belongs to a control of the catalogue', () => {
  const named = new Set(controlCatalogue.flatMap(({ refusals }) => refusals))
  const others = Object.keys(controls).filter((name) => !named.has(name as keyof typeof controls))
  expect(others).toEqual(['ownCheck'])
})
