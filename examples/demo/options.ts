/** The command line of the demo. */
import { parseArgs } from 'node:util'
import { number, UsageError } from '../support/console.js'

/** What the demo was asked to do. */
export interface DemoOptions {
  /** Recorded data; a synthetic market where absent. */
  data: string | undefined
  seed: number
  /** Seconds of market time; undefined = to the end of the data. */
  durationS: number | undefined
  /** Directory of the journal; a temporary one where absent. */
  journal: string | undefined
  skipBadRows: boolean
  json: boolean
}

const help = `npm run demo -- [options]

  --data FILE|FOLDER   replay recorded data instead of a synthetic market
  --seed N             seed of everything random (1)
  --duration SECONDS   market time to run (synthetic: 3600; data: to the end)
  --journal DIR        where the journal goes; must not hold one yet (a temporary directory)
  --skip-bad-rows      count rows that do not fit their format and go on
  --json               print the results as one JSON object`

/** Reads the arguments; undefined when only help was asked for. @throws for an argument that is none. */
export function demoOptions(args: string[]): DemoOptions | undefined {
  const { values } = parseArgs({
    args,
    options: {
      data: { type: 'string' },
      seed: { type: 'string', default: '1' },
      duration: { type: 'string' },
      journal: { type: 'string' },
      'skip-bad-rows': { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) {
    console.log(help)
    return undefined
  }
  return {
    data: values.data,
    seed: wholeNumber('--seed', values.seed, 0),
    durationS: values.duration === undefined ? undefined : wholeNumber('--duration', values.duration, 1),
    journal: values.journal,
    skipBadRows: values['skip-bad-rows'],
    json: values.json,
  }
}

function wholeNumber(name: string, text: string, least: number): number {
  const value = Number(text)
  if (Number.isSafeInteger(value) && value >= least) return value
  throw new UsageError(`${name} must be a whole number of at least ${number(least)}, got ${text}`)
}
