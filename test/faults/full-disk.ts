import { spawnSync } from 'node:child_process'
import { chownSync, closeSync, mkdirSync, openSync, rmSync, statSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { PostgresServer } from './postgres-server.ts'

/** What the tables get, on a disk of their own: more than a run of the harness writes. */
const diskMegabytes = 256

const diskIn = (home: string) => join(home, 'small-disk')

/**
 * Puts the database on a disk of its own that can be filled: a tmpfs as a tablespace. Null where we may not mount. Nobody may be
 * connected to the database.
 */
export async function mountSmallDisk(postgres: PostgresServer): Promise<string | null> {
  const disk = diskIn(postgres.home)
  mkdirSync(disk)
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${diskMegabytes}m`, 'tmpfs', disk])
  if (mounted.status !== 0) return null
  const { uid, gid } = statSync(join(postgres.home, 'cluster'))
  const tables = join(disk, 'tables')
  mkdirSync(tables)
  for (const folder of [disk, tables]) chownSync(folder, uid, gid)
  const client = await postgres.connect('postgres')
  await client.query(`create tablespace small location '${tables}'`)
  await client.query('alter database junban set tablespace small')
  // The audit sorts what it reads elsewhere.
  await client.query('grant create on tablespace pg_default to public')
  await client.query('alter database junban set temp_tablespaces = pg_default')
  await client.end()
  return disk
}

/** Takes it away again, if there is one. Postgres must have ended. */
export const unmountDisk = (home: string) => spawnSync('umount', [diskIn(home)])

/** Leaves no room on the disk; resolves to what gives it back. */
export function fillDisk(disk: string): () => void {
  const file = join(disk, 'filler')
  const descriptor = openSync(file, 'w')
  try {
    for (let size = 1024 * 1024; size >= 512; ) {
      try {
        if (writeSync(descriptor, Buffer.alloc(size)) < size) size /= 2
      } catch {
        size /= 2 // ENOSPC: perhaps a smaller piece still fits
      }
    }
  } finally {
    closeSync(descriptor)
  }
  return () => rmSync(file)
}

/** Where there is no such disk: every write of the log and of decisions is refused with what a full disk says. */
export async function pretendFull(postgres: PostgresServer): Promise<() => Promise<void>> {
  const client = await postgres.connect()
  await client.query(`
    create function no_room() returns trigger language plpgsql as $$
    begin raise exception 'could not extend file: No space left on device' using errcode = '53100'; end $$;
    create trigger no_room before insert on batches for each statement execute function no_room();
    create trigger no_room before insert on decisions for each statement execute function no_room();`)
  return async () => {
    await client.query('drop function no_room cascade')
    await client.end()
  }
}
