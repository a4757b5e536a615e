/**
 * Canaries: secrets that stand nowhere else, and the collection of everything a process lets out, to be searched for them.
 */
import { randomBytes } from 'node:crypto'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { inspect } from 'node:util'
import type { Logger } from '../../src/core/logger.js'

/** Secrets by the place they were put. */
export class Canaries {
  readonly #values = new Map<string, string>()

  /** A new one for a place. It has no word in it that could stand anywhere by chance. */
  plant(place: string): string {
    const value = `canary${randomBytes(9).toString('hex')}`
    this.#values.set(place, value)
    return value
  }

  /** Takes a value that somebody else made, such as a key pair. */
  take(place: string, value: string): string {
    this.#values.set(place, value)
    return value
  }

  get places(): string[] {
    return [...this.#values.keys()]
  }

  /** Which canaries stand in a text, in any form that secrets travel in. */
  findIn(text: string): string[] {
    const found: string[] = []
    for (const [place, value] of this.#values) {
      const bytes = Buffer.from(value)
      const forms = [
        value,
        bytes.toString('base64').replace(/=+$/, ''),
        bytes.toString('hex'),
        encodeURIComponent(value),
      ]
      if (forms.some((form) => text.includes(form))) found.push(place)
    }
    return found
  }
}

/** Everything that was let out, by where. */
export class Outputs {
  readonly #texts: { where: string; text: string }[] = []

  /** Keeps a value as every program would show it. */
  add(where: string, value: unknown): void {
    this.#keep(where, inspect(value, { depth: 8, showHidden: true, maxArrayLength: 200, maxStringLength: null }))
    if (typeof value === 'string') this.#keep(where, value)
    for (const show of [JSON.stringify, String, (each: unknown) => inspect(structuredClone(each), { depth: 8 })])
      try {
        this.#keep(where, String(show(value)))
      } catch {
        // Cycles, functions: it cannot leave this way.
      }
    if (value instanceof Error) {
      this.#keep(where, `${value.stack} ${value.message}`)
      if (value.cause !== undefined) this.add(`${where}, cause`, value.cause)
    }
  }

  /** All files below a folder. Returns how many bytes there were. */
  addFiles(where: string, folder: string): number {
    let bytes = 0
    for (const name of readdirSync(folder)) {
      const path = join(folder, name)
      if (statSync(path).isDirectory()) bytes += this.addFiles(where, path)
      else {
        const content = readFileSync(path)
        bytes += content.length
        this.#keep(`${where} ${name}`, content.toString('latin1'))
      }
    }
    return bytes
  }

  /** A logger that keeps every line of every level. */
  logger(bindings: unknown = {}): Logger {
    const method = (level: string) => (fields: unknown, message?: string) =>
      this.add(`log ${level}`, [bindings, fields, message])
    return {
      debug: method('debug'),
      info: method('info'),
      warn: method('warn'),
      error: method('error'),
      child: (more) => this.logger({ ...(bindings as object), ...more }),
    }
  }

  count(where: string): number {
    return this.#texts.filter((each) => each.where.startsWith(where)).length
  }

  /** Where canaries got out: `where: place`, each once. */
  leaks(canaries: Canaries): string[] {
    const leaks = new Set<string>()
    for (const { where, text } of this.#texts)
      for (const place of canaries.findIn(text)) leaks.add(`${where}: ${place}`)
    return [...leaks]
  }

  #keep(where: string, text: string): void {
    this.#texts.push({ where, text })
  }
}
