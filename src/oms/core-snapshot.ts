/**
 * The whole state of the order plane as one journal record: what a restart would otherwise find by replaying everything
 * from the first record on. Read into an empty core, it gives the state that was, field by field; the records behind it are
 * applied to it like to any other.
 */
import { TradewireError } from '../core/errors.js'
import type { RecordWriter } from '../journal/journal.js'
import type { RecordReader } from '../journal/record-reader.js'
import type { InstrumentDefinition } from '../model/instrument.js'
import { type PortfolioState, portfolioToState, restorePortfolio } from '../portfolio/portfolio-state.js'
import { type Scope, scopes, TradingState } from '../risk/trading-state.js'
import type { OrderCore } from './order-core.js'
import { restoreOrders, saveOrders } from './order-snapshot.js'
import { NameKind } from './records.js'
import { riskMemoryName } from './risk-memory.js'
import { killLevels } from './trading-controls.js'

/** Layout of the record. To be raised with every change of it, and with every change of the fields of orders and trades. */
export const snapshotVersion = 6
/** Layout of journals from before it was remembered what of forgotten orders was concluded. */
const versionWithoutConcluded = 5
/** Layout of journals from before it was remembered when orders were last heard of. */
const versionWithoutTimes = 4
/** Layout of journals from before there were stock splits. */
const versionWithoutSplits = 3
/** Layout of journals from before positions had names. */
const versionWithoutPositions = 2
/** Layout of journals from before there were parent orders. */
const versionWithoutParents = 1

/** Writes the state of a core. `session`: its number. */
export function saveCore(core: OrderCore, session: number, writer: RecordWriter): void {
  writer.u16(snapshotVersion)
  writer.f64(session)
  writer.u32(core.instruments.size)
  for (const { definition } of core.instruments) writer.string(JSON.stringify(definition))
  for (const kind of nameKinds) {
    const table = core.nameBook.table(kind)
    writer.u32(table.size)
    for (let index = 0; index < table.size; index++) writer.string(table.name(index))
  }
  core.ids.save(writer)
  saveOrders(core, writer)
  core.operatorActs.save(writer)
  core.identities.save(writer)
  core.externalExecs.save(writer)
  savePositions(core, writer)
  saveStates(core, writer)
  if (core.riskMemory !== undefined) core.facts.strategyStates.set(riskMemoryName, core.riskMemory.save())
  writer.u32(core.facts.strategyStates.size)
  for (const [strategy, state] of core.facts.strategyStates) {
    writer.string(strategy)
    writer.string(state)
  }
  writer.string(JSON.stringify(portfolioToState(core.ledger.portfolio)))
  core.parents.saveAll(writer)
  core.splits.save(writer)
}

/**
 * Reads what {@link saveCore} wrote into a core that knows nothing yet; returns the number of the session.
 *
 * @throws TradewireError `TW_JOURNAL_VERSION` for another layout; `TW_CAPACITY` where the tables are too small;
 * `TW_INVALID_STATE` where accounting or base currency are not those of the snapshot.
 */
export function restoreCore(core: OrderCore, reader: RecordReader): number {
  const version = reader.u16()
  if (!(version >= versionWithoutParents && version <= snapshotVersion))
    throw new TradewireError(
      'TW_JOURNAL_VERSION',
      `The journal holds a snapshot of version ${version}, this release reads version ${snapshotVersion}`,
    )
  const session = reader.f64()
  for (let left = reader.u32(); left > 0; left--)
    core.instruments.add(JSON.parse(reader.string()) as InstrumentDefinition)
  for (const kind of version > versionWithoutPositions ? nameKinds : nameKinds.slice(0, NameKind.position))
    for (let left = reader.u32(); left > 0; left--) core.nameBook.intern(kind, reader.string())
  core.ids.restore(reader)
  restoreOrders(core, reader)
  core.operatorActs.restore(reader)
  core.identities.restore(reader, {
    hasTimes: version > versionWithoutTimes,
    hasConcluded: version > versionWithoutConcluded,
  })
  core.externalExecs.restore(reader)
  restorePositions(core, reader)
  restoreStates(core, reader)
  for (let left = reader.u32(); left > 0; left--) core.facts.strategyStates.set(reader.string(), reader.string())
  restoreBooks(core, reader)
  if (version > versionWithoutParents) core.parents.restoreAll(reader)
  if (version > versionWithoutSplits) core.splits.restore(reader)
  return session
}

const nameKinds = Object.keys(NameKind) as (keyof typeof NameKind)[]

/** Positions as the risk gate counts them, by account and instrument. */
function savePositions({ gate, names, instruments, sizes }: OrderCore, writer: RecordWriter): void {
  const held: [account: number, instrument: number, units: number][] = []
  for (let account = 0; account < names.accounts.size; account++) {
    for (let instrument = 0; instrument < Math.min(instruments.size, sizes.instrument); instrument++) {
      const units = gate.exposure.position[gate.exposure.keyOf(account, instrument)]
      if (units !== 0) held.push([account, instrument, units])
    }
  }
  writer.u32(held.length)
  for (const [account, instrument, units] of held) {
    writer.u32(account)
    writer.u32(instrument)
    writer.f64(units)
  }
}

function restorePositions({ gate, sizes }: OrderCore, reader: RecordReader): void {
  for (let left = reader.u32(); left > 0; left--) {
    const account = reader.u32()
    const instrument = reader.u32()
    if (account >= sizes.account || instrument >= sizes.instrument)
      throw new TradewireError(
        'TW_CAPACITY',
        'The journal holds positions beyond limits.accounts or limits.instruments; set them to what they were',
      )
    gate.exposure.applyFill(account, instrument, reader.f64())
  }
}

function saveStates({ gate, controls }: OrderCore, writer: RecordWriter): void {
  const states = gate.states.list()
  writer.u32(states.length)
  for (const { scope, index, state, isKilled } of states) {
    writer.u8(scopes.indexOf(scope))
    writer.i32(index)
    writer.u8(TradingState[state])
    writer.bool(isKilled)
    writer.u8(killLevels.indexOf(controls.levelOf(scope, index)))
  }
}

function restoreStates({ gate, controls }: OrderCore, reader: RecordReader): void {
  for (let left = reader.u32(); left > 0; left--) {
    const scope = scopes[reader.u8()] as Scope
    const index = reader.i32()
    const state = reader.u8()
    const isKilled = reader.bool()
    // Once it was only said whether it cancels: 0 or 1.
    const level = killLevels[reader.u8()] ?? 'cancel'
    if (isKilled) controls.restoreKill(scope, index, level)
    else gate.states.set(scope, index, state === TradingState.REDUCING ? 'REDUCING' : 'HALTED')
  }
}

/** Positions and profit. Capital is the configuration's to say, as after a replay. */
function restoreBooks({ ledger, instruments }: OrderCore, reader: RecordReader): void {
  const { portfolio } = ledger
  const { capital } = portfolio
  const state = JSON.parse(reader.string()) as PortfolioState
  restorePortfolio(portfolio, state, (id) => instruments.get(id))
  portfolio.setCapital(capital)
}
