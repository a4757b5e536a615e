/**
 * The simulation as one plain JavaScript file for its workers: what loads TypeScript on the fly wraps every closure to keep
 * its name, and a seed makes thousands of closures. The file lies beside the packages that it imports.
 */
import { fileURLToPath } from 'node:url'
import { build } from 'tsup'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** Bundles `program`, a file of this folder, and returns the path of the result. */
export async function bundle(program: string): Promise<string> {
  const outDir = `${root}node_modules/.cache/simulation-${process.pid}`
  await build({
    entry: { main: program },
    format: ['esm'],
    target: 'node20',
    platform: 'node',
    outDir,
    config: false,
    dts: false,
    splitting: false,
    clean: true,
    silent: true,
  })
  return `${outDir}/main.js`
}
