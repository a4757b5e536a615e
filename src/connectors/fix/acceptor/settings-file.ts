/**
 * Settings in the syntax of QuickFIX: `[DEFAULT]` and `[SESSION]` sections of `Name=Value` lines, `#` for comments. Brokers hand
 * them out, and programs that move here from QuickFIX have them.
 */
import { TradewireError } from '../../../core/errors.js'
import type { FixValidation } from '../dictionary/validator.js'
import type { FixSessionConfig } from '../session/config.js'
import type { ScheduleConfig, Weekday } from '../session/schedule.js'

/** One session of a settings file. Names are as in the file; those of `[DEFAULT]` are filled in. */
export interface SettingsSection {
  readonly settings: ReadonlyMap<string, string>
  /** Line of the section's head, for messages. */
  readonly line: number
}

/** What one section says, in our terms. */
export interface SessionFromSettings {
  readonly config: FixSessionConfig
  readonly validation: FixValidation
  /** Paths of dictionaries: the only one, or that of the application and of the transport. */
  readonly dictionaries: { readonly application?: string; readonly transport?: string }
  /** Port to listen on. */
  readonly acceptPort?: number
  readonly acceptHost?: string
  readonly connectHost?: string
  readonly connectPort?: number
  /** Folder of the message store; without it messages are kept in memory. */
  readonly storePath?: string
  readonly logPath?: string
  /** Settings that have no meaning here. */
  readonly ignored: readonly string[]
}

/**
 * Splits a settings text into its sessions.
 *
 * @throws TradewireError `TW_INVALID_CONFIG` naming the line that is no setting.
 */
export function parseSettings(text: string): SettingsSection[] {
  const defaults = new Map<string, string>()
  const sections: { settings: Map<string, string>; line: number }[] = []
  let current: Map<string, string> | undefined
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const line = raw.trim()
    if (line === '' || line.startsWith('#')) continue
    const section = /^\[(\w+)\]$/.exec(line)?.[1]?.toUpperCase()
    if (section === 'DEFAULT') current = defaults
    else if (section === 'SESSION') {
      current = new Map()
      sections.push({ settings: current, line: index + 1 })
    } else {
      const equals = line.indexOf('=')
      if (current === undefined || equals < 1 || section !== undefined) {
        throw new TradewireError('TW_INVALID_CONFIG', `line ${index + 1} of the settings is no setting: ${line}`)
      }
      current.set(line.slice(0, equals).trim(), line.slice(equals + 1).trim())
    }
  }
  return sections.map(({ settings, line }) => ({ settings: new Map([...defaults, ...settings]), line }))
}

/** Names that decide about nothing here. */
const meaningless: ReadonlySet<string> = new Set(['SocketReuseAddress', 'SocketNodelay', 'PersistMessages'])

/**
 * A section in our terms.
 *
 * @throws TradewireError `TW_INVALID_CONFIG` naming the setting that is missing or wrong.
 */
export function sessionFromSettings({ settings, line }: SettingsSection): SessionFromSettings {
  const reader = new SettingsReader(settings, line)
  const config = configOf(reader)
  const dictionaries = {
    ...optional('application', reader.text('AppDataDictionary') ?? reader.text('DataDictionary')),
    ...optional('transport', reader.text('TransportDataDictionary')),
  }
  const usesDictionary = reader.flag('UseDataDictionary') ?? true
  return {
    config,
    validation: validationOf(reader),
    dictionaries: usesDictionary ? dictionaries : {},
    ...optional('acceptPort', reader.number('SocketAcceptPort')),
    ...optional('acceptHost', reader.text('SocketAcceptHost')),
    ...optional('connectHost', reader.text('SocketConnectHost')),
    ...optional('connectPort', reader.number('SocketConnectPort')),
    ...optional('storePath', reader.text('FileStorePath')),
    ...optional('logPath', reader.text('FileLogPath')),
    ignored: reader.unread().filter((name) => !meaningless.has(name)),
  }
}

