/** Certificates made anew for a test: nothing secret lies in the repository. */
import { createHash, generateKeyPairSync, type KeyObject, sign, X509Certificate } from 'node:crypto'

/** DER: a tag, a length, a body. */
function der(tag: number, ...parts: Uint8Array[]): Buffer {
  const body = Buffer.concat(parts)
  const length = body.length < 128 ? [body.length] : [0x82, body.length >> 8, body.length & 255]
  return Buffer.concat([Buffer.from([tag, ...length]), body])
}
const bytes = (...values: number[]) => Buffer.from(values)
const sequence = (...parts: Uint8Array[]) => der(0x30, ...parts)
const ecdsaWithSha256 = sequence(der(0x06, Buffer.from('2a8648ce3d040302', 'hex')))
const commonName = (name: string) =>
  sequence(der(0x31, sequence(der(0x06, bytes(0x55, 0x04, 0x03)), der(0x0c, Buffer.from(name)))))

/** A certificate for `localhost` and 127.0.0.1, signed by its own key, made anew for every run. */
export function selfSigned(): { certificate: string; key: string } {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
  const names = sequence(der(0x82, Buffer.from('localhost')), der(0x87, bytes(127, 0, 0, 1)))
  const extensions = sequence(
    sequence(der(0x06, bytes(0x55, 0x1d, 0x13)), der(0x01, bytes(0xff)), der(0x04, sequence(der(0x01, bytes(0xff))))),
    sequence(der(0x06, bytes(0x55, 0x1d, 0x11)), der(0x04, names)),
  )
  const publicDer = publicKey.export({ type: 'spki', format: 'der' })
  const serial = createHash('sha256').update(publicDer).digest().subarray(0, 8)
  const toBeSigned = sequence(
    der(0xa0, der(0x02, bytes(2))),
    der(0x02, bytes(1), serial),
    ecdsaWithSha256,
    commonName('localhost'),
    sequence(der(0x17, Buffer.from('200101000000Z')), der(0x18, Buffer.from('99991231235959Z'))),
    commonName('localhost'),
    publicDer,
    der(0xa3, extensions),
  )
  const signed = sequence(toBeSigned, ecdsaWithSha256, der(0x03, bytes(0), signature(toBeSigned, privateKey)))
  const base64 = signed.toString('base64').replaceAll(/.{64}/g, '$&\n')
  return {
    certificate: `-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
  }
}

const signature = (data: Uint8Array, key: KeyObject) => sign('sha256', data, key)

/** SHA-256 fingerprint of a certificate. */
export function fingerprintOf(certificate: string): string {
  return new X509Certificate(certificate).fingerprint256
}
