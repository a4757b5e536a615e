/**
 * Finds the code that the documentation shows: ```ts blocks of the README and the guides, and of the @example tags in TSDoc.
 *
 * The words after `ts` say what a block is for: `no-run` is compiled only (it needs a venue, or does not end), `continue` goes
 * on where the block before it in the same page ended, `run` runs an @example, which otherwise is compiled only.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { root } from './run.js'

/** A piece of code shown in the documentation. */
export interface Snippet {
  /** File it stands in, relative to the package root. */
  readonly file: string
  /** Line of its first line of code. */
  readonly line: number
  /** What is compiled. Line n of it is line `line + n - 1` of the file, unless it continues another block. */
  readonly code: string
  readonly isRun: boolean
}

/** All snippets, in the order of their files. */
export function findSnippets(): Snippet[] {
  return [...pages().flatMap(pageSnippets), ...sources().flatMap(exampleSnippets)]
}

function list(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map(
    (name) => `${folder}/${name.replaceAll('\\', '/')}`,
  )
}

function pages(): string[] {
  const guides = list('docs').filter((file) => file.endsWith('.md') && !file.startsWith('docs/api/'))
  return [...readdirSync(root).filter((name) => name.endsWith('.md')), ...guides].sort()
}

function sources(): string[] {
  return list('src')
    .filter((file) => file.endsWith('.ts') && !/\.(test|test-d)\.ts$/.test(file))
    .sort()
}

function pageSnippets(file: string): Snippet[] {
  let previous = ''
  return blocks(readFileSync(join(root, file), 'utf8')).map(({ line, words, code }) => {
    previous = words.includes('continue') ? `${previous}\n${code}` : code
    return { file, line, code: previous, isRun: !words.includes('no-run') }
  })
}

function exampleSnippets(file: string): Snippet[] {
  const text = readFileSync(join(root, file), 'utf8')
  const snippets: Snippet[] = []
  for (const comment of text.matchAll(/\/\*\*[\s\S]*?\*\//g)) {
    if (!comment[0].includes('@example')) continue
    const firstLine = text.slice(0, comment.index).split('\n').length
    const body = comment[0].replaceAll(/^[ \t]*\* ?/gm, '')
    for (const { line, words, code } of blocks(body)) {
      const imported = `${importsFor(file, text, code)}${code}`
      snippets.push({ file, line: firstLine + line - 1, code: imported, isRun: words.includes('run') })
    }
  }
  return snippets
}

/** An @example needs no import of what its own module exports. The import stands on the first line, so that lines still agree. */
function importsFor(file: string, text: string, code: string): string {
  const names: string[] = []
  for (const statement of ts.createSourceFile(file, text, ts.ScriptTarget.ES2022).statements) {
    if (!ts.canHaveModifiers(statement)) continue
    if (!ts.getModifiers(statement)?.some((modifier) => modifier.kind === ts.SyntaxKind.ExportKeyword)) continue
    const isType = ts.isInterfaceDeclaration(statement) || ts.isTypeAliasDeclaration(statement)
    const declared = ts.isVariableStatement(statement)
      ? statement.declarationList.declarations.map((declaration) => declaration.name)
      : [(statement as { name?: ts.Identifier }).name]
    for (const name of declared)
      if (name !== undefined && ts.isIdentifier(name)) names.push(`${isType ? 'type ' : ''}${name.text}`)
  }
  const written = new Set(code.match(/(?<![.\w])[A-Za-z_]\w*/g))
  const isDeclared = (name: string) =>
    new RegExp(`(?:import[^'"]*|const|let|class|function|interface|type)\\s[^'"\n=]*\\b${name}\\b`).test(code)
  const used = new Set(names.filter((name) => written.has(bare(name)) && !isDeclared(bare(name))))
  // A type and a value of one name are imported once, as a value.
  const imported = [...used].filter((name) => !name.startsWith('type ') || !used.has(bare(name)))
  return imported.length === 0 ? '' : `import { ${imported.join(', ')} } from '../../${file.replace(/\.ts$/, '.js')}'; `
}

function bare(name: string): string {
  return name.replace(/^type /, '')
}

/** The ```ts blocks of a Markdown text. */
function blocks(markdown: string): { line: number; words: string[]; code: string }[] {
  const found: { line: number; words: string[]; code: string }[] = []
  const lines = markdown.split('\n')
  for (let i = 0; i < lines.length; i++) {
    const fence = /^(\s*)```(?:ts|typescript)\b(.*)$/.exec(lines[i] as string)
    if (fence === null) continue
    const start = i + 1
    while (i + 1 < lines.length && !/^\s*```\s*$/.test(lines[i + 1] as string)) i++
    const indent = (fence[1] as string).length
    const code = lines
      .slice(start, i + 1)
      .map((line) => line.slice(Math.min(indent, line.length - line.trimStart().length)))
    found.push({ line: start + 1, words: (fence[2] as string).trim().split(/\s+/), code: code.join('\n') })
  }
  return found
}
