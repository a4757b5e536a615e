/**
 * Secrets in files. A file that others can read or write is refused: a secret that leaked once is none any more. The
 * permissions are asked of the open file, not of its name, so that nobody can exchange it in between.
 */
import * as fs from 'node:fs'
import { TradewireError } from './errors.js'
import { Secret } from './secret.js'
import { checkedName, missing, type SecretProvider } from './secret-provider.js'

/** Where the files lie: one of the two. */
export type FileSecretsOptions =
  | {
      /** A folder with a file for every secret, named like it. A line break at the end of the file is no part of the secret. */
      directory: string
    }
  | {
      /** A file with one JSON object: names and texts. */
      file: string
    }

const maxFileBytes = 1_048_576

/**
 * Secrets from files of mode 0600 or 0400 that belong to the user of this process, or to root. On Windows, where modes say
 * nothing, only the size is checked: the folder's access list has to keep others out.
 */
export function fileSecrets(options: FileSecretsOptions): SecretProvider {
  return {
    async get(name) {
      checkedName(name)
      if ('directory' in options) {
        const text = readPrivate(name, `${options.directory}/${name}`).replace(/\r?\n$/, '')
        if (text === '') throw missing(name, 'its file is empty')
        return new Secret(text)
      }
      const value = entryOf(options.file, name, readPrivate(name, options.file))
      if (value === undefined || value === '') throw missing(name, `${options.file} has no text of that name`)
      return new Secret(value)
    },
  }
}

function entryOf(path: string, name: string, text: string): string | undefined {
  const content = parsed(text)
  if (content === undefined) throw new TradewireError('TW_SECRET_DAMAGED', `${path} is no JSON`, { details: { path } })
  if (typeof content !== 'object' || content === null || !Object.hasOwn(content, name)) return undefined
  const value = (content as Record<string, unknown>)[name]
  return typeof value === 'string' ? value : undefined
}

/** What a parser says quotes the text: it is not passed on. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function readPrivate(name: string, path: string): string {
  let descriptor: number
  try {
    descriptor = fs.openSync(path, fs.constants.O_RDONLY | (fs.constants.O_NONBLOCK ?? 0))
  } catch (error) {
    const errno = String((error as { code?: unknown }).code)
    throw missing(name, `${path} cannot be opened: ${errno}`)
  }
  try {
    const stat = fs.fstatSync(descriptor)
    if (!stat.isFile()) throw unsafe(path, 'is no plain file')
    if (stat.size > maxFileBytes) throw unsafe(path, `is larger than ${maxFileBytes} bytes`)
    if (process.platform !== 'win32') {
      const mode = (stat.mode & 0o777).toString(8).padStart(4, '0')
      if ((stat.mode & 0o077) !== 0) throw unsafe(path, `has mode ${mode}: others can reach it; chmod 600`)
      const uid = process.getuid?.()
      if (stat.uid !== 0 && stat.uid !== uid) throw unsafe(path, `belongs to user ${stat.uid}, not to ${uid}`)
    }
    return fs.readFileSync(descriptor, 'utf8')
  } finally {
    fs.closeSync(descriptor)
  }
}

function unsafe(path: string, why: string): TradewireError {
  return new TradewireError('TW_SECRET_UNSAFE', `${path} ${why}`, { details: { path } })
}
