/**
 * Writes docs/ibkr-codes.md from the table of codes of the IBKR connector (`--write`), or fails when the page is not current.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TwsCode, type TwsCodeClass, twsCodes } from '../src/connectors/ibkr/codes.js'
import { root } from './support/run.js'

const classes: Readonly<Record<TwsCodeClass, string>> = {
  information: 'Nothing is wrong. Told by `notices`, nothing else follows.',
  warning: 'Something is odd. An order goes on working, a request goes on.',
  order:
    'The new order is rejected, or the change that waits for its answer is. An order that works is never ended by it.',
  cancel: 'The cancel that waits for its answer is refused; the order is as it was.',
  request: 'The question or the stream is refused: its promise rejects with `TW_NOT_SUPPORTED` and the words of TWS.',
  connectivity: 'Data or servers are away or back. The connection stays; streams are stale until something comes.',
  fatal: 'The attempt to connect failed, or the connection is over; the next attempt follows.',
}

const row = ([code, { class: kind, meaning, then = '' }]: [string, TwsCode]) =>
  `| ${code} | ${kind} | ${meaning} | ${then} |`
const page = `# Codes of Interactive Brokers

<!-- Generated from src/connectors/ibkr/codes.ts by npm run docs:ibkr: change the table there. -->

TWS sends everything as an "error": news about farms, warnings about orders that work, refusals. The event \`notice\` of
\`IbkrConnector.notices\` tells each code with its class, and the class says what follows. The option \`codes\` of the connector
adds codes or changes what they mean; \`classOf\` is the rule.

| class | what follows |
|---|---|
${Object.entries(classes)
  .map(([name, text]) => `| ${name} | ${text} |`)
  .join('\n')}

A code that is not listed is a warning from 2100 to 2199, information where it belongs to no request, a warning about an order,
and the refusal of a request. It never ends an order: one that may work must not be taken for refused.

| code | class | meaning | what the connector does |
|---:|---|---|---|
${Object.entries(twsCodes).map(row).join('\n')}
`

const path = join(root, 'docs', 'ibkr-codes.md')
const current = existsSync(path) ? readFileSync(path, 'utf8') : ''
if (process.argv.includes('--write')) writeFileSync(path, page)
else if (current !== page) {
  console.error('docs/ibkr-codes.md does not match src/connectors/ibkr/codes.ts: run npm run docs:ibkr')
  process.exitCode = 1
}
