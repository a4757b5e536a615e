/** What a journal means: its records in words, and the state they lead to, as plain data. */
import { nodeFileSystem, recoverState } from 'tradewire'
import { readJournal } from 'tradewire/journal'
import { RecordDescriber, type RecordDescription } from 'tradewire/oms'

/** Reads a journal in both ways. */
export function meaningOf(directory: string): { records: RecordDescription[]; state: unknown; restart: unknown } {
  const describer = new RecordDescriber({ baseCurrency: 'USD' })
  const records: RecordDescription[] = []
  readJournal(nodeFileSystem, directory, (type, seq, record) => records.push(describer.describe(type, seq, record)), {
    from: 'start',
  })
  const whole = recoverState({ fileSystem: nodeFileSystem, directory, until: { seq: Number.MAX_SAFE_INTEGER } })
  const restart = recoverState({ fileSystem: nodeFileSystem, directory })
  return JSON.parse(JSON.stringify({ records, state: whole.state, restart: restart.state }))
}
