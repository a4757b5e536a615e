/**
 * `tradewire journal …`: looking into a journal, proving that it is whole, replaying it to a point, taking it out as text,
 * and repairing a damaged one. Everything but `repair` only reads, beside a running system where there is one.
 */
import { existsSync, readFileSync } from 'node:fs'
import { messageOf, TradewireError } from '../../src/core/errors.js'
import { nodeFileSystem } from '../../src/core/node-file-system.js'
import { listJournal, verifyJournal } from '../../src/journal/inspect-journal.js'
import { unitsToText } from '../../src/model/decimal.js'
import { Instrument } from '../../src/model/instrument.js'
import { planRepair, repairJournal } from '../../src/oms/repair-journal.js'
import type { TradingSystemConfig } from '../../src/system/config.js'
import {
  type RecordSource,
  type RecoveredState,
  type RecoverOptions,
  recoverState,
} from '../../src/system/recover-state.js'
import { exportRecords, lineOf } from './journal-export.js'
import { accountOf, directoryPlaceOf, type JournalDatabase, pathOf, placeOf } from './journal-place.js'
import { type Console, exitCodes, optionsOf, pointOf, table, UsageError } from './support.js'

/** How the commands are used. */
export const journalUsage = `tradewire journal COMMAND DIRECTORY [options]

  In the place of DIRECTORY: the file of a SQLite database, or the address of a PostgreSQL one, such as
  postgres://reader@db/trading with its password in PGPASSWORD; --account NAME where it holds several journals

  list     segments and what lies in them
  verify   reads everything and replays it: would a system start on it, and is all of it there?
  replay   the state that the journal tells: orders, positions, trading states
             --until SEQ|TIME   up to a record, or up to a moment such as 2026-03-02T14:30:00Z
             --all              closed orders, too
  export   the records as text, one a line
             --from SEQ|TIME, --until SEQ|TIME   the part that is wanted
             --type NAME[,NAME]                  only these, such as intent,trade
             --order ID                          only records about this order
             --output FILE                       instead of the standard output
  repair   cuts a damaged journal back to what holds; says what it would do, and does it with --confirm
             --confirm          does it
             --backup DIR       where copies of all files go; DIRECTORY.backup-1 and so on unless given

  --json         plain data instead of text
  --config FILE  the configuration of the system as JSON (replay, verify): sizes of tables, accounting, base currency

  Exit codes: 0 well, 1 the journal is damaged, 2 the command line is wrong, 3 it cannot be read or is in use`

const shared = { json: { type: 'boolean', default: false } } as const

const commands: Readonly<Record<string, (args: readonly string[], console: Console) => number | Promise<number>>> = {
  list,
  verify,
  replay,
  export: exportRecords,
  repair,
}

/** Runs one command. @throws UsageError, TradewireError. */
export async function journalCommand(args: readonly string[], console: Console): Promise<number> {
  const [name, ...rest] = args
  if (name === '--help' || name === '-h' || name === 'help' || rest.includes('--help')) {
    console.out(journalUsage)
    return exitCodes.ok
  }
  const command = name !== undefined && Object.hasOwn(commands, name) ? commands[name] : undefined
  if (command === undefined) {
    const what = name === undefined ? 'a command is missing' : `there is no command ${JSON.stringify(name)}`
    throw new UsageError(`${what}; there are ${Object.keys(commands).join(', ')}\n\n${journalUsage}`)
  }
  return command(rest, console)
}

async function list(args: readonly string[], console: Console): Promise<number> {
  const { values, positionals } = optionsOf(args, shared)
  const place = await placeOf(positionals)
  if (place.kind === 'database') return listDatabase(place, values.json, console)
  const { directory } = place
  const segments = listJournal(nodeFileSystem, directory)
  const claims = nodeFileSystem.list(directory).filter((name) => name.startsWith('journal.lock.'))
  if (values.json) {
    console.out(JSON.stringify({ directory, segments, claims }))
    return exitCodes.ok
  }
  const rows = segments.map((each) => [
    each.path.slice(directory.length + 1),
    each.fileBytes,
    each.validBytes,
    each.records,
    each.firstSeq,
    each.lastSeq,
    each.hasSnapshot ? 'begins with a snapshot' : '',
  ])
  console.out(table(['segment', 'bytes', 'in frames', 'records', 'first', 'last', ''], rows))
  if (claims.length > 0) console.out(`claimed by ${claims.join(', ')}`)
  return exitCodes.ok
}

function listDatabase(database: JournalDatabase, asJson: boolean, console: Console): number {
  const { name, journals } = database
  database.close()
  if (asJson) console.out(JSON.stringify({ database: name, journals }))
  else if (journals.length === 0) console.out(`no journals in ${name}`)
  else {
    const rows = journals.map((each) => [
      each.account,
      each.bytes,
      each.groups,
      each.snapshots,
      each.firstSeq,
      each.lastSeq,
      each.epoch,
      each.owner,
    ])
    console.out(table(['account', 'bytes', 'groups', 'snapshots', 'first', 'last', 'epoch', 'taken by'], rows))
  }
  return exitCodes.ok
}

