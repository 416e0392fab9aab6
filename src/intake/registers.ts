import type { Logger } from '../logger.ts'
import type { Pool } from '../postgres/pool.ts'
import { countRegister } from '../postgres/register.ts'
import { readRegister } from './read-register.ts'
import { createRegister, type Register } from './register.ts'

/** The registers of all campaigns that have one, kept as fresh as the versions that are noted. */
export function createRegisters({ pool, log }: { pool: Pool; log: Logger }) {
  const registers = new Map<string, { version: number; register: Register }>()
  const loading = new Set<string>()

  async function load(campaign: string, version: number, cohorts: string[]) {
    // Who cannot be counted in time can be read all the same, page by page.
    const expected = await countRegister(pool, campaign).catch(() => registers.get(campaign)?.register.size ?? 0)
    const register = createRegister(await readRegister(pool, { campaign, cohorts, expected }))
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
