/**
 * Encrypted values, for hosts that have to keep a secret in a file: AES-256-GCM under a key that scrypt derives from a
 * passphrase (RFC 7914). The field a value belongs to is authenticated with it: a value moved to another field is refused.
 *
 * Text: `tw1:KEY-ID:BASE64URL`. Bytes: version 1, KDF 1 (scrypt), log2 N, r, p, 16 of salt, 12 of nonce, the ciphertext, 16 of
 * tag. Authenticated beside the value: key id, field, and all bytes before the ciphertext. Salt and nonce are random each time.
 */
import { createCipheriv, createDecipheriv, randomBytes, scrypt } from 'node:crypto'
import { TradewireError } from './errors.js'
import { maxSecretLength, redacted, revealSecret, Secret, type SecretInput } from './secret.js'

/** A passphrase, or what fetches one by its key id: a `SecretProvider`. */
export type KeySource = SecretInput | { get(keyId: string): Promise<Secret> }

/** How a value is encrypted. */
export interface EncryptOptions {
  /** What the value is, such as `fix.password`. It has to be told again to decrypt. */
  field: string
  key: KeySource
  /** Which key it is: 1 to 64 letters, digits, dots, dashes, underscores; `default` unless given. Stands in the text. */
  keyId?: string
  /** Work that guessing a passphrase takes: log2 of scrypt's N, 14 to 20; 15 unless given (32 MiB, some 0.1 s). */
  costLog2?: number
}

/** How a value is decrypted. */
export interface DecryptOptions {
  field: string
  key: KeySource
}

const prefix = 'tw1'
const version = 1
const kdfScrypt = 1
const blockSize = 8
const parallelism = 1
const saltBytes = 16
const nonceBytes = 12
const tagBytes = 16
const headerBytes = 5 + saltBytes + nonceBytes
const leastCost = 14
const mostCost = 20
const maxTextLength = 8 * maxSecretLength

/** Encrypts a value. The same value gives another text every time. */
export async function encryptSensitiveValue(value: SecretInput, options: EncryptOptions): Promise<string> {
  const { field, key, keyId = 'default', costLog2 = 15 } = options
  checkField(field)
  if (!isKeyId(keyId)) throw invalid('keyId must be 1 to 64 letters, digits, dots, dashes or underscores')
  if (!(Number.isInteger(costLog2) && costLog2 >= leastCost && costLog2 <= mostCost))
    throw invalid(`costLog2 must be a whole number from ${leastCost} to ${mostCost}`)
  const plain = new Secret(revealSecret(value)).reveal()
  const header = Buffer.concat([
    Buffer.from([version, kdfScrypt, costLog2, blockSize, parallelism]),
    randomBytes(saltBytes),
    randomBytes(nonceBytes),
  ])
  const secretKey = await deriveKey(await passphraseOf(key, keyId), header)
  const cipher = createCipheriv('aes-256-gcm', secretKey, nonceOf(header))
  cipher.setAAD(associatedData(header, keyId, field))
  const sealed = Buffer.concat([header, cipher.update(plain, 'utf8'), cipher.final(), cipher.getAuthTag()])
  secretKey.fill(0)
  return `${prefix}:${keyId}:${sealed.toString('base64url')}`
}

/**
 * Decrypts a value.
 *
 * @throws TradewireError `TW_SECRET_DAMAGED` for what is no encrypted value, was changed, belongs to another field, or was
 * encrypted with another key. Which of these is not told, and no message holds a part of the value.
 */
export async function decryptSensitiveValue(text: string, options: DecryptOptions): Promise<Secret> {
  const { field, key } = options
  checkField(field)
  const { keyId, bytes } = parsed(text, field)
  const header = bytes.subarray(0, headerBytes)
  const secretKey = await deriveKey(await passphraseOf(key, keyId), header)
  const plain = opened(bytes, secretKey, associatedData(header, keyId, field))
  secretKey.fill(0)
  if (plain === undefined)
    throw damaged(field, 'it was changed, belongs to another field, or was encrypted with another key')
  return new Secret(plain)
}

/** The text; undefined where the tag does not prove it. */
function opened(bytes: Buffer, secretKey: Buffer, associated: Buffer): string | undefined {
  const tagAt = bytes.length - tagBytes
  const decipher = createDecipheriv('aes-256-gcm', secretKey, nonceOf(bytes), { authTagLength: tagBytes })
  decipher.setAAD(associated)
  decipher.setAuthTag(bytes.subarray(tagAt))
  try {
    return Buffer.concat([decipher.update(bytes.subarray(headerBytes, tagAt)), decipher.final()]).toString('utf8')
  } catch {
    return undefined
  }
}

/** Whether a text looks like what {@link encryptSensitiveValue} makes. */
export function isEncryptedValue(text: string): boolean {
  return /^tw1:[\w.-]{1,64}:[\w-]+$/.test(text)
}

function parsed(text: string, field: string): { keyId: string; bytes: Buffer } {
  if (typeof text !== 'string' || text.length > maxTextLength || !isEncryptedValue(text))
    throw damaged(field, 'it is no encrypted value')
  const [, keyId = '', base64 = ''] = text.split(':')
  const bytes = Buffer.from(base64, 'base64url')
  const [byVersion, kdf, cost = 0, r, p] = bytes
  if (bytes.length <= headerBytes + tagBytes || bytes.toString('base64url') !== base64)
    throw damaged(field, 'it was cut or changed')
  if (byVersion !== version || kdf !== kdfScrypt) throw damaged(field, 'it was made by another release')
  // Costs stand in the text: whoever can change it must not be able to ask for all the memory there is.
  if (cost < leastCost || cost > mostCost || r !== blockSize || p !== parallelism)
    throw damaged(field, 'its costs are out of range')
  return { keyId, bytes }
}

function deriveKey(passphrase: string, header: Buffer): Promise<Buffer> {
  const cost = 2 ** (header[2] as number)
  const salt = header.subarray(5, 5 + saltBytes)
  const options = { N: cost, r: blockSize, p: parallelism, maxmem: 256 * cost * blockSize }
  return new Promise((resolve, reject) =>
    scrypt(passphrase, salt, 32, options, (error, key) =>
      error === null ? resolve(key) : reject(new TradewireError('TW_ASSERTION', 'scrypt failed', { cause: error })),
    ),
  )
}

async function passphraseOf(key: KeySource, keyId: string): Promise<string> {
  const passphrase = typeof key === 'object' && 'get' in key ? await key.get(keyId) : key
  const text = revealSecret(passphrase)
  if (text.length < 8) throw invalid(`the key ${keyId} must have at least 8 characters`)
  return text
}

function nonceOf(header: Buffer): Buffer {
  return header.subarray(5 + saltBytes, headerBytes)
}

function associatedData(header: Buffer, keyId: string, field: string): Buffer {
  return Buffer.concat([header, Buffer.from(`${keyId}\n${field}`, 'utf8')])
}

function isKeyId(keyId: string): boolean {
  return typeof keyId === 'string' && /^[\w.-]{1,64}$/.test(keyId)
}

function checkField(field: string): void {
  if (typeof field !== 'string' || field.length === 0 || field.length > 256)
    throw invalid('field must be text of 1 to 256 characters')
}

function invalid(message: string): TradewireError {
  return new TradewireError('TW_INVALID_ARGUMENT', message)
}

function damaged(field: string, why: string): TradewireError {
  const message = `The encrypted value of ${field} cannot be read (${redacted}): ${why}`
  return new TradewireError('TW_SECRET_DAMAGED', message, { details: { field } })
}
