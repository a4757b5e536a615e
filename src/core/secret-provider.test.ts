import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { afterAll, describe, expect, it } from 'vitest'
import type { TradewireError } from './errors.js'
import { decryptSensitiveValue, encryptSensitiveValue, isEncryptedValue } from './sealed-value.js'
import { Secret } from './secret.js'
import { fileSecrets } from './secret-files.js'
import { callbackSecrets, encryptedSecrets, envSecrets, firstSecrets, type SecretProvider } from './secret-provider.js'

const value = 'hunter2-Zq9'
const folder = fs.mkdtempSync(join(tmpdir(), 'tradewire-secrets-'))
afterAll(() => fs.rmSync(folder, { recursive: true }))

async function failureOf(promise: Promise<unknown>): Promise<TradewireError> {
  const error = (await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )) as TradewireError
  expect(inspect(error, { depth: 9, showHidden: true })).not.toContain('hunter2')
  return error
}

const codeOf = async (promise: Promise<unknown>) => (await failureOf(promise)).code

describe('providers', () => {
  it('read the environment', async () => {
    const provider = envSecrets({ prefix: 'TW_TEST_', env: { TW_TEST_KEY: value, TW_TEST_EMPTY: '' } })
    expect((await provider.get('KEY')).reveal()).toBe(value)
    expect(await codeOf(provider.get('EMPTY'))).toBe('TW_SECRET_MISSING')
    expect(await codeOf(provider.get('toString'))).toBe('TW_SECRET_MISSING')
    expect(await codeOf(provider.get('../x'))).toBe('TW_INVALID_ARGUMENT')
    process.env.TW_TEST_PROCESS = value
    expect((await envSecrets().get('TW_TEST_PROCESS')).reveal()).toBe(value)
    delete process.env.TW_TEST_PROCESS
  })

  it('ask a function, and tell nothing of what it throws', async () => {
    expect((await callbackSecrets((name) => `${value}${name}`).get('a')).reveal()).toBe(`${value}a`)
    expect((await callbackSecrets(async () => new Secret(value)).get('a')).reveal()).toBe(value)
    expect(await codeOf(callbackSecrets(() => undefined).get('a'))).toBe('TW_SECRET_MISSING')
    const failing = callbackSecrets(() => {
      throw new Error(`401 for token ${value}`)
    })
    expect((await failureOf(failing.get('a'))).message).toContain('(Error)')
  })

  it.skipIf(process.platform === 'win32')('read files that nobody else can reach', async () => {
    const path = join(folder, 'password')
    const provider = fileSecrets({ directory: folder })
    expect(await codeOf(provider.get('password'))).toBe('TW_SECRET_MISSING')
    fs.writeFileSync(path, `${value}\n`, { mode: 0o600 })
    expect((await provider.get('password')).reveal()).toBe(value)
    fs.chmodSync(path, 0o400)
    expect((await provider.get('password')).reveal()).toBe(value)
    for (const mode of [0o640, 0o604, 0o620, 0o644, 0o666, 0o601]) {
      fs.chmodSync(path, mode)
      const error = await failureOf(provider.get('password'))
      expect([error.code, error.message]).toEqual(['TW_SECRET_UNSAFE', expect.stringContaining(mode.toString(8))])
    }
    fs.mkdirSync(join(folder, 'folder'))
    expect(await codeOf(provider.get('folder'))).toMatch(/TW_SECRET/)
    expect(await codeOf(provider.get('../password'))).toBe('TW_INVALID_ARGUMENT')
  })

  it.skipIf(process.platform === 'win32')('read one file of JSON', async () => {
    const file = join(folder, 'secrets.json')
    fs.writeFileSync(file, JSON.stringify({ key: value, number: 5, ['__proto__']: { inherited: value } }), {
      mode: 0o600,
    })
    const provider = fileSecrets({ file })
    expect((await provider.get('key')).reveal()).toBe(value)
    for (const name of ['number', 'inherited', 'toString', 'none'])
      expect(await codeOf(provider.get(name))).toBe('TW_SECRET_MISSING')
    fs.writeFileSync(file, `{"key": "${value}", oops`)
    expect(await codeOf(provider.get('key'))).toBe('TW_SECRET_DAMAGED')
  })

  it('are asked one after the other, but not past a file that is unsafe', async () => {
    const none = callbackSecrets(() => undefined)
    const some = callbackSecrets(() => value)
    expect((await firstSecrets(none, some).get('a')).reveal()).toBe(value)
    expect(await codeOf(firstSecrets(none, none).get('a'))).toBe('TW_SECRET_MISSING')
    expect(await codeOf(firstSecrets().get('a'))).toBe('TW_SECRET_MISSING')
    const unsafe: SecretProvider = { get: () => Promise.reject(new Error('unsafe')) }
    await expect(firstSecrets(unsafe, some).get('a')).rejects.toThrow('unsafe')
  })

  it('give what is stored encrypted', async () => {
    const sealed = await encryptSensitiveValue(value, { field: 'venue', key: 'correct horse', costLog2: 14 })
    const provider = encryptedSecrets(
      callbackSecrets(() => sealed),
      'correct horse',
    )
    expect((await provider.get('venue')).reveal()).toBe(value)
    expect(await codeOf(provider.get('another'))).toBe('TW_SECRET_DAMAGED')
  })
})

