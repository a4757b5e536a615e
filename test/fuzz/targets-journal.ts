/** Files of our own that a disk may have damaged: the journal, the store of a FIX session, the audit trail. */
import { FileStore } from '../../src/connectors/fix/store/file-store.js'
import { inspectStore, readStoredMessages } from '../../src/connectors/fix/store/inspect.js'
import { readJournal } from '../../src/journal/read-journal.js'
import { openSegmentJournal } from '../../src/journal/segment-journal.js'
import { AuditTrail } from '../../src/oms/audit/audit-trail.js'
import { SimulatedDisk } from '../../src/testing/simulated-disk.js'
import type { FuzzTarget } from './harness.js'

const journalPath = 'journal/segment-00000001.journal'

function journalBytes(records: number): Uint8Array {
  const disk = new SimulatedDisk({ seed: 1 })
  const journal = openSegmentJournal({
    fileSystem: disk.mount(),
    directory: 'journal',
    durability: 'fsync',
    preallocateBytes: 0,
  })
  for (let n = 0; n < records; n++) {
    const writer = journal.begin(1 + (n % 5))
    writer.u32(n)
    writer.string(`record ${n}`)
    journal.commit()
  }
  journal.flush()
  return disk.readFile(journalPath)
}

function installed(path: string, content: Uint8Array): SimulatedDisk {
  const disk = new SimulatedDisk({ seed: 1 })
  disk.makeDirectory(path.slice(0, path.lastIndexOf('/')))
  disk.install(path, content)
  return disk
}

function fixStore(): { path: string; content: Uint8Array } {
  const disk = new SimulatedDisk({ seed: 1 })
  const store = new FileStore(disk, 'fix')
  for (let number = 1; number <= 5; number++) {
    const message = Buffer.from(`8=FIX.4.4\u00019=5\u000135=D\u000134=${number}\u000110=000\u0001`, 'latin1')
    store.append(message, 0, message.length)
  }
  store.setNextIncoming(7)
  store.commit()
  store.close()
  const name = disk.list('fix').find((each) => disk.readFile(`fix/${each}`).length > 0) as string
  return { path: `fix/${name}`, content: disk.readFile(`fix/${name}`) }
}

function auditBytes(): Uint8Array {
  const disk = new SimulatedDisk({ seed: 1 })
  const trail = AuditTrail.open({ fileSystem: disk, path: 'audit/log', nowUs: () => 5 })
  for (let n = 0; n < 4; n++)
    trail.append({ kind: 'order', actor: 'me', subject: `o${n}`, data: { n, text: 'zwölf "x"' } })
  trail.close()
  return disk.readFile('audit/log')
}

const storeFile = fixStore()

/** A whole file, read once when it is opened. */
const maxMs = 500

/** Targets of files. */
export const journalTargets: readonly FuzzTarget[] = [
  {
    name: 'journal',
    maxMs,
    samples: () => [journalBytes(1), journalBytes(20), journalBytes(200)],
    read: (input) =>
      readJournal(installed(journalPath, input), 'journal', (_type, _seq, record) => {
        record.u32()
        record.string()
      }),
  },
  {
    name: 'fix-store',
    maxMs,
    samples: () => [storeFile.content],
    read(input) {
      const disk = installed(storeFile.path, input)
      inspectStore(disk, 'fix')
      readStoredMessages(disk, 'fix')
      new FileStore(disk, 'fix').close()
    },
  },
  {
    name: 'audit-trail',
    maxMs,
    samples: () => [auditBytes()],
    read(input) {
      const trail = AuditTrail.open({ fileSystem: installed('audit/log', input), path: 'audit/log', nowUs: () => 5 })
      trail.verify()
      trail.query()
      trail.close()
    },
  },
]
