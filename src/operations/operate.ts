import type { NewAnnouncement } from '../domain/announcement.ts'
import type { SlotChange } from '../domain/slot-change.ts'
import type { Pool } from '../postgres/pool.ts'
import { listSetAside } from '../postgres/set-aside.ts'
import { readSlotChange } from '../postgres/slot-changes.ts'
import type { Fingerprints } from '../privacy/fingerprints.ts'
import { announce, clearAnnouncement } from './announce.ts'
import type { Operator } from './authenticate.ts'
import { changeSlots } from './change-slots.ts'
import { lookForCaller } from './look-for-caller.ts'
import { type Pausable, pauseCampaign, resumeCampaign } from './pause-campaign.ts'
import { retrySetAside } from './retry-set-aside.ts'
import { withdrawSetAside } from './withdraw-set-aside.ts'

type Look = Parameters<typeof lookForCaller>[0]

/** What operators do over HTTP, in the operator's database role and under their name. `ask` bounds it in time. */
export function createOperate({
  pool,
  ask,
  fingerprints,
}: {
  pool: Pool
  ask: <T>(work: () => Promise<T>) => Promise<T>
  fingerprints: Pick<Fingerprints, 'voucher'>
}) {
  return function operate(operator: Operator | null) {
    if (!operator) throw new Error('bug: an operator route without an operator')
    const by = operator.name
    return {
      announce: (announcement: NewAnnouncement) => ask(() => announce({ pool, announcement, by })),
      clearAnnouncement: () => ask(() => clearAnnouncement({ pool, by })),
      pause: (campaign: string, what: Pausable, reason: string) =>
        ask(() => pauseCampaign({ pool, campaign, what, reason, by })),
      resume: (campaign: string, what: Pausable, reason: string | undefined) =>
        ask(() => resumeCampaign({ pool, campaign, what, reason, by })),
      changeSlots: (campaign: string, change: SlotChange) => ask(() => changeSlots({ pool, campaign, change, by })),
      readSlotChange: (id: string) => ask(() => readSlotChange(pool, id)),
      listSetAside: (page: Parameters<typeof listSetAside>[1]) => ask(() => listSetAside(pool, page)),
      retrySetAside: (requestId: string) => ask(() => retrySetAside({ pool, requestId, by })),
      lookForCaller: ({ campaign, pair, ...look }: Pick<Look, 'campaign' | 'pair' | 'dataKeys' | 'purpose'>) => {
        const voucherKey = fingerprints.voucher(campaign, pair.voucher)
        return ask(() => lookForCaller({ pool, campaign, pair, voucherKey, ...look, by }))
      },
      withdrawSetAside: (requestId: string) => ask(() => withdrawSetAside({ pool, requestId, by })),
    }
  }
}
export type Operate = ReturnType<typeof createOperate>
