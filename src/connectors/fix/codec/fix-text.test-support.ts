/** Messages as people write them: `|` for the separator, BodyLength and CheckSum put in where they are absent. */
import { GarbledReason } from './garbled.js'
import { FixMessage, type FixMessageOptions } from './message.js'

const soh = '\u0001'

/** Bytes of a message; fields 9 and 10 are added unless written out. */
export function fixBytes(text: string): Uint8Array {
  const plain = text.replaceAll('|', soh)
  if (!plain.startsWith('8=')) return Buffer.from(plain, 'latin1')
  const headEnd = plain.indexOf(soh) + 1
  const lastField = plain.lastIndexOf(soh, plain.length - 2)
  const trailerAt = plain.startsWith(`${soh}10=`, lastField) ? lastField : -1
  const body = plain.slice(headEnd, trailerAt < 0 ? undefined : trailerAt + 1)
  const length = body.startsWith('9=') ? '' : `9=${body.length}${soh}`
  const unsigned = plain.slice(0, headEnd) + length + body
  const trailer = trailerAt < 0 ? `10=${checkSum(unsigned)}${soh}` : plain.slice(trailerAt + 1)
  return Buffer.from(unsigned + trailer, 'latin1')
}

/** CheckSum of a text, three digits. */
export function checkSum(text: string): string {
  let sum = 0
  for (let index = 0; index < text.length; index++) sum += text.charCodeAt(index)
  return String(sum & 255).padStart(3, '0')
}

/** A message read from such a text. */
export function fixMessage(text: string, options: FixMessageOptions = {}): FixMessage {
  const bytes = fixBytes(text)
  const message = new FixMessage(options)
  const reason = message.read(bytes, 0, bytes.length)
  if (reason !== GarbledReason.none) throw new Error(`garbled: ${reason}`)
  return message
}
