/**
 * The CommonJS files of dist, made of its ES modules one by one: chunk for chunk the same code, one copy of every class
 * whichever entry points a host requires, and the same literals in the place of field numbers. (tsup's own way from split
 * modules to CommonJS goes through a transformation that changes what some of our code means.)
 */
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'tsup'

/** Writes `x.cjs` beside each `x.js` of a folder and `x.d.cts` beside each `x.d.ts`, programs left out. */
export async function writeCommonJs(folder: string, programs: readonly string[]): Promise<void> {
  const files = readdirSync(folder)
  const modules = files.filter((file) => file.endsWith('.js') && !programs.includes(file))
  // Away from a package.json that says "module": there the default export of a required ES module (p-retry) is its default.
  const copies = mkdtempSync(join(tmpdir(), 'tradewire-commonjs-'))
  try {
    for (const file of modules) copyFileSync(join(folder, file), join(copies, file))
    await build({
      config: false,
      entry: Object.fromEntries(modules.map((file) => [file.slice(0, -'.js'.length), join(copies, file)])),
      outDir: folder,
      outExtension: () => ({ js: '.cjs' }),
      format: 'cjs',
      target: 'node20',
      platform: 'node',
      splitting: false,
      removeNodeProtocol: false,
      clean: false,
      silent: true,
      esbuildPlugins: [
        {
          name: 'every file stays a file of its own',
          setup: ({ onResolve }) =>
            onResolve({ filter: /.*/ }, ({ path, kind }) =>
              kind === 'entry-point' ? undefined : { path: path.replace(/^(\.\/.*)\.js$/, '$1.cjs'), external: true },
            ),
        },
      ],
    })
  } finally {
    rmSync(copies, { recursive: true })
  }
  for (const file of files.filter((each) => each.endsWith('.d.ts'))) {
    const text = readFileSync(join(folder, file), 'utf8')
    writeFileSync(
      join(folder, file.replace(/\.d\.ts$/, '.d.cts')),
      text.replace(/(from |import |import\()(['"])(\.\/[^'"]+)\.js\2/g, '$1$2$3.cjs$2'),
    )
  }
}
