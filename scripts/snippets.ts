/**
 * Compiles every snippet of the documentation against the source, and runs those that can run, each in a process and an
 * empty folder of its own. The last line is `N passed, N failed`: one for each snippet compiled and one for each run.
 *
 * What @example blocks use without declaring it is declared in test/snippets/ambient.d.ts.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import ts from 'typescript'
import { printSummary } from './support/counts.js'
import { root, run } from './support/run.js'
import { findSnippets, type Snippet } from './support/snippets.js'

const folder = join(root, 'temp', 'snippets')
const concurrency = 2

let passed = 0
let failed = 0

rmSync(folder, { recursive: true, force: true })
mkdirSync(folder, { recursive: true })
const snippets = findSnippets().map((snippet, i) => {
  const path = join(folder, `${String(i).padStart(3, '0')}.ts`)
  writeFileSync(path, `${snippet.code}\nexport {}\n`)
  return { ...snippet, path }
})

const errors = compile(snippets.map((snippet) => snippet.path))
for (const snippet of snippets) {
  const messages = errors.get(snippet.path) ?? []
  if (messages.length === 0) passed++
  else failed++
  for (const { line, message } of messages) console.log(`FAILED ${snippet.file}:${snippet.line + line - 1}: ${message}`)
}

const runnable = snippets.filter((snippet) => snippet.isRun && !errors.has(snippet.path))
const queue = [...runnable]
const worker = async () => {
  for (let snippet = queue.shift(); snippet !== undefined; snippet = queue.shift()) await runSnippet(snippet)
}
await Promise.all(Array.from({ length: concurrency }, worker))
console.log(`${snippets.length} snippets compiled, ${runnable.length} run`)
printSummary({ passed, failed, skipped: 0 })

function compile(files: readonly string[]): Map<string, { line: number; message: string }[]> {
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile) as {
    config: { compilerOptions: object }
  }
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, root)
  const program = ts.createProgram([...files, join(root, 'test', 'snippets', 'ambient.d.ts')], {
    ...options,
    noUnusedLocals: false,
    noUnusedParameters: false,
  })
  const found = new Map<string, { line: number; message: string }[]>()
  for (const file of files) {
    const source = program.getSourceFile(file)
    if (source === undefined) throw new Error(`${file} is not part of the program`)
    for (const { start = 0, messageText } of [
      ...program.getSyntacticDiagnostics(source),
      ...program.getSemanticDiagnostics(source),
    ]) {
      const line = source.getLineAndCharacterOfPosition(start).line + 1
      const message = ts.flattenDiagnosticMessageText(messageText, ' ')
      found.set(file, [...(found.get(file) ?? []), { line, message }])
    }
  }
  return found
}

async function runSnippet(snippet: Snippet & { path: string }): Promise<void> {
  const cwd = mkdtempSync(join(tmpdir(), 'tradewire-snippet-'))
  const { exitCode, output } = await run('tsx', ['--tsconfig', join(root, 'tsconfig.json'), snippet.path], {
    cwd,
    timeoutMs: 30_000,
  })
  rmSync(cwd, { recursive: true, force: true })
  if (exitCode === 0) passed++
  else {
    failed++
    console.log(
      `FAILED ${snippet.file}:${snippet.line}: exit code ${exitCode}\n${output.trimEnd().replaceAll(/^/gm, '    ')}`,
    )
  }
}
