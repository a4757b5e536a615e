/**
 * API reports: one file in api/ for each entry point shows every exported signature. A change of the public API is thus
 * seen in review; without `--update` it fails.
 */
import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { Extractor, ExtractorConfig, type IConfigFile } from '@microsoft/api-extractor'
import { entries } from './entries.js'
import { root } from './support/run.js'

const update = process.argv.includes('--update')
const configFile = join(root, 'api-extractor.json')
mkdirSync(join(root, 'api'), { recursive: true })

const reports = entries.map((entry) => ({ entry, fileName: `${entry.name}.api.md` }))
const stale = readdirSync(join(root, 'api')).filter((file) => !reports.some((report) => report.fileName === file))
if (update) for (const file of stale) rmSync(join(root, 'api', file))
const changed: string[] = update ? [] : stale

for (const { entry, fileName } of reports) {
  const shared = ExtractorConfig.loadFile(configFile)
  const configObject: IConfigFile = {
    ...shared,
    mainEntryPointFilePath: join(root, 'dist', `${entry.name}.d.ts`),
    compiler: {
      overrideTsconfig: { compilerOptions: compilerOptions(), files: [`dist/${entry.name}.d.ts`] },
      skipLibCheck: true,
    },
    apiReport: { ...shared.apiReport, enabled: true, reportFileName: fileName },
  }
  const packageJsonFullPath = join(root, 'package.json')
  const config = ExtractorConfig.prepare({ configObject, configObjectFullPath: configFile, packageJsonFullPath })
  const messages: string[] = []
  const result = Extractor.invoke(config, {
    localBuild: update,
    typescriptCompilerFolder: join(root, 'node_modules', 'typescript'),
    messageCallback: (message) => {
      message.handled = true
      if (message.logLevel === 'error' || message.logLevel === 'warning') messages.push(message.text)
    },
  })
  if (result.apiReportChanged && !update) changed.push(fileName)
  else if (!result.succeeded && !update) throw new Error(`${fileName}: ${messages.join('\n')}`)
  if (result.errorCount > 0) throw new Error(`${fileName}: ${messages.join('\n')}`)
}

if (changed.length > 0) {
  console.error(
    `The public API changed: ${changed.join(', ')}. If that is wanted, run npm run api:update and commit api/.`,
  )
  process.exitCode = 1
} else {
  console.log(`${reports.length} API reports ${update ? 'written' : 'are current'}`)
}

function compilerOptions(): Record<string, unknown> {
  return {
    target: 'ES2022',
    module: 'ESNext',
    moduleResolution: 'bundler',
    lib: ['ES2023', 'ESNext.Disposable'],
    types: ['node'],
    strict: true,
    skipLibCheck: true,
  }
}
