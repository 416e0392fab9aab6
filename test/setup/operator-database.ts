import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { createLogger } from '#src/logger.ts'
import { createCampaign } from '#src/operations/create-campaign.ts'
import { createPool } from '#src/postgres/pool.ts'
import { createFingerprints } from '#src/privacy/fingerprints.ts'
import { freshDatabase } from './stores.ts'

const key = (id: string, byte: number) => ({ id, secret: Buffer.alloc(32, byte) })

/** Keys of tests: the same each time. */
export const testKeys = { receipt: [key('r1', 1)], master: [key('m1', 2)], voucher: key('v1', 3) }
export const testFingerprints = createFingerprints(testKeys.voucher)
export const testLog = createLogger('silent', 'test')

/** A campaign's file with what a test does not care about. */
export const campaignFile = (fields: Record<string, unknown> = {}) =>
  JSON.stringify({
    id: 'medics',
    name: { en: 'Medics' },
    timeZone: 'Asia/Tokyo',
    opensAt: '2026-12-01T09:00:00+09:00',
    closesAt: '2026-12-31T17:00:00+09:00',
    cohorts: [{ id: 'hospital', opensAt: '2026-12-01T09:00:00+09:00' }],
    ...fields,
  })

/** A fresh database with the campaign `medics`, a pool of the operator's role, and `read` for the stored truth. */
export async function operatorDatabase() {
  const { url } = await freshDatabase()
  const pool = createPool({ url, role: 'junban_operator', name: 'test', log: testLog })
  onTestFinished(() => pool.end())
  await createCampaign({ pool, master: testKeys.master, text: campaignFile(), by: 'test' })
  const read = async (sql: string) => (await pool.query(sql)).rows
  return { url, pool, read }
}

/** Writes a file of these lines into a folder that the test takes away; returns its path. */
export async function tempFile(name: string, content: string | Buffer): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'junban-file-'))
  onTestFinished(() => rm(dir, { recursive: true }))
  const path = join(dir, name)
  await writeFile(path, content)
  return path
}
