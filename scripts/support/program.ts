/**
 * The command line of a program of this project: `--help` tells how it is used, wrong use is one line with the usage and exit
 * code 2, and what goes wrong later is told without a stack where the message says what to do.
 */
import type { ParseArgsConfig, parseArgs } from 'node:util'
import { optionsOf, UsageError } from '../cli/support.js'

type Options = NonNullable<ParseArgsConfig['options']>
type Parsed<O extends Options> = ReturnType<typeof parseArgs<{ options: O; allowPositionals: true }>>

const help = { type: 'boolean', short: 'h', default: false } as const

/** Errors of the machine whose message says it all. */
const plainErrors = /^(?:TW_|EADDRINUSE|EADDRNOTAVAIL|EACCES|ENOENT|ENOTDIR|EISDIR)/

/** A program with a usage, by which it refuses. */
export class Program {
  readonly #usage: string

  /** `usage`: how to call it, without the word. */
  constructor(usage: string) {
    this.#usage = usage
    process.on('uncaughtException', (error: NodeJS.ErrnoException) => {
      console.error(plainErrors.test(String(error.code)) ? error.message : error)
      process.exit(1)
    })
  }

  /** Reads options and, where `positionals` allows them, what stands beside. Ends the process on `--help` and on wrong use. */
  read<const O extends Options>(options: O, { positionals = false } = {}): Parsed<O> {
    try {
      const parsed = optionsOf(process.argv.slice(2), { ...options, help })
      if ((parsed.values as { help?: boolean }).help) {
        console.log(`usage: ${this.#usage}`)
        process.exit(0)
      }
      if (!positionals && parsed.positionals.length > 0) this.refuse(`there is no argument ${parsed.positionals[0]}`)
      return parsed as unknown as Parsed<O>
    } catch (error) {
      if (!(error instanceof UsageError)) throw error
      return this.refuse(error.message.split('. ')[0] as string)
    }
  }

  /** A number from an option. */
  number(name: string, text: string, least: number, most = Number.MAX_SAFE_INTEGER): number {
    const value = text.trim() === '' ? Number.NaN : Number(text)
    if (value >= least && value <= most) return value
    return this.refuse(`--${name} must be a number from ${least}${upTo(most)}, got ${JSON.stringify(text)}`)
  }

  /** A whole number from an option. */
  wholeNumber(name: string, text: string, least: number, most = Number.MAX_SAFE_INTEGER): number {
    const value = text.trim() === '' ? Number.NaN : Number(text)
    if (Number.isSafeInteger(value) && value >= least && value <= most) return value
    return this.refuse(`--${name} must be a whole number from ${least}${upTo(most)}, got ${JSON.stringify(text)}`)
  }

  /** Ends the process: it was called in a way that it does not know. */
  refuse(problem: string): never {
    console.error(`${problem}\nusage: ${this.#usage}`)
    process.exit(2)
  }
}

function upTo(most: number): string {
  return most === Number.MAX_SAFE_INTEGER ? '' : ` to ${most}`
}
