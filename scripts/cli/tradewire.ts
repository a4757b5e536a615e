#!/usr/bin/env node
/**
 * `npx tradewire …`: the command line of the package, for operators. Built to dist/cli.js; from a checkout without a build
 * it is `npm run journal -- …`.
 */
import { journalCommand, journalUsage } from './journal.js'
import { type Console, exitCodes, explain } from './support.js'

const usage = `tradewire: tools for operators

${journalUsage}`

/** Runs one command line; returns the exit code. Nothing but `console` is written to. */
async function main(args: readonly string[], console: Console): Promise<number> {
  const [topic, ...rest] = args
  if (topic === undefined || topic === 'help' || topic === '--help' || topic === '-h') {
    console.out(usage)
    return topic === undefined ? exitCodes.usage : exitCodes.ok
  }
  if (topic !== 'journal') {
    console.error(`tradewire: there is no command ${JSON.stringify(topic)}; there is: journal\n\n${usage}`)
    return exitCodes.usage
  }
  try {
    return await journalCommand(rest, console)
  } catch (error) {
    return explain(error, console, rest.includes('--json'))
  }
}

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // Whoever read the output has heard enough: `… | head`.
  if (error.code === 'EPIPE') process.exit(exitCodes.ok)
  throw error
})
const console: Console = {
  out: (text) => process.stdout.write(`${text}\n`),
  error: (text) => process.stderr.write(`${text}\n`),
}
main(process.argv.slice(2), console).then((exitCode) => {
  process.exitCode = exitCode
})
