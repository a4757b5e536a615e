/**
 * Writes docs/risk.md from the table of pre-trade controls (`--write`), or fails when the page is not current.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Control, controls } from '../src/risk/controls.js'
import { root } from './support/run.js'

const path = join(root, 'docs', 'risk.md')
const id = (control: Control) => `C${String(control.number).padStart(2, '0')}`
const page = `# Pre-trade controls

<!-- Generated from src/risk/controls.ts by npm run docs:risk: change the table there. -->

Every new and every changed order passes these controls, in this order of numbers, directly before it is sent; cancels
pass none. An order that fails one ends DENIED with the code and never leaves. What cannot be decided (no price, no rate)
is refused. An order exactly at a limit passes, one unit beyond it does not. A change is checked as the order it would
become; one that only takes quantity away passes every limit.

An order reserves what it may still trade from its approval until the venue says that it is over; one of unknown fate keeps
its reservation.

| Control | Code | Rule | Source |
|---|---|---|---|
${Object.values<Control>(controls)
  .map((control) => `| ${id(control)} | \`${control.code}\` | ${control.rule} | ${control.source} |`)
  .join('\n')}
`

const current = existsSync(path) ? readFileSync(path, 'utf8') : ''
if (process.argv.includes('--write')) {
  mkdirSync(join(root, 'docs'), { recursive: true })
  writeFileSync(path, page)
} else if (current !== page) {
  console.error('docs/risk.md does not match src/risk/controls.ts: run npm run docs:risk')
  process.exitCode = 1
}
