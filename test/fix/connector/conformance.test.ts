/** The conformance kit over the FIX connector and the FIX venue, on real sockets, version by version. */

import { FixConnector } from '../../../src/connectors/fix/connector/fix-connector.js'
import type { FixProfile } from '../../../src/connectors/fix/connector/profile.js'
import { type FixVersion, loadFixDictionary } from '../../../src/connectors/fix/dictionary/built-in.js'
import type { FixDictionary } from '../../../src/connectors/fix/dictionary/dictionary.js'
import { testShare } from '../../../src/testing/builders.js'
import { describeConformance } from '../../../src/testing/conformance/index.js'
import { passing } from '../../support/conformance.js'
import { runs } from '../../support/runs.js'
import { FixConformanceVenue } from './conformance-venue.js'

const data = { quotes: true, trades: true, book: true }
const full: FixProfile = { massStatus: 'all', trades: true, positions: true, balances: true, marketData: data }

/** What each version is run with: before FIX 4.4 there are no lists of positions, before 4.3 none of orders, before 4.2 no data. */
const noData = 'the version has no market data, and the case waits for quotes'
const early = {
  'REC-007': 'the times of the version are whole seconds',
  ...Object.fromEntries(['SYS-001', 'SYS-002', 'SYS-003', 'SYS-004'].map((id) => [id, noData])),
}
const all: readonly { version: FixVersion; profile: FixProfile; isOften?: true; skip?: Record<string, string> }[] = [
  { version: 'FIX.4.0', profile: {}, skip: early },
  { version: 'FIX.4.1', profile: {}, skip: early },
  { version: 'FIX.4.2', profile: { marketData: data }, isOften: true },
  { version: 'FIX.4.3', profile: { massStatus: 'all', marketData: data, quietMs: 100 } },
  { version: 'FIX.4.4', profile: full, isOften: true },
  { version: 'FIX.5.0', profile: full },
  { version: 'FIX.5.0SP1', profile: full },
  { version: 'FIX.5.0SP2', profile: full, isOften: true },
]
const versions = runs({ ci: 0, full: 1 }) === 1 ? all : all.filter(({ isOften }) => isOften)

for (const { version, profile, skip = {} } of versions) {
  const isFixt = version.startsWith('FIX.5')
  const beginString = isFixt ? 'FIXT.1.1' : version
  const common = { beginString, heartBtIntSeconds: 1, ...(isFixt ? { defaultApplVerId: version } : {}) }
  let dictionary: FixDictionary | undefined
  describeConformance(passing, `FIX connector, ${version}`, {
    skip,
    venue: async (time) => {
      dictionary ??= await loadFixDictionary(version)
      return FixConformanceVenue.open(time, testShare, { ...common, dictionary })
    },
    create: (venue, connection) =>
      new FixConnector({
        session: { ...common, senderCompId: 'CLIENT', targetCompId: 'VENUE', logoutTimeoutMs: 200 },
        endpoints: [{ host: '127.0.0.1', port: venue.venue.port }],
        dictionary: dictionary as FixDictionary,
        instruments: [testShare],
        environment: 'simulated',
        profile,
        connection,
      }),
  })
}