describe('encrypted values', () => {
  const key = new Secret('correct horse battery')
  const options = { field: 'fix.password', key, costLog2: 14 }

  it('come back whole, and never look the same', async () => {
    for (const plain of [value, 'ü€😀', 'x'.repeat(65_536)]) {
      const sealed = await encryptSensitiveValue(plain, options)
      expect(isEncryptedValue(sealed)).toBe(true)
      expect(sealed).not.toContain('hunter2')
      expect((await decryptSensitiveValue(sealed, options)).reveal()).toBe(plain)
    }
    const texts = await Promise.all([1, 2, 3].map(() => encryptSensitiveValue(value, options)))
    expect(new Set(texts).size).toBe(3)
  })

  it('can be read by nobody else, and nowhere else', async () => {
    const sealed = await encryptSensitiveValue(value, options)
    for (const wrong of [
      { ...options, key: 'another passphrase' },
      { ...options, field: 'fix.Password' },
    ])
      expect(await codeOf(decryptSensitiveValue(sealed, wrong))).toBe('TW_SECRET_DAMAGED')
    expect(await codeOf(decryptSensitiveValue(sealed.replace('default', 'other'), options))).toBe('TW_SECRET_DAMAGED')
  })

  it('are refused when any bit was changed, or anything cut off', async () => {
    const [prefix, keyId, base64] = (await encryptSensitiveValue('pin1', options)).split(':') as [
      string,
      string,
      string,
    ]
    const bytes = Buffer.from(base64, 'base64url')
    const textOf = (changed: Buffer) => `${prefix}:${keyId}:${changed.toString('base64url')}`
    const changes: Buffer[] = []
    for (let at = 0; at < bytes.length; at++) {
      const changed = Buffer.from(bytes)
      changed[at] = (changed[at] as number) ^ (1 << (at % 8))
      changes.push(changed)
    }
    for (let length = 0; length < bytes.length; length += 7) changes.push(bytes.subarray(0, length))
    const codes = await Promise.all(changes.map((changed) => codeOf(decryptSensitiveValue(textOf(changed), options))))
    expect(new Set(codes)).toEqual(new Set(['TW_SECRET_DAMAGED']))
  })

  it('choose their key by its id, so that keys can be exchanged', async () => {
    const keys = callbackSecrets((id) => ({ old: 'passphrase one', new: 'passphrase two' })[id])
    const old = await encryptSensitiveValue(value, { ...options, key: keys, keyId: 'old' })
    const renewed = await encryptSensitiveValue(value, { ...options, key: keys, keyId: 'new' })
    for (const text of [old, renewed])
      expect((await decryptSensitiveValue(text, { field: options.field, key: keys })).reveal()).toBe(value)
    expect(await codeOf(encryptSensitiveValue(value, { ...options, key: keys, keyId: 'gone' }))).toBe(
      'TW_SECRET_MISSING',
    )
  })

  it.each([
    ['a short key', { key: 'short' }],
    ['a bad key id', { keyId: 'a:b' }],
    ['no field', { field: '' }],
    ['a cost that is too low', { costLog2: 10 }],
    ['a cost that is too high', { costLog2: 40 }],
  ])('refuse %s', async (_what, wrong) => {
    expect(await codeOf(encryptSensitiveValue(value, { ...options, ...wrong }))).toBe('TW_INVALID_ARGUMENT')
  })

  it.each(['', 'tw1', 'tw1:default:', 'tw1:default:AAAA', 'tw2:default:AAAA', `tw1:default:${'A'.repeat(600_000)}`])(
    'are told from what is none: %#',
    async (text) => {
      expect(await codeOf(decryptSensitiveValue(text, options))).toBe('TW_SECRET_DAMAGED')
    },
  )
})
