import { existsSync, globSync, readFileSync } from 'node:fs'
import { basename, dirname, join, normalize } from 'node:path'
import { expect, test } from 'vitest'

// The layout of ARCHITECTURE.md, executed: data enters at the top of this list and leaves at the bottom, and imports go the same way.
const stages = ['http', 'intake', 'queue', 'allocation', 'postgres', 'status', 'notifications', 'operations']
/** What lies under every stage. */
const floor = 'postgres'
/** These import nothing of ours but each other. */
const leaves = ['domain', 'privacy', 'config.ts', 'errors.ts', 'heartbeat.ts', 'logger.ts', 'or-exit.ts']
/** Whoever wires: one file is one process. */
const entries = ['src/api.ts', 'src/start.ts', 'src/cli.ts', ...globSync('workers/*.ts', { cwd: top() })]

function top() {
  return join(import.meta.dirname, '..')
}

const sources = new Map(
  ['src/**/*.ts', 'workers/**/*.ts']
    .flatMap((pattern) => globSync(pattern, { cwd: top() }))
    .filter((file) => !file.endsWith('.test.ts'))
    .map((file) => [file, readFileSync(join(top(), file), 'utf8')]),
)

const importForms = [
  /^(?:import|export)\s[^'"`;]*?\sfrom\s+['"]([^'"]+)['"]/gm,
  /^import\s+['"]([^'"]+)['"]/gm,
  /\bimport\(\s*['"`]([^'"`]+)['"`]/g,
  /\bimport\.meta\.resolve\(\s*['"`]([^'"`]+)['"`]/g,
]

/** Our own files that a file imports, types included, from the top of the repository. */
function importsOf(file: string): string[] {
  const text = sources.get(file) ?? ''
  return importForms
    .flatMap((form) => [...text.matchAll(form)].map(([, name]) => name!))
    .filter((name) => name.startsWith('.') || name.startsWith('#src/'))
    .map((name) => (name.startsWith('#') ? name.replace('#', '') : normalize(join(dirname(file), name))))
}
const imports = new Map([...sources.keys()].map((file) => [file, importsOf(file)]))
const ours = (file: string) => imports.get(file)!.filter((imported) => sources.has(imported))

/** The stage or leaf that a file is of: the folder under src/, or the file itself. */
const partOf = (file: string) => file.split('/')[1]!

/** Why an import must not be; null when it may. */
function fault(from: string, to: string): string | null {
  const [importer, imported] = [partOf(from), partOf(to)]
  if (entries.includes(to)) return 'nobody imports an entry file'
  if (entries.includes(from) || importer === imported || leaves.includes(imported)) return null
  if (leaves.includes(importer)) return 'a leaf imports only leaves'
  if (importer === 'embedded')
    return ['migrate.ts', 'create-owner.ts'].includes(basename(to))
      ? null
      : 'embedded imports only what makes a database'
  if (!stages.includes(importer)) return `${importer} is no stage, leaf or entry`
  if (!stages.includes(imported)) return `a stage does not import ${imported}`
  if (imported === floor) return null
  return stages.indexOf(imported) > stages.indexOf(importer) ? null : 'an arrow points upward'
}

/** Lines of the sources, without comments, that hold something. */
function linesWith(pattern: RegExp, isAllowed: (file: string) => boolean): string[] {
  return [...sources]
    .filter(([file]) => !isAllowed(file))
    .flatMap(([file, text]) =>
      text
        .split('\n')
        .map((line, at) => ({ line: line.replace(/^\s*(\/\/|\/?\*).*|\s\/\/ .*$/, ''), at }))
        .filter(({ line }) => pattern.test(line))
        .map(({ line, at }) => `${file}:${at + 1} ${line.trim()}`),
    )
}

test('imports go downward through the stages, and otherwise only to the floor and the leaves', () => {
  const faults = [...sources.keys()].flatMap((from) =>
    ours(from).flatMap((to) => {
      const why = fault(from, to)
      return why ? [`${from} → ${to}: ${why}`] : []
    }),
  )
  expect(faults).toEqual([])
})

test('no file imports itself, however long the way round', () => {
  const circles: string[] = []
  const done = new Set<string>()
  function walk(file: string, path: string[]) {
    const at = path.indexOf(file)
    if (at >= 0) circles.push([...path.slice(at), file].join(' → '))
    if (at >= 0 || done.has(file)) return
    for (const next of ours(file)) walk(next, [...path, file])
    done.add(file)
  }
  for (const file of sources.keys()) walk(file, [])
  expect(circles).toEqual([])
})

test('every import is found where it says, and the arrows are really read', () => {
  const missing = [...imports].flatMap(([file, names]) =>
    names.filter((name) => !existsSync(join(top(), name))).map((name) => `${file} → ${name}`),
  )
  expect(missing).toEqual([])
  expect(ours('src/api.ts').length).toBeGreaterThan(15)
  expect(fault('src/postgres/pool.ts', 'src/intake/intake.ts')).toBe('an arrow points upward')
  expect(fault('src/domain/batch.ts', 'src/postgres/pool.ts')).toBe('a leaf imports only leaves')
  expect(fault('src/http/app.ts', 'src/api.ts')).toBe('nobody imports an entry file')
})

test('only what wires a process, and the configuration that it loads, reads our environment; what runs programs, the path', () => {
  const isAllowed = (file: string) => entries.includes(file) || file === 'src/config.ts'
  expect(linesWith(/process\.env\b/, (file) => isAllowed(file) || partOf(file) === 'embedded')).toEqual([])
  const ofTheSystem = /process\.env(?!\.PATH\b|\.NO_COLOR\b|,$)/
  expect(linesWith(ofTheSystem, (file) => partOf(file) !== 'embedded')).toEqual([])
})

test('only what wires a process listens to signals or ends it', () => {
  const isAllowed = (file: string) => entries.includes(file) || ['or-exit.ts', 'embedded'].includes(partOf(file))
  expect(linesWith(/process\.(on|once|exit)\(|closeWithGrace\(/, isAllowed)).toEqual([])
})

test('SQL is in src/postgres only, but for hearing a notification and asking whether the server can write', () => {
  const isAllowed = (file: string) =>
    partOf(file) === 'postgres' || ['src/queue/listen.ts', 'src/queue/stores.ts'].includes(file)
  const statement =
    /[`'"]\s*(select\s|insert into\s|update\s+\w+\s|delete from\s|with\s+\w+ as|create\s+(table|role|database)|alter\s|listen\s)/i
  expect(linesWith(statement, isAllowed)).toEqual([])
  expect(linesWith(/\.query[(<]/, isAllowed)).toEqual([])
})

test('a file is named for the one thing that it does or is', () => {
  const empty = /^(utils?|helpers?|common|shared|misc|managers?|services?|types?|interfaces?|index|lib|core|base)\.ts$/
  expect([...sources.keys()].filter((file) => empty.test(basename(file)))).toEqual([])
  const form = /^[a-z0-9]+(-[a-z0-9]+)*\.ts$/
  expect([...sources.keys()].filter((file) => !form.test(basename(file)))).toEqual([])
})