async function verify(args: readonly string[], console: Console): Promise<number> {
  const { values, positionals } = optionsOf(args, {
    ...shared,
    config: { type: 'string' },
    account: { type: 'string' },
  })
  const place = await placeOf(positionals)
  if (place.kind === 'database') return verifyDatabase(place, values, console)
  const { directory } = place
  const verdict = verifyJournal(nodeFileSystem, directory)
  const recovered = verdict.state === 'damaged' ? undefined : recoverWith(values, { directory })
  const isGood = verdict.state === 'sound' || verdict.state === 'torn'
  if (values.json) console.out(JSON.stringify({ directory, ...verdict, recovery: recovered?.report }))
  else {
    const { records, firstSeq, lastSeq, bytes, droppedBytes, problem } = verdict
    console.out(`${verdictText[verdict.state]}: ${directory}`)
    console.out(`records ${firstSeq} to ${lastSeq}: ${records} in ${bytes} bytes`)
    if (droppedBytes > 0)
      console.out(`${droppedBytes} bytes of a write cut short at the end, which no order depended on`)
    if (problem !== undefined) console.out(`problem: ${problem.message}`)
    if (recovered !== undefined) {
      const { records: read, orders, fills } = recovered.report
      console.out(
        `a start reads ${read} records from the latest snapshot on: ${orders} orders, ${fills} fills after it`,
      )
    } else console.out('a start is refused; `tradewire journal repair` says what can be kept')
  }
  return isGood ? exitCodes.ok : exitCodes.damaged
}

/** Groups are whole or not there: what can be wrong is their bytes, and that one is missing. */
async function verifyDatabase(
  database: JournalDatabase,
  values: { config?: string | undefined; account?: string | undefined; json: boolean },
  console: Console,
): Promise<number> {
  const { name } = database
  try {
    const account = accountOf(database, values.account)
    let records = 0
    let lastSeq = 0
    const all = await database.read(account, 'start')
    all((_type, seq) => {
      records++
      lastSeq = seq
    }, 'start')
    const { report } = recoverWith(values, { records: await database.read(account, 'snapshot') })
    if (values.json)
      console.out(JSON.stringify({ database: name, account, state: 'sound', records, lastSeq, recovery: report }))
    else {
      console.out(`sound: ${account} in ${name}`)
      console.out(`${records} records up to ${lastSeq}`)
      console.out(
        `a start reads ${report.records} records from the latest snapshot on: ${report.orders} orders, ${report.fills} fills after it`,
      )
    }
    return exitCodes.ok
  } finally {
    database.close()
  }
}

const verdictText = {
  sound: 'sound',
  torn: 'sound, but for a torn last write',
  'damaged-history': 'opens, but its history before the latest snapshot is damaged',
  damaged: 'DAMAGED',
} as const

async function replay(args: readonly string[], console: Console): Promise<number> {
  const { values, positionals } = optionsOf(args, {
    ...shared,
    config: { type: 'string' },
    account: { type: 'string' },
    until: { type: 'string' },
    all: { type: 'boolean', default: false },
  })
  const until = values.until === undefined ? {} : { until: pointOf('until', values.until) }
  const place = await placeOf(positionals)
  const recovered =
    place.kind === 'directory'
      ? recoverWith(values, { directory: place.directory, ...until })
      : await recoverDatabase(place, values, until)
  if (values.json) {
    const { state, report, journal, strategyStates } = recovered
    console.out(JSON.stringify({ journal, report, state, strategyStates: Object.fromEntries(strategyStates) }))
  } else printState(recovered, values.all, console)
  return exitCodes.ok
}

