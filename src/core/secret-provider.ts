/**
 * Where secrets come from. A host names a secret and a provider fetches it: from the environment, from a file that nobody
 * else can read ({@link fileSecrets}), or from a vault by a function. No provider keeps what it has given.
 */
import { messageOf, TradewireError } from './errors.js'
import { decryptSensitiveValue, type KeySource } from './sealed-value.js'
import { revealSecret, Secret, type SecretInput } from './secret.js'

/** Fetches secrets by their names. */
export interface SecretProvider {
  /**
   * The secret of that name.
   *
   * @throws TradewireError `TW_SECRET_MISSING` where there is none, `TW_SECRET_UNSAFE` where others can read it. No message
   * holds a value.
   */
  get(name: string): Promise<Secret>
}

/** Options of {@link envSecrets}. */
export interface EnvSecretsOptions {
  /** Put before every name, such as `TRADING_`; nothing unless given. */
  prefix?: string
  /** The variables; those of the process unless given. */
  env?: Readonly<Record<string, string | undefined>>
}

/** Secrets from environment variables: `get('FIX_PASSWORD')` reads the variable of that name. No `.env` file is read. */
export function envSecrets(options: EnvSecretsOptions = {}): SecretProvider {
  const { prefix = '', env = process.env } = options
  return {
    async get(name) {
      const variable = prefix + checkedName(name)
      const value = Object.hasOwn(env, variable) ? env[variable] : undefined
      if (value === undefined || value === '') throw missing(name, `the environment variable ${variable} is not set`)
      return new Secret(value)
    },
  }
}

/** Secrets from a function: a vault, a key ring, a prompt. What it throws reaches nobody: its text may hold anything. */
export function callbackSecrets(
  fetch: (name: string) => SecretInput | undefined | Promise<SecretInput | undefined>,
): SecretProvider {
  return {
    async get(name) {
      let value: SecretInput | undefined
      try {
        value = await fetch(checkedName(name))
      } catch (error) {
        // Only the kind of failure: messages of vaults quote requests, and those hold tokens.
        const kind = error instanceof TradewireError ? error.code : error instanceof Error ? error.name : typeof error
        throw missing(name, `the callback failed (${kind})`)
      }
      if (value === undefined || revealSecret(value) === '') throw missing(name, 'the callback knows none')
      return typeof value === 'string' ? new Secret(value) : value
    },
  }
}

/** The first provider that has a secret gives it. One that others can read is an error, not a reason to look further. */
export function firstSecrets(...providers: readonly SecretProvider[]): SecretProvider {
  return {
    async get(name) {
      const reasons: string[] = []
      for (const provider of providers) {
        try {
          return await provider.get(name)
        } catch (error) {
          if (!(error instanceof TradewireError && error.code === 'TW_SECRET_MISSING')) throw error
          reasons.push(messageOf(error))
        }
      }
      throw missing(name, reasons.length === 0 ? 'no provider was given' : 'no provider has it')
    },
  }
}

/** Secrets that are encrypted where they lie; see `encryptSensitiveValue`. The name of a secret is its field. */
export function encryptedSecrets(sealed: SecretProvider, key: KeySource): SecretProvider {
  return {
    async get(name) {
      const text = (await sealed.get(name)).reveal()
      return await decryptSensitiveValue(text, { field: name, key })
    },
  }
}

/** @throws TradewireError `TW_INVALID_ARGUMENT` for a name that could lead elsewhere. */
export function checkedName(name: string): string {
  if (typeof name === 'string' && /^\w[\w.-]{0,127}$/.test(name)) return name
  throw new TradewireError(
    'TW_INVALID_ARGUMENT',
    'A secret is named by 1 to 128 letters, digits, dots, dashes and underscores, not beginning with a dot or dash',
  )
}

/** There is no such secret. */
export function missing(name: string, why: string): TradewireError {
  return new TradewireError('TW_SECRET_MISSING', `There is no secret ${name}: ${why}`, { details: { secret: name } })
}
