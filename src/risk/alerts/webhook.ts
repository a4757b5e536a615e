/**
 * Alerts to a web address: one POST of JSON an alert, signed by HMAC-SHA-256 over the body, so that the receiver can tell
 * who sent it. Speaks HTTP/1.1 over the network port: one connection an alert, closed after the answer.
 */
import { TradewireError } from '../../core/errors.js'
import { hmacSha256 } from '../../core/hmac.js'
import type { Network } from '../../core/network.js'
import type { Scheduler, TimerHandle } from '../../core/scheduler.js'
import { revealSecret, type SecretInput } from '../../core/secret.js'
import type { Alert, AlertSink } from './alert.js'

/** Where alerts go. */
export interface WebhookOptions {
  /** `https://host/path`; `http://` only to the same machine, unless `allowInsecure`. */
  url: string
  /** Shared with the receiver; the signature stands in `x-tradewire-signature` as `sha256=…`. */
  secret: SecretInput
  network: Network
  time: Scheduler
  /** 5,000 unless given. */
  timeoutMs?: number
  /** PEM of the authority of the receiver's certificate, where it is a private one. */
  ca?: string
  allowInsecure?: boolean
  name?: string
}

/** Bytes of an answer that are looked at: its first line is enough. */
const answerBytes = 1_024

/** A sink that posts to a web address. @throws TradewireError `TW_INVALID_CONFIG` for an address or secret that is none. */
export function webhookSink(options: WebhookOptions): AlertSink {
  const { url, secret, network, time, timeoutMs = 5_000, ca, name = 'webhook' } = options
  const target = targetOf(url, options.allowInsecure ?? false)
  if (revealSecret(secret).length < 16)
    throw new TradewireError('TW_INVALID_CONFIG', 'webhook.secret must have at least 16 characters')
  return {
    name,
    async send(alert) {
      const body = bodyOf(alert)
      const head = [
        `POST ${target.path} HTTP/1.1`,
        `host: ${target.authority}`,
        'content-type: application/json',
        `content-length: ${new TextEncoder().encode(body).length}`,
        `x-tradewire-signature: sha256=${hmacSha256(secret, body)}`,
        'connection: close',
        '\r\n',
      ].join('\r\n')
      const connection = await network.connect({
        host: target.host,
        port: target.port,
        timeoutMs,
        ...(target.isSecure ? { tls: { serverName: target.host, ...(ca === undefined ? {} : { ca }) } } : {}),
      })
      const status = await new Promise<number>((resolve, reject) => {
        const timer: TimerHandle = time.after(timeoutMs, () => {
          reject(new TradewireError('TW_TIMEOUT', `${name} gave no answer within ${timeoutMs} ms`))
          connection.destroy()
        })
        let answer = ''
        connection.start({
          onData: (chunk) => {
            answer += String.fromCharCode(...chunk.subarray(0, answerBytes - answer.length))
            const found = /^HTTP\/1\.\d (\d{3})/.exec(answer)
            if (found === null && answer.length < answerBytes) return
            timer.cancel()
            resolve(Number(found?.[1] ?? 0))
            connection.destroy()
          },
          onClose: (error) => {
            timer.cancel()
            reject(error ?? new TradewireError('TW_NETWORK', `${name} closed the connection without an answer`))
          },
        })
        connection.send(new TextEncoder().encode(head + body))
      })
      if (status < 200 || status > 299) throw new TradewireError('TW_NETWORK', `${name} answered ${status}`)
    },
  }
}

/** A sink that calls a function. */
export function callbackSink(callback: (alert: Alert) => void | Promise<void>, name = 'callback'): AlertSink {
  return { name, send: callback }
}

function bodyOf({ acknowledgedBy, ...alert }: Alert): string {
  return JSON.stringify(alert)
}

function targetOf(url: string, allowInsecure: boolean) {
  const parsed = URL.canParse(url) ? new URL(url) : undefined
  if (parsed !== undefined && parsed.username + parsed.password !== '')
    throw new TradewireError(
      'TW_INVALID_CONFIG',
      'webhook.url must hold no credentials: the signature proves who sends',
    )
  const isSecure = parsed?.protocol === 'https:'
  const isLocal = parsed !== undefined && ['localhost', '127.0.0.1', '[::1]'].includes(parsed.hostname)
  if (parsed === undefined || !(isSecure || (parsed.protocol === 'http:' && (isLocal || allowInsecure))))
    throw new TradewireError('TW_INVALID_CONFIG', 'webhook.url must be an https address, or http on the same machine')
  const port = parsed.port === '' ? (isSecure ? 443 : 80) : Number(parsed.port)
  // An address of IPv6 stands in brackets in a URL, and without them everywhere else.
  const host = parsed.hostname.replace(/^\[(.*)\]$/, '$1')
  return { host, authority: parsed.host, port, path: `${parsed.pathname}${parsed.search}`, isSecure }
}
