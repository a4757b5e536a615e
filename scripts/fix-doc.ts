/**
 * Writes the tables of docs/fix.md (`--write`), or fails when they are not current: settings from the TSDoc of their interfaces,
 * what each version can do from its dictionary. Tables stand between `<!-- table NAME -->` and `<!-- end -->`.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { MessageRules } from '../src/connectors/fix/connector/message-rules.js'
import { orderWordsOf } from '../src/connectors/fix/connector/order-words.js'
import { fixVersions, loadFixDictionary } from '../src/connectors/fix/dictionary/built-in.js'
import { orderTypes, timesInForce } from '../src/model/order-types.js'
import { root } from './support/run.js'

const page = join(root, 'docs', 'fix.md')
const source = join(root, 'src', 'connectors', 'fix')

/** Interfaces by the name of their table: file and name. */
const settings: Readonly<Record<string, readonly [file: string, name: string]>> = {
  names: [join(source, 'session/identity.ts'), 'SessionIdentity'],
  session: [join(source, 'session/config.ts'), 'FixSessionConfig'],
  credentials: [join(source, 'session/credentials.ts'), 'LogonCredentials'],
  'logon-context': [join(source, 'session/parts.ts'), 'LogonContext'],
  'logon-fields': [join(source, 'session/parts.ts'), 'LogonFields'],
  throttle: [join(source, 'session/config.ts'), 'ThrottleConfig'],
  schedule: [join(source, 'session/schedule.ts'), 'ScheduleConfig'],
  connector: [join(source, 'connector/connector-options.ts'), 'FixConnectorOptions'],
  endpoint: [join(source, 'session/initiator.ts'), 'FixEndpoint'],
  validation: [join(source, 'dictionary/validator.ts'), 'FixValidation'],
  limits: [join(source, 'codec/limits.ts'), 'FixLimits'],
  link: [join(source, 'connector/connector-options.ts'), 'FixLinkOptions'],
  profile: [join(source, 'connector/profile.ts'), 'FixProfile'],
  words: [join(source, 'connector/order-words.ts'), 'OrderWordChanges'],
  'order-type': [join(source, 'connector/order-words.ts'), 'OrderTypeWord'],
  field: [join(source, 'connector/profile.ts'), 'FieldValue'],
  symbology: [join(source, 'connector/symbology.ts'), 'SymbologyProfile'],
  algorithms: [join(source, 'connector/profile.ts'), 'AlgorithmProfile'],
  'market-data': [join(source, 'connector/profile.ts'), 'MarketDataProfile'],
  store: [join(source, 'store/file-store.ts'), 'FileStoreOptions'],
  mask: [join(source, 'store/mask.ts'), 'MaskOptions'],
  log: [join(source, 'store/message-log.ts'), 'FileMessageLogOptions'],
  'session-parts': [join(source, 'session/fix-session.ts'), 'FixSessionOptions'],
  message: [join(source, 'codec/message.ts'), 'FixMessageOptions'],
  framer: [join(source, 'codec/framer.ts'), 'FixFramerOptions'],
  acceptor: [join(source, 'acceptor/acceptor.ts'), 'FixAcceptorOptions'],
  initiator: [join(source, 'session/initiator.ts'), 'FixInitiatorOptions'],
  venue: [join(root, 'src/gateways/fix-venue/fix-venue.ts'), 'FixVenueOptions'],
  'venue-session': [join(root, 'src/gateways/fix-venue/fix-venue.ts'), 'FixVenueSession'],
}

/** A table of the members that an interface declares itself. */
function settingsTable(file: string, name: string): string {
  const parsed = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true)
  let found: ts.InterfaceDeclaration | undefined
  parsed.forEachChild((node) => {
    if (ts.isInterfaceDeclaration(node) && node.name.text === name) found = node
  })
  if (found === undefined) throw new Error(`${file} declares no interface ${name}`)
  const rows = found.members.filter(ts.isPropertySignature).map((member) => {
    const text = member.type?.getText(parsed).replaceAll(/\s+/g, ' ').replaceAll('readonly ', '') ?? ''
    const comment = ts
      .getJSDocCommentsAndTags(member)
      .map((doc) => ts.getTextOfJSDocComment(doc.comment) ?? '')
      .join(' ')
    if (comment === '') throw new Error(`${name}.${member.name.getText(parsed)} says nothing of what it means`)
    const required = member.questionToken === undefined ? ' (required)' : ''
    return `| \`${member.name.getText(parsed)}\`${required} | \`${text.replaceAll('|', '\\|')}\` | ${plain(comment)} |`
  })
  return ['| setting | type | meaning |', '|---|---|---|', ...rows].join('\n')
}

