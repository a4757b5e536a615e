/**
 * House rules that no linter knows. Each test lists every place that breaks its rule, as file:line.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..', '..')

/** Files that may be longer than the limit, each with its reason. */
const longFiles: Readonly<Record<string, string>> = {}
const maxLines = 600

const isTest = (file: string) => /\.(test|prop\.test|test-d)\.ts$/.test(file)
const sources = files('src', /\.ts$/).filter((file) => !isTest(file))
const everything = [
  ...['src', 'test', 'bench', 'examples', 'scripts', 'lint', 'docs'].flatMap((folder) =>
    files(folder, /\.(ts|cjs|mjs|md|json|grit)$/),
  ),
  ...readdirSync(root).filter((name) => /\.(md|ts|cjs|json)$/.test(name) && name !== 'package-lock.json'),
].filter((file) => !file.startsWith('docs/api/'))

describe('tidy', () => {
  it('sees the sources', () => {
    expect(sources).toContain('src/core/errors.ts')
    expect(everything).toContain('package.json')
  })

  it(`a source file has at most ${maxLines} lines`, () => {
    const long = sources.filter((file) => text(file).split('\n').length > maxLines && longFiles[file] === undefined)
    expect(long).toEqual([])
  })

  it('a source file says at its top what it is', () => {
    expect(sources.filter((file) => !/^\/\*\*?\s*\n?\s*\*?\s*\S/.test(text(file)))).toEqual([])
  })

  it('nothing is left to be done', () => {
    const words = new RegExp(
      `\\b(${['TO', 'FIX', 'XX'].map((start, i) => start + ['DO', 'ME', 'X'][i]).join('|')})\\b|not ${'implemented'}`,
      'i',
    )
    expect(matches(everything, words)).toEqual([])
  })

  it('every benchmark is in the list of docs/benchmarks.md', () => {
    const page = text('docs/benchmarks.md')
    const names = files('bench', /\.ts$/)
      .filter((file) => !file.includes('node_modules'))
      .flatMap((file) => /^export const benchmark\b[\s\S]*?name: '([^']+)'/m.exec(text(file))?.[1] ?? [])
    expect(names.length).toBeGreaterThan(20)
    expect(names.filter((name) => !page.includes(`\`${name}\``))).toEqual([])
  })

  it('nothing names a path of some machine', () => {
    expect(matches(everything, /(?<![\w.~}*-])\/(?:home|root|Users|work)\/[\w.]|\b[A-Z]:\\\\?Users/)).toEqual([])
  })

  it('nothing exports a default but configuration files', () => {
    const modules = everything.filter((file) => /^(src|test|bench|examples|scripts)\/.*\.ts$/.test(file))
    expect(matches(modules, /^export default\b/)).toEqual([])
  })

  it('every exported symbol has a doc comment', () => {
    expect(sources.flatMap(undocumented)).toEqual([])
  })

  it('no regular expression repeats a repetition', () => {
    expect(sources.flatMap(nestedRepetitions)).toEqual([])
  })
})

function files(folder: string, pattern: RegExp): string[] {
  const path = join(root, folder)
  let entries: ReturnType<typeof list>
  try {
    entries = list(path)
  } catch {
    return []
  }
  return entries
    .filter((entry) => entry.isFile() && pattern.test(entry.name))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
    .filter((file) => !file.includes('node_modules/'))
    .sort()
}

function list(path: string) {
  return readdirSync(path, { recursive: true, withFileTypes: true })
}

function text(file: string): string {
  return readFileSync(join(root, file), 'utf8')
}

function matches(where: readonly string[], pattern: RegExp): string[] {
  const found: string[] = []
  for (const file of where) {
    for (const [i, line] of text(file).split('\n').entries())
      if (pattern.test(line)) found.push(`${file}:${i + 1}: ${line.trim()}`)
  }
  return found
}

function parse(file: string): ts.SourceFile {
  return ts.createSourceFile(file, text(file), ts.ScriptTarget.ES2022, true)
}

function at(source: ts.SourceFile, node: ts.Node, what: string): string {
  return `${source.fileName}:${source.getLineAndCharacterOfPosition(node.getStart()).line + 1}: ${what}`
}

/** Exported declarations without a doc comment. A symbol declared several times (overloads, a type beside its value) needs one. */
function undocumented(file: string): string[] {
  const source = parse(file)
  const places = new Map<string, string>()
  const documented = new Set<string>()
  for (const statement of source.statements) {
    if (!ts.canHaveModifiers(statement)) continue
    if (!ts.getModifiers(statement)?.some((modifier) => modifier.kind === ts.SyntaxKind.ExportKeyword)) continue
    for (const name of declaredNames(statement)) {
      if (hasDoc(statement)) documented.add(name)
      else if (!places.has(name)) places.set(name, at(source, statement, name))
    }
  }
  return [...places].filter(([name]) => !documented.has(name)).map(([, place]) => place)
}

function declaredNames(statement: ts.Statement): string[] {
  if (ts.isVariableStatement(statement))
    return statement.declarationList.declarations.map((declaration) => declaration.name.getText())
  const { name } = statement as { name?: ts.Identifier }
  return name === undefined ? [] : [name.text]
}

function hasDoc(node: ts.Node): boolean {
  return ts.getJSDocCommentsAndTags(node).some((doc) => ts.isJSDoc(doc) && /\w/.test(doc.getText().replaceAll('*', '')))
}

/** A quantified group with a quantifier inside may need exponential time; a literal that is safe says why: `// linear: ...`. */
function nestedRepetitions(file: string): string[] {
  const source = parse(file)
  const found: string[] = []
  const lines = source.text.split('\n')
  const visit = (node: ts.Node) => {
    if (
      node.kind === ts.SyntaxKind.RegularExpressionLiteral &&
      /\((?:[^()\\]|\\.)*(?<!\\)[+*](?:[^()\\]|\\.)*\)(?:[+*]|\{\d+,)/.test(node.getText())
    ) {
      const line = source.getLineAndCharacterOfPosition(node.getStart()).line
      if (![lines[line - 1], lines[line]].some((near) => near?.includes('// linear:')))
        found.push(at(source, node, node.getText()))
    }
    ts.forEachChild(node, visit)
  }
  visit(source)
  return found
}
