/**
 * Definitions for versions that have none here, with QuickFIX's own answers as what is expected: the definitions at hand are said in
 * the words of another version and played to QuickFIX's acceptance acceptor; whatever it answers becomes an E line.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'

/** A version and how its sessions are called in the settings that at-config.mjs writes. */
export interface CarriedVersion {
  readonly name: string
  readonly beginString: string
  readonly compId: string
  readonly applVerId?: string
}

const SOH = '\u0001'
/** Milliseconds to wait for an answer that may not come. */
const PATIENCE_MS = 900
const HEARTBEAT_PATIENCE_MS = 12_000

/** Separators as `|`. */
function shown(text: string): string {
  return text.replaceAll(SOH, '|')
}

/** Whether a definition waits for heartbeats: those take half a minute each. */
export function isSlow(text: string): boolean {
  return [...shown(text).matchAll(/\|108=(\d+)/g)].some(([, seconds]) => Number(seconds) < 25)
}

/** A definition in the words of a version. */
export function carried(text: string, { name, beginString, compId, applVerId }: CarriedVersion): string[] {
  const renamed = text
    .replaceAll(/8=FIX\.4\.[24](?!\d)/g, `8=${beginString}`)
    .replaceAll(/=TW4[24](?!\d)/g, `=${compId}`)
  return renamed
    .split(/\r?\n/)
    .map((line) => fields(applVerId === undefined ? line : withApplVerId(line, applVerId), name))
}

/** Fields that a version has otherwise: what counts as an order, and what means "to the end". */
function fields(line: string, version: string): string {
  const isOld = version === 'FIX.4.0' || version === 'FIX.4.1'
  if (!line.startsWith('I') || !(isOld || version === 'FIX.4.3')) return line
  let text = isOld ? line.replace(`${SOH}16=0${SOH}`, `${SOH}16=999999${SOH}`) : line
  if (!text.includes(`${SOH}35=D${SOH}`) || text.includes(`${SOH}9=`)) return text
  if (isOld)
    text = shown(text)
      .replace(/\|60=[^|]*/, '')
      .replaceAll('|', SOH)
  return text.includes(`${SOH}38=`) ? text : text.replace(`${SOH}40=`, `${SOH}38=100${SOH}40=`)
}

/** A Logon of FIXT says which version its messages are of. */
function withApplVerId(line: string, applVerId: string): string {
  if (!/^[IE](\d,)?8=/.test(line) || !line.includes(`${SOH}35=A${SOH}`)) return line
  const end = line.indexOf(`${SOH}10=`)
  const body = end < 0 ? line.slice(0, line.endsWith(SOH) ? -1 : undefined) : line.slice(0, end)
  return `${body}${SOH}1137=${applVerId}${end < 0 ? SOH : line.slice(end)}`
}

/** Plays a definition to the acceptor at a port and writes it down with its answers. */
export async function record(source: string, target: string, version: CarriedVersion, port: number): Promise<void> {
  const text = readFileSync(source, 'latin1')
  const lines = carried(text, version)
  const patienceMs = isSlow(text) ? HEARTBEAT_PATIENCE_MS : PATIENCE_MS
  const peers = new Map<string, Peer>()
  const written: string[] = []
  for (const line of lines) {
    if (line === '' || line.startsWith('#')) continue
    const id = /^[IEie](\d),/.exec(line)?.[1] ?? ''
    const prefix = id === '' ? '' : `${id},`
    const body = line.slice(1 + prefix.length)
    if (line.startsWith('i') && body === 'CONNECT') peers.set(id, await Peer.open(port))
    const peer = peers.get(id)
    if (peer === undefined) continue
    if (line.startsWith('E') || line.startsWith('e')) {
      const answer = await peer.next(patienceMs)
      if (answer === undefined) continue
      written.push(answer === 'closed' ? `e${prefix}DISCONNECT` : `E${prefix}${answer}`)
      if (answer === 'closed') peers.delete(id)
      continue
    }
    written.push(line)
    if (line.startsWith('I')) peer.send(framed(body))
    else if (body === 'DISCONNECT') {
      peer.close()
      peers.delete(id)
    }
  }
  for (const [id, peer] of peers) {
    const prefix = id === '' ? '' : `${id},`
    for (let answer = await peer.next(300); answer !== undefined; answer = await peer.next(300)) {
      written.push(answer === 'closed' ? `e${prefix}DISCONNECT` : `E${prefix}${answer}`)
      if (answer === 'closed') break
    }
    peer.close()
  }
  writeFileSync(target, `${written.join('\n')}\n`, 'latin1')
}

/** A line as it is sent: times filled in, length and sum where it has none. */
function framed(line: string): string {
  const text = line.replaceAll(/<TIME(?:([+-])(\d+))?>/g, (_match, sign, seconds) => {
    const iso = new Date(Date.now() + (sign === '-' ? -1_000 : 1_000) * Number(seconds ?? 0)).toISOString()
    return iso.slice(0, 19).replaceAll('-', '').replace('T', '-')
  })
  const end = text.startsWith('8=') ? text.indexOf(SOH) + 1 : 0
  if (end === 0) return text
  const sumAt = text.endsWith(SOH) ? text.indexOf(`${SOH}10=`) : -1
  const body = sumAt < 0 ? text.slice(end) : text.slice(end, sumAt)
  const length = text.includes(`${SOH}9=`) ? '' : `9=${body.length}${SOH}`
  const whole = text.slice(0, end) + length + body
  if (sumAt >= 0) return whole + text.slice(sumAt)
  let sum = 0
  for (let i = 0; i < whole.length; i++) sum += whole.charCodeAt(i)
  return `${whole}10=${String(sum & 255).padStart(3, '0')}${SOH}`
}

/** A connection that is read message by message. */
class Peer {
  readonly #socket: Socket
  #text = ''
  #isClosed = false
  #wake = (): void => {}

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.on('data', (chunk) => {
      this.#text += chunk.toString('latin1')
      this.#wake()
    })
    for (const event of ['end', 'error', 'close']) {
      socket.on(event, () => {
        this.#isClosed = true
        this.#wake()
      })
    }
  }

  static async open(port: number): Promise<Peer> {
    const socket = connect({ host: '127.0.0.1', port, noDelay: true, allowHalfOpen: true } as never)
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve)
      socket.once('error', reject)
    })
    return new Peer(socket)
  }

  send(text: string): void {
    this.#socket.write(text, 'latin1')
  }

  close(): void {
    this.#socket.destroy()
  }

  /** The next message; `closed` at the end, undefined when nothing comes in time. */
  async next(patienceMs: number): Promise<string | undefined> {
    const deadline = Date.now() + patienceMs
    for (;;) {
      const message = this.#take()
      if (message !== undefined) return message
      if (this.#isClosed) return 'closed'
      const leftMs = deadline - Date.now()
      if (leftMs <= 0) return undefined
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, leftMs)
        this.#wake = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
  }

  #take(): string | undefined {
    const lengthAt = this.#text.indexOf(`${SOH}9=`)
    const bodyAt = this.#text.indexOf(SOH, lengthAt + 3)
    if (lengthAt < 0 || bodyAt < 0) return undefined
    const end = this.#text.indexOf(SOH, bodyAt + 1 + Number(this.#text.slice(lengthAt + 3, bodyAt)))
    if (end < 0) return undefined
    const message = this.#text.slice(0, end + 1)
    this.#text = this.#text.slice(end + 1)
    return message
  }
}