function plain(comment: string): string {
  return comment
    .replaceAll(/\{@link ([^}]*)\}/g, '`$1`')
    .replaceAll(/\s+/g, ' ')
    .replaceAll('|', '\\|')
    .trim()
}

const yes = 'yes'
const no = ''

/** What the connector and the venue can say in each version. */
async function versionsTable(): Promise<string> {
  const versions = fixVersions.filter((version) => version !== 'FIXT.1.1')
  const rules = await Promise.all(versions.map(async (version) => new MessageRules(await loadFixDictionary(version))))
  const words = rules.map((each) => orderWordsOf(each))
  const row = (name: string, cells: readonly (string | boolean)[]) =>
    `| ${name} | ${cells.map((cell) => (cell === true ? yes : cell === false ? no : cell)).join(' | ')} |`
  const message = (name: string, msgType: string) =>
    row(
      name,
      rules.map((each) => each.has(msgType)),
    )
  return [
    row(
      '',
      versions.map((version) => version.replace('FIX.', '')),
    ),
    `|${'---|'.repeat(versions.length + 1)}`,
    ...orderTypes.map((type) =>
      row(
        `\`${type}\``,
        words.map((each) => each.types.has(type)),
      ),
    ),
    ...timesInForce.map((time) =>
      row(
        `\`${time}\``,
        words.map((each) =>
          each.times.has(time) ? true : time === 'CLO' && each.closingTypes.size > 0 ? 'by OrdType' : false,
        ),
      ),
    ),
    row(
      'post-only',
      words.map((each) => each.postOnly),
    ),
    row(
      'reduce-only',
      words.map((each) => each.reduceOnly),
    ),
    row(
      'iceberg',
      words.map((each) => (each.displayTag === 0 ? false : `${each.displayTag}`)),
    ),
    row(
      'busts and corrections by',
      rules.map((each) => (each.hasTransactionTypes ? 'ExecTransType' : 'ExecType')),
    ),
    message('market data (V)', 'V'),
    message('trading status (e, f; g, h)', 'f'),
    message('list of orders (AF)', 'AF'),
    message('mass cancel (q)', 'q'),
    message('list of executions (AD)', 'AD'),
    message('positions (AN)', 'AN'),
    message('balances (BB)', 'BB'),
  ].join('\n')
}

async function tableOf(name: string): Promise<string> {
  if (name === 'versions') return versionsTable()
  const place = settings[name]
  if (place === undefined) throw new Error(`docs/fix.md asks for a table ${name} that nobody writes`)
  return settingsTable(...place)
}

const settingNames = /\b[A-Z]\w*(?:Options|Config|Profile|Credentials|Limits|Validation|Identity|Endpoint|Changes)\b/g

/**
 * Settings that `tradewire/fix` exports, or a table names, and no table shows; but for low parts, and for what belongs to all
 * connectors or is told in words.
 */
function missingTables(): string[] {
  const exported = readFileSync(join(source, 'index.ts'), 'utf8').match(settingNames) ?? []
  const named = Object.values(settings).flatMap((place) => settingsTable(...place).match(settingNames) ?? [])
  const told = new Set([
    'FixEncoderOptions',
    'SessionDriverOptions',
    'ConnectorOptions',
    'ConnectOptions',
    'ListenOptions',
  ])
  const shown = new Set(Object.values(settings).map(([, name]) => name))
  return [...new Set([...exported, ...named])].filter((name) => !shown.has(name) && !told.has(name))
}

const missing = missingTables()
if (missing.length > 0) throw new Error(`docs/fix.md has no table of ${missing.join(', ')}`)
const text = readFileSync(page, 'utf8')
const parts = text.split(/(<!-- table [\w-]+ -->\n)[\s\S]*?(<!-- end -->)/)
const unused = Object.keys(settings).filter((name) => !parts.includes(`<!-- table ${name} -->\n`))
if (unused.length > 0) throw new Error(`docs/fix.md shows no table of ${unused.join(', ')}`)
let written = ''
for (const part of parts) {
  const name = /^<!-- table ([\w-]+) -->\n$/.exec(part)?.[1]
  written += part
  if (name !== undefined) written += `\n${await tableOf(name)}\n\n`
}
if (process.argv.includes('--write')) writeFileSync(page, written)
else if (written !== text) {
  console.error('the tables of docs/fix.md are not current: run tsx scripts/fix-doc.ts --write')
  process.exitCode = 1
}