function printState({ state, report, journal, instruments }: RecoveredState, all: boolean, console: Console): void {
  const isOpen = (order: Record<string, unknown>) =>
    !['FILLED', 'CANCELED', 'REJECTED', 'EXPIRED', 'DENIED'].includes(String(order.status))
  const orders = all ? state.orders : state.orders.filter(isOpen)
  console.out(
    `${journal.records} records up to ${journal.lastSeq}: ${state.orders.length} orders kept, ${state.orders.filter(isOpen).length} of them open, ${report.fills} fills`,
  )
  const scales = new Map(instruments.map((each) => [each.id, new Instrument(each, 0).sizeScale]))
  const quantity = (instrument: unknown, units: unknown) =>
    unitsToText(Number(units), scales.get(String(instrument)) ?? 0)
  if (orders.length > 0) {
    const rows = orders.map((order) => [
      String(order.clientOrderId ?? order.number),
      String(order.instrument),
      Number(order.side) > 0 ? 'buy' : 'sell',
      String(order.type),
      String(order.status),
      quantity(order.instrument, order.quantity),
      quantity(order.instrument, order.filled),
      String(order.average ?? ''),
      String(order.connector ?? ''),
    ])
    console.out(
      `\n${table(['order', 'instrument', 'side', 'type', 'status', 'quantity', 'filled', 'average', 'connector'], rows)}`,
    )
  }
  if (state.limitsUsed.length > 0) {
    const rows = state.limitsUsed.map((used) => [
      String(used.account),
      String(used.instrument),
      quantity(used.instrument, used.position),
      quantity(used.instrument, used.buying),
      quantity(used.instrument, used.selling),
    ])
    console.out(`\n${table(['account', 'instrument', 'position', 'open buys', 'open sells'], rows)}`)
  }
  for (const each of state.tradingStates as { scope: string; index: number; state: string; isKilled: boolean }[])
    console.out(`${each.scope} ${each.index}: ${each.state}${each.isKilled ? ', kill switch' : ''}`)
}

async function recoverDatabase(
  database: JournalDatabase,
  values: { config?: string | undefined; account?: string | undefined },
  until: Pick<RecoverOptions, 'until'>,
): Promise<RecoveredState> {
  try {
    const account = accountOf(database, values.account)
    const records = await database.read(account, until.until === undefined ? 'snapshot' : 'start')
    return recoverWith(values, { records, ...until })
  } finally {
    database.close()
  }
}

/** Tables of the usual size, and larger ones where the journal turns out to come from a larger system. */
function recoverWith(
  values: { config?: string | undefined },
  where: ({ directory: string } | { records: RecordSource }) & Pick<RecoverOptions, 'until'>,
): RecoveredState {
  const given = configOf(values)
  for (let factor = 1; ; factor *= 8) {
    const limits = { orders: 8_192 * factor, instruments: 1_024 * factor, accounts: Math.min(1_024, 16 * factor) }
    const config = given.config ?? { limits: { ...limits, strategies: Math.min(4_096, 256 * factor) } }
    try {
      return 'directory' in where
        ? recoverState({ fileSystem: nodeFileSystem, ...where, config })
        : recoverState({ ...where, config })
    } catch (error) {
      const isTooSmall = error instanceof TradewireError && error.code === 'TW_CAPACITY'
      if (!isTooSmall || given.config !== undefined || factor >= 64) throw error
    }
  }
}

function configOf({ config }: { config?: string | undefined }): { config?: TradingSystemConfig } {
  if (config === undefined) return {}
  const path = pathOf(config)
  if (!existsSync(path)) throw new UsageError(`there is no file ${path}`)
  try {
    return { config: JSON.parse(readFileSync(path, 'utf8')) as TradingSystemConfig }
  } catch (error) {
    throw new UsageError(`${path} is no JSON: ${messageOf(error)}`, { cause: error })
  }
}

async function repair(args: readonly string[], console: Console): Promise<number> {
  const { values, positionals } = optionsOf(args, {
    ...shared,
    confirm: { type: 'boolean', default: false },
    backup: { type: 'string' },
  })
  const directory = await directoryPlaceOf(positionals, 'repair')
  const backup = values.backup === undefined ? freeBackup(directory) : pathOf(values.backup)
  const report = values.confirm
    ? await repairJournal({ fileSystem: nodeFileSystem, directory, backup })
    : planRepair({ fileSystem: nodeFileSystem, directory })
  if (values.json) console.out(JSON.stringify({ directory, isDone: values.confirm && report !== undefined, ...report }))
  else if (report === undefined) console.out(`nothing to repair: ${directory} opens as it is`)
  else {
    console.out(`${report.message}`)
    console.out(
      `${values.confirm ? 'cut' : 'a repair cuts'} ${report.path} at byte ${report.offset}, before record ${report.expectedSeq}`,
    )
    for (const path of report.laterSegments) console.out(`${values.confirm ? 'removed' : 'and removes'} ${path}`)
    console.out(
      `${report.dropped.length} whole records behind the damage ${values.confirm ? 'are' : 'would be'} dropped:`,
    )
    for (const record of report.dropped) console.out(`  ${lineOf(record)}`)
    if (values.confirm) console.out(`copies of all files are in ${backup}`)
    else console.out(`nothing was changed; add --confirm to do it, with copies of all files in ${backup}`)
    console.out(
      'what was lost is found at the venue: orders of that part come back as external ones when a system starts',
    )
  }
  return report === undefined || values.confirm ? exitCodes.ok : exitCodes.damaged
}

function freeBackup(directory: string): string {
  for (let n = 1; ; n++) if (!existsSync(`${directory}.backup-${n}`)) return `${directory}.backup-${n}`
}
