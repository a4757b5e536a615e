/** What a Logon carries to prove who we are, and the check of it. No message of an error holds a value. */
import { TradewireError } from '../../../core/errors.js'
import { revealSecret, type SecretInput } from '../../../core/secret.js'

/** What a Logon carries to prove who we are. Never logged. */
export interface LogonCredentials {
  /** Username (553). */
  username?: SecretInput
  /** Password (554). */
  password?: SecretInput
  /** NewPassword (925): asks the venue to change it. */
  newPassword?: SecretInput
  /** RawData (96), for example a key or a signature. */
  rawData?: SecretInput
  /** EncryptedPassword (1402) with its method (1400). `dataBase64`: the bytes. */
  encryptedPassword?: { method: number; dataBase64: SecretInput }
}

/** The credentials that nobody may see. A user's name is one of them: with it, guessing a password begins. */
export function secretsOf(credentials: LogonCredentials = {}): (SecretInput | undefined)[] {
  const { username, password, newPassword, rawData, encryptedPassword } = credentials
  return [username, password, newPassword, rawData, encryptedPassword?.dataBase64]
}

const texts = ['username', 'password', 'newPassword', 'rawData'] as const

/** @throws TradewireError `TW_INVALID_CONFIG` naming the credential that is unknown, no text, or holds a separator of fields. */
export function checkCredentials(credentials: LogonCredentials | undefined): void {
  if (credentials === undefined) return
  if (typeof credentials !== 'object' || credentials === null) fail('credentials', 'an object')
  for (const name of Object.keys(credentials))
    if (!([...texts, 'encryptedPassword'] as readonly string[]).includes(name))
      fail(`credentials.${name}`, 'left out: it is not known')
  for (const name of texts) {
    const value = textOf(`credentials.${name}`, credentials[name])
    // It would end the field, and whatever follows would be a field of its own. Raw data has a length instead.
    if (name !== 'rawData' && value?.includes('\u0001')) fail(`credentials.${name}`, 'free of the separator of fields')
  }
  const { encryptedPassword } = credentials
  if (encryptedPassword === undefined) return
  if (!Number.isSafeInteger(encryptedPassword?.method)) fail('credentials.encryptedPassword.method', 'a whole number')
  textOf('credentials.encryptedPassword.dataBase64', encryptedPassword.dataBase64 ?? '')
}

function textOf(name: string, value: SecretInput | undefined): string | undefined {
  if (value === undefined) return undefined
  const text = typeof value === 'object' && typeof value?.reveal === 'function' ? revealSecret(value) : value
  if (typeof text !== 'string' || text === '') fail(name, 'text, or a Secret')
  return text
}

function fail(name: string, expected: string): never {
  throw new TradewireError('TW_INVALID_CONFIG', `${name} of a FIX session must be ${expected}`, {
    details: { field: name },
  })
}
