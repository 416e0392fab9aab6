import type { Logger } from '../logger.ts'
import type { Pool } from '../postgres/pool.ts'
import { readRegisterPage } from '../postgres/register.ts'

const fingerprintBytes = 16
/** A fingerprint and one byte of cohort: its place among the campaign's cohorts plus one; 0 for none. */
const entryBytes = fingerprintBytes + 1
/** People read at once: about 270 kB, a few ms of this process's time. */
const pageSize = 16_384

/** Who is entitled, of one campaign: packed entries in the order of their fingerprints. 600,000 people take 10 MB. */
export function createRegister(packed: Buffer) {
  const size = packed.length / entryBytes

  return {
    size,
    packed,
    /** The cohort's place plus one, 0 for none; undefined for who is not in the register. */
    find(fingerprint: Buffer): number | undefined {
      let low = 0
      let high = size - 1
      while (low <= high) {
        const middle = (low + high) >>> 1
        const at = middle * entryBytes
        const order = packed.compare(fingerprint, 0, fingerprintBytes, at, at + fingerprintBytes)
        if (order === 0) return packed[at + fingerprintBytes]
        if (order < 0) low = middle + 1
        else high = middle - 1
      }
      return undefined
    },
  }
}
export type Register = ReturnType<typeof createRegister>

/** The registers of all campaigns that have one, kept as fresh as the versions that are noted. */
export function createRegisters({ pool, log }: { pool: Pool; log: Logger }) {
  const registers = new Map<string, { version: number; register: Register }>()
  const loading = new Set<string>()

  async function load(campaign: string, version: number, cohorts: string[]) {
    const pages: Buffer[] = []
    let after: Buffer = Buffer.alloc(0)
    for (;;) {
      const page = await readRegisterPage(pool, { campaign, cohorts, after, limit: pageSize })
      if (page.length === 0) break
      pages.push(page)
      after = page.subarray(-entryBytes, -1)
    }
    const register = createRegister(Buffer.concat(pages))
    registers.set(campaign, { version, register })
    log.info({ campaign, version, vouchers: register.size }, 'register read')
  }

  return {
    get: (campaign: string): Register | undefined => registers.get(campaign)?.register,
    /** A register as it can be kept elsewhere, with its version. */
    packed: (campaign: string): { version: number; packed: Buffer } | undefined => {
      const known = registers.get(campaign)
      return known && { version: known.version, packed: known.register.packed }
    },
    /** Takes over a register that was kept elsewhere. */
    restore: (campaign: string, version: number, packed: Buffer) => {
      registers.set(campaign, { version, register: createRegister(packed) })
    },
    /** Reads those that changed. `cohorts`: the ids of a campaign's cohorts in their order; undefined when it needs no register. */
    async follow(
      versions: ReadonlyMap<string, number>,
      cohorts: (campaign: string) => string[] | undefined,
    ): Promise<void> {
      for (const id of registers.keys()) if (!versions.has(id)) registers.delete(id)
      for (const [campaign, version] of versions) {
        const ids = cohorts(campaign)
        if (!ids || loading.has(campaign) || registers.get(campaign)?.version === version) continue
        loading.add(campaign)
        await load(campaign, version, ids).finally(() => loading.delete(campaign))
      }
    },
  }
}
export type Registers = ReturnType<typeof createRegisters>
