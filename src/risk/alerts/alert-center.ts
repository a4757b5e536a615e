/**
 * Alerts of a system: one for each cause, counted when the cause comes again, told to sinks at once and then no more often
 * than allowed, until somebody has acknowledged it. Bounded: of more than so many the oldest that are over are forgotten.
 */
import type { Clock } from '../../core/clock.js'
import { TradewireError } from '../../core/errors.js'
import { type Logger, silentLogger } from '../../core/logger.js'
import type { Scheduler } from '../../core/scheduler.js'
import { type Alert, type AlertSeverity, type AlertSink, severities } from './alert.js'
import { AlertQueue, type AlertQueueOptions } from './alert-queue.js'

/** How a center works. */
export interface AlertCenterOptions extends AlertQueueOptions {
  time: Clock & Scheduler
  logger?: Logger
  sinks?: readonly AlertSink[]
  /** Alerts remembered; 1,000 unless given. */
  remembered?: number
  /** A cause that stands is told again after this long, while nobody acknowledged it; 60,000 unless given. */
  repeatMs?: number
}

/** What happened. */
export interface AlertCause {
  kind: string
  key?: string
  severity: AlertSeverity
  message: string
  /** An event that is over at once, and not a state that lasts until {@link AlertCenter.resolve}. */
  isEvent?: boolean
}

type MutableAlert = { -readonly [Field in keyof Alert]: Alert[Field] } & { toldUs: number }

/** See the file's header. */
export class AlertCenter {
  /** Called with every alert that is told, in the same turn. */
  onTold: ((alert: Alert) => void) | undefined
  readonly #time: Clock & Scheduler
  readonly #queues: AlertQueue[]
  readonly #remembered: number
  readonly #repeatUs: number
  readonly #alerts = new Map<string, MutableAlert>()
  readonly #logger: Logger
  #nextId = 1

  constructor(options: AlertCenterOptions) {
    this.#time = options.time
    this.#remembered = options.remembered ?? 1_000
    this.#repeatUs = (options.repeatMs ?? 60_000) * 1_000
    this.#logger = options.logger ?? silentLogger
    const onError = (sink: string, error: string) => this.#logger.error({ sink, error }, 'an alert was not delivered')
    this.#queues = (options.sinks ?? []).map((sink) => new AlertQueue(sink, options.time, options, onError))
  }

  /** Raises an alert, or counts up the one of the same cause. */
  raise({ kind, key = '', severity, message, isEvent = false }: AlertCause): Alert {
    const nowUs = this.#time.wallUs()
    const name = `${kind} ${key}`
    const known = this.#alerts.get(name)
    const isFresh =
      known === undefined || !known.isOpen || severities.indexOf(severity) > severities.indexOf(known.severity)
    const alert: MutableAlert = known ?? {
      id: this.#nextId++,
      kind,
      key,
      severity,
      message,
      count: 0,
      firstUs: nowUs,
      lastUs: nowUs,
      acknowledgedBy: undefined,
      isOpen: true,
      toldUs: Number.NEGATIVE_INFINITY,
    }
    if (isFresh) alert.acknowledgedBy = undefined
    alert.severity = severity
    alert.message = message
    alert.count++
    alert.lastUs = nowUs
    alert.isOpen = !isEvent
    this.#alerts.set(name, alert)
    const isDue = nowUs - alert.toldUs >= this.#repeatUs && alert.acknowledgedBy === undefined
    // Events are over at once: the same again within the time is only counted.
    if ((isFresh && !(isEvent && known !== undefined)) || isDue) this.#tell(alert, nowUs)
    this.#forget()
    return alert
  }

  /** The cause is over. */
  resolve(kind: string, key = ''): void {
    const alert = this.#alerts.get(`${kind} ${key}`)
    if (alert === undefined || !alert.isOpen) return
    alert.isOpen = false
    alert.lastUs = this.#time.wallUs()
  }

  /** Somebody has seen it: it is told no more while the cause stands. @throws TradewireError `TW_INVALID_ARGUMENT` for an id that none has. */
  acknowledge(id: number, actor: string): void {
    for (const alert of this.#alerts.values()) {
      if (alert.id !== id) continue
      alert.acknowledgedBy = actor
      return
    }
    throw new TradewireError('TW_INVALID_ARGUMENT', `There is no alert ${id}`)
  }

  /** Alerts, the latest first; `open`: only those whose cause stands. */
  list({ open = false, severity }: { open?: boolean; severity?: AlertSeverity } = {}): Alert[] {
    const least = severity === undefined ? 0 : severities.indexOf(severity)
    return [...this.#alerts.values()]
      .filter((alert) => (!open || alert.isOpen) && severities.indexOf(alert.severity) >= least)
      .sort((a, b) => b.lastUs - a.lastUs || b.id - a.id)
      .map(({ toldUs, ...alert }) => alert)
  }

  /** What became of deliveries, by sink. */
  report(): { sink: string; waiting: number; delivered: number; failed: number; dropped: number }[] {
    return this.#queues.map(({ sink, waiting, counters }) => ({ sink: sink.name, waiting, ...counters }))
  }

  /** Ends the delivery. */
  close(): void {
    for (const queue of this.#queues) queue.close()
  }

  #tell(alert: MutableAlert, nowUs: number): void {
    alert.toldUs = nowUs
    const { toldUs, ...copy } = alert
    const level = alert.severity === 'info' ? 'info' : alert.severity === 'warning' ? 'warn' : 'error'
    this.#logger[level]({ kind: alert.kind, key: alert.key, count: alert.count }, alert.message)
    for (const queue of this.#queues) queue.put(copy)
    this.onTold?.(copy)
  }

  #forget(): void {
    for (const [name, alert] of this.#alerts) {
      if (this.#alerts.size <= this.#remembered) return
      if (!alert.isOpen) this.#alerts.delete(name)
    }
    // All stand: the oldest of them goes.
    for (const name of this.#alerts.keys()) {
      if (this.#alerts.size <= this.#remembered) return
      this.#alerts.delete(name)
    }
  }
}
