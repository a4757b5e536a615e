/**
 * `npm run fix:load [-- --rate N] [--seconds N] [--no-resend]`: sustained load and a long resend over loopback, file stores on both
 * sides, the venue in a process of its own. 50,000 messages a second for a minute unless told otherwise, then 100,000 messages
 * resent. Fails when a message is lost or out of order, when the pace is not kept, or when a turn of the loop takes over 50 ms.
 */
import { loadavg } from 'node:os'
import { pathToFileURL } from 'node:url'
import { bundle } from '../bench/harness/bundle.js'
import { Program } from './support/program.js'

/** Milliseconds that a turn of the loop may take. */
const LONGEST_TURN_MS = 50
const source = 'bench/fix/fix-load.ts'

const program: Program = new Program('npm run fix:load -- [--rate N] [--seconds N] [--no-resend]')
const { values } = program.read({
  rate: { type: 'string', default: '50000' },
  seconds: { type: 'string', default: '60' },
  'no-resend': { type: 'boolean', default: false },
})
const rate = program.number('rate', values.rate, 1)
const seconds = program.number('seconds', values.seconds, 1)
// What tsx makes of the sources is slower than what runs.
const module = pathToFileURL(bundle([source]).get(source) as string).href
const { sustain, longestStallMs } = (await import(module)) as typeof import('../bench/fix/fix-load.js')

const failures: string[] = []
console.log(`load of the machine before: ${loadavg()[0]?.toFixed(1)}`)
const load = await sustain(rate, seconds)
const perSecond = load.messages / load.seconds
console.log(
  `${load.messages} messages in ${load.seconds.toFixed(1)} s: ${perSecond.toFixed(0)} a second (${load.poorestSecond} in the poorest one), ` +
    `${load.strays} lost or out of order, longest turn ${load.longestTurnMs.toFixed(1)} ms, at most ${load.longestQueue} behind`,
)
if (load.strays > 0) failures.push('messages were lost or out of order')
if (perSecond < 0.98 * rate) failures.push(`the pace of ${rate} a second was not kept`)
if (!values['no-resend']) {
  const longestMs = await longestStallMs()
  console.log(`100,000 messages resent: longest turn of the loop ${longestMs.toFixed(1)} ms`)
  if (longestMs > LONGEST_TURN_MS) failures.push(`a turn of the loop took over ${LONGEST_TURN_MS} ms`)
}
console.log(`load of the machine after: ${loadavg()[0]?.toFixed(1)}`)
for (const failure of failures) console.error(`FAILED ${failure}`)
if (failures.length > 0) process.exitCode = 1
