/**
 * Writes docs/order-states.md from the rules of the order machine (`--write`), or fails when the page is not current.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { StatusCode } from '../src/orders/codes.js'
import { eventTable } from '../src/orders/event-table.js'
import { isClosed, lifecycleRules } from '../src/orders/lifecycle.js'
import { root } from './support/run.js'

const path = join(root, 'docs', 'order-states.md')
const page = `# Order states

<!-- Generated from src/orders/lifecycle.ts and src/orders/event-table.ts by npm run docs:order-states: change the tables there. -->

The status of an order is computed from the set of facts known about it; it is never stepped from one value to the next.
Late, repeated and reordered events therefore lead to the same status.

## From facts to a life cycle

The first rule that holds names the life cycle.

| Life cycle | Holds when | |
|---|---|---|
${lifecycleRules.map(({ status, when }) => `| ${status} | ${when} | ${isClosed(StatusCode[status]) ? 'closed' : ''} |`).join('\n')}

While the life cycle is open, a cancel under way shows as PENDING_CANCEL, an update under way as PENDING_UPDATE.

* *filled* is the sum of all trades less busts, as corrected, with what is left of inferred ones;
* *leaves* is the confirmed quantity less *filled*, never below zero;
* a fill after the end of an order, more than was asked for, an execution id with other terms, or a report after a
  rejection counts like any other and is told as an anomaly.

## Events and the facts they add

| Event | Fact it adds | Beside that |
|---|---|---|
${eventTable.map(({ event, fact, beside }) => `| ${event} | ${fact} | ${beside} |`).join('\n')}
`

const current = existsSync(path) ? readFileSync(path, 'utf8') : ''
if (process.argv.includes('--write')) {
  mkdirSync(join(root, 'docs'), { recursive: true })
  writeFileSync(path, page)
} else if (current !== page) {
  console.error('docs/order-states.md does not match src/orders: run npm run docs:order-states')
  process.exitCode = 1
}