function configOf(reader: SettingsReader): FixSessionConfig {
  const type = reader.required('ConnectionType')
  if (type !== 'acceptor' && type !== 'initiator') reader.fail('ConnectionType', 'acceptor or initiator')
  const schedule = scheduleOf(reader)
  return {
    role: type as FixSessionConfig['role'],
    beginString: reader.required('BeginString'),
    senderCompId: reader.required('SenderCompID'),
    targetCompId: reader.required('TargetCompID'),
    ...optional('senderSubId', reader.text('SenderSubID')),
    ...optional('senderLocationId', reader.text('SenderLocationID')),
    ...optional('targetSubId', reader.text('TargetSubID')),
    ...optional('targetLocationId', reader.text('TargetLocationID')),
    ...optional('qualifier', reader.text('SessionQualifier')),
    ...optional('defaultApplVerId', reader.text('DefaultApplVerID')),
    ...optional('heartBtIntSeconds', reader.number('HeartBtInt')),
    ...optional('resetOnLogon', reader.flag('ResetOnLogon')),
    ...optional('resetOnLogout', reader.flag('ResetOnLogout')),
    ...optional('resetOnDisconnect', reader.flag('ResetOnDisconnect')),
    ...optional('refreshOnLogon', reader.flag('RefreshOnLogon')),
    ...optional('checkCompIds', reader.flag('CheckCompID')),
    ...optional('checkLatency', reader.flag('CheckLatency')),
    ...optional('maxLatencyMs', reader.seconds('MaxLatency')),
    ...optional('logonTimeoutMs', reader.seconds('LogonTimeout')),
    ...optional('logoutTimeoutMs', reader.seconds('LogoutTimeout')),
    ...optional('nextExpectedMsgSeqNum', reader.flag('SendNextExpectedMsgSeqNum')),
    ...optional('lastMsgSeqNumProcessed', reader.flag('EnableLastMsgSeqNumProcessed')),
    ...optional('timestampPrecision', precisionOf(reader)),
    ...optional('schedule', schedule),
  }
}

function validationOf(reader: SettingsReader): FixValidation {
  return {
    ...optional('sectionOrder', reader.flag('ValidateFieldsOutOfOrder')),
    ...optional('emptyFields', reader.flag('ValidateFieldsHaveValues')),
    ...optional('userDefinedFields', reader.flag('ValidateUserDefinedFields')),
    ...optional('messageFields', not(reader.flag('AllowUnknownMsgFields'))),
  }
}

const precisions = ['seconds', 'milliseconds', 'microseconds', 'nanoseconds'] as const

function precisionOf(reader: SettingsReader): (typeof precisions)[number] | undefined {
  const digits = reader.number('TimestampPrecision')
  if (digits === undefined) return undefined
  return precisions[digits / 3] ?? reader.fail('TimestampPrecision', '0, 3, 6 or 9')
}

function scheduleOf(reader: SettingsReader): ScheduleConfig | undefined {
  const startTime = reader.text('StartTime')
  const endTime = reader.text('EndTime')
  const startDay = reader.text('StartDay')
  const endDay = reader.text('EndDay')
  const timeZone = reader.text('TimeZone')
  if (reader.flag('NonStopSession') === true || startTime === undefined || endTime === undefined) return undefined
  return {
    startTime,
    endTime,
    ...optional('timeZone', timeZone),
    ...optional('startDay', startDay === undefined ? undefined : weekdayOf(startDay)),
    ...optional('endDay', endDay === undefined ? undefined : weekdayOf(endDay)),
  }
}

/** `Monday`, `mon`: the first three letters say it. What they do not say, the schedule refuses. */
function weekdayOf(text: string): Weekday {
  return text.slice(0, 3).toLowerCase() as Weekday
}

function not(value: boolean | undefined): boolean | undefined {
  return value === undefined ? undefined : !value
}

/** A property that is left out where it has no value. */
function optional<Name extends string, Value>(name: Name, value: Value | undefined): { [Key in Name]?: Value } {
  return (value === undefined ? {} : { [name]: value }) as { [Key in Name]?: Value }
}

/** Reads settings by type, and remembers which were read. */
class SettingsReader {
  readonly #settings: ReadonlyMap<string, string>
  readonly #line: number
  readonly #read = new Set<string>()

  constructor(settings: ReadonlyMap<string, string>, line: number) {
    this.#settings = settings
    this.#line = line
  }

  text(name: string): string | undefined {
    this.#read.add(name)
    return this.#settings.get(name)
  }

  required(name: string): string {
    return this.text(name) ?? this.fail(name, 'set')
  }

  number(name: string): number | undefined {
    const text = this.text(name)
    if (text === undefined) return undefined
    return /^\d{1,9}$/.test(text) ? Number(text) : this.fail(name, 'a whole number')
  }

  /** Seconds in the file, milliseconds here. */
  seconds(name: string): number | undefined {
    const seconds = this.number(name)
    return seconds === undefined ? undefined : seconds * 1_000
  }

  flag(name: string): boolean | undefined {
    const text = this.text(name)
    if (text === undefined) return undefined
    if (text === 'Y' || text === 'N') return text === 'Y'
    return this.fail(name, 'Y or N')
  }

  unread(): string[] {
    return [...this.#settings.keys()].filter((name) => !this.#read.has(name))
  }

  fail(name: string, expected: string): never {
    const got = this.#settings.get(name)
    const message = `${name} of the session in line ${this.#line} must be ${expected}${got === undefined ? '' : `, got "${got}"`}`
    throw new TradewireError('TW_INVALID_CONFIG', message)
  }
}
