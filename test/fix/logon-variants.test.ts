/** What Logons carry beside names: passwords, new passwords, encrypted ones, signatures. Secrets reach no log. */
import { createHmac, timingSafeEqual } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { latin1 } from '../../src/connectors/fix/codec/bytes.js'
import type { FixMessage } from '../../src/connectors/fix/codec/message.js'
import { loadFixDictionary } from '../../src/connectors/fix/dictionary/built-in.js'
import { FixValidator } from '../../src/connectors/fix/dictionary/validator.js'
import type { FixSessionConfig } from '../../src/connectors/fix/session/config.js'
import type { LogonContext } from '../../src/connectors/fix/session/parts.js'
import { MessageMask } from '../../src/connectors/fix/store/mask.js'
import { makePair, RecordingApplication } from './support/session-pair.js'

/** A venue that lets in whom a test lets in. */
class Doorman extends RecordingApplication {
  readonly logons: { text: string; masked: string }[] = []
  readonly #check: (logon: FixMessage) => boolean
  constructor(check: (logon: FixMessage) => boolean = () => true) {
    super()
    this.#check = check
  }
  authenticate(logon: FixMessage): string | undefined {
    const { bytes, start, end } = logon
    this.logons.push({
      text: latin1(bytes, start, end).replaceAll('\u0001', '|'),
      masked: new MessageMask().text(bytes, start, end),
    })
    return this.#check(logon) ? undefined : 'who are you?'
  }
}

const versions: readonly Partial<FixSessionConfig>[] = [
  { beginString: 'FIX.4.2' },
  { beginString: 'FIX.4.4' },
  { beginString: 'FIXT.1.1', defaultApplVerId: 'FIX.5.0SP2' },
]

describe.each(versions)('a Logon of $beginString', (both) => {
  it('carries name and password, and a new one', async () => {
    const venue = new Doorman((logon) => logon.equals(553, 'me') && logon.equals(554, 'old'))
    const credentials = { username: 'me', password: 'old', newPassword: 'new' }
    const pair = await makePair({ both, client: { config: { credentials } }, venue: { application: venue } })
    await pair.connect()
    expect(venue.logons[0]?.text).toMatch(/\|553=me\|554=old\|(.*\|)?925=new\|/)
    expect(venue.logons[0]?.masked).not.toMatch(/=(old|new|me)\|/)
  })

  it('carries an encrypted password byte for byte, separators included', async () => {
    const secret = Buffer.from([1, 0, 255, 61, 49, 48, 61, 1])
    let found: Uint8Array | undefined
    const venue = new Doorman((logon) => {
      const at = logon.find(1402)
      found = logon.bytes.slice(logon.valueStarts[at], logon.valueEnds[at])
      return logon.int(1400) === 101 && logon.int(1401) === secret.length
    })
    const encryptedPassword = { method: 101, dataBase64: secret.toString('base64') }
    const config = { credentials: { username: 'me', encryptedPassword } }
    const pair = await makePair({ both, client: { config }, venue: { application: venue } })
    await pair.connect()
    expect(Buffer.from(found ?? [])).toEqual(secret)
    expect(venue.logons[0]?.masked).toContain('|1401=8|1402=***|')
  })

  it('is signed by HMAC over its own words, and refused when they are others', async () => {
    const key = 'a key'
    const sign = (time: string, number: number, sender: string, target: string) =>
      createHmac('sha256', key).update([time, 'A', number, sender, target].join('\u0001')).digest('base64')
    const venue = new Doorman((logon) => {
      const said = sign(logon.string(52) ?? '', logon.int(34), logon.string(49) ?? '', logon.string(56) ?? '')
      return timingSafeEqual(Buffer.from(said), Buffer.from(logon.string(96) ?? ''.padEnd(said.length)))
    })
    class Signer extends RecordingApplication {
      shift = 0
      signLogon({ sendingTime, msgSeqNum, senderCompId, targetCompId }: LogonContext) {
        return { rawData: sign(sendingTime, msgSeqNum + this.shift, senderCompId, targetCompId) }
      }
    }
    const signer = new Signer()
    const pair = await makePair({ both, client: { application: signer }, venue: { application: venue } })
    await pair.connect()
    await pair.time.runUntil(pair.initiator.disconnect())
    await pair.pass(50)
    signer.shift = 1
    await expect(pair.connect()).rejects.toThrow('who are you?')
    expect(venue.logons[0]?.masked).toContain('|96=***|')
  })
})

it('a Logon of FIX 5.0 SP2 with an encrypted password passes its dictionary', async () => {
  const dictionary = await loadFixDictionary('FIX.5.0SP2')
  const encryptedPassword = { method: 1, dataBase64: Buffer.from('secret').toString('base64') }
  const pair = await makePair({
    both: { beginString: 'FIXT.1.1', defaultApplVerId: 'FIX.5.0SP2' },
    client: { config: { credentials: { username: 'me', encryptedPassword } } },
    venue: { validator: new FixValidator(dictionary) },
  })
  await pair.connect()
  expect(pair.venue.isLoggedOn).toBe(true)
})
