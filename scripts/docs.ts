/**
 * `npm run docs`: the API reference in docs/api, from the TSDoc of everything the entry points export. `--check` writes
 * nothing; either way a broken link is an error.
 */
import { join } from 'node:path'
import { Application } from 'typedoc'
import { entries } from './entries.js'
import { root } from './support/run.js'

const app = await Application.bootstrapWithPlugins({
  options: join(root, 'typedoc.json'),
  entryPoints: entries.map((entry) => join(root, entry.source)),
  tsconfig: join(root, 'tsconfig.json'),
  logLevel: 'Warn',
  // tsc does that.
  skipErrorChecking: true,
})
const project = await app.convert()
if (project === undefined) throw new Error('typedoc could not read the sources')
app.validate(project)
if (app.logger.hasErrors() || app.logger.hasWarnings()) process.exitCode = 1
else if (!process.argv.includes('--check')) await app.generateOutputs(project)
