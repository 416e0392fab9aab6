import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { migrate } from '#src/postgres/migrate.ts'
import { testLog } from '../setup/operator-database.ts'

const top = join(import.meta.dirname, '../..')
const next = join(top, 'test/data/next-version')

/**
 * Makes the next version in a folder: this one, but that it says in the log that it was it that accepted a batch, in a column that its
 * migration brings.
 */
export function makeNextVersion(folder: string) {
  mkdirSync(folder)
  for (const part of ['src', 'workers', 'migrations', 'package.json'])
    cpSync(join(top, part), join(folder, part), { recursive: true })
  symlinkSync(join(top, 'node_modules'), join(folder, 'node_modules'))
  const migrations = join(folder, 'migrations')
  cpSync(next, migrations, { recursive: true })
  const file = join(folder, 'src/postgres/batches.ts')
  const text = readFileSync(file, 'utf8')
  const changed = text
    .replace('redis_away, spooled, requests)', 'redis_away, spooled, requests, accepted_by)')
    .replace('$5, $6, $7, $8\n', "$5, $6, $7, $8, 'next'\n")
  if ((changed.match(/accepted_by|'next'/g) ?? []).length !== 2) throw new Error(`bug: ${file} is not as it was`)
  writeFileSync(file, changed)
  return {
    /** Where it is, from the top of the repository. */
    tree: relative(top, folder),
    migrate: (url: string) => migrate(url, testLog, migrations),
  }
}
