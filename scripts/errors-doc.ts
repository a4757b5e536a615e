/**
 * Writes docs/errors.md from the one table of error codes (`--write`), or fails when the page is not current.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type ErrorCodeEntry, errorCodes } from '../src/core/error-codes.js'
import { root } from './support/run.js'

const path = join(root, 'docs', 'errors.md')
const page = `# Error codes

<!-- Generated from src/core/error-codes.ts by npm run docs:errors: change the table there. -->

Every error the library throws on purpose is a \`TradewireError\` with one of these codes. A code never changes its meaning
between releases. *Retryable* says whether the same call may succeed later without a change on your side.

${Object.entries<ErrorCodeEntry>(errorCodes)
  .map(([code, { retryable, meaning, fix }]) => {
    const retry = retryable ? 'yes' : 'no'
    return `## ${code}\n\n${meaning}\n\n* What to do: ${fix}\n* Retryable: ${retry}\n`
  })
  .join('\n')}`

const current = existsSync(path) ? readFileSync(path, 'utf8') : ''
if (process.argv.includes('--write')) {
  mkdirSync(join(root, 'docs'), { recursive: true })
  writeFileSync(path, page)
} else if (current !== page) {
  console.error('docs/errors.md does not match src/core/error-codes.ts: run npm run docs:errors')
  process.exitCode = 1
}
