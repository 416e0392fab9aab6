import { setTimeout as sleep } from 'node:timers/promises'
import { withClient } from '../databases.ts'
import { waitUntilDecided } from '../measure/lane.ts'
import { watchResident } from '../measure/resident.ts'
import { bookPath, many } from '../measure/serving.ts'
import type { Contender } from './contender.ts'

export const register: Contender = {
  name: 'register',
  says: 'ours under load, with a register in memory: the most RAM that each process took',
  kind: 'ours',
  redis: true,
  once: true,
  async measure({ databaseUrl, sizes, start, startServing, book }) {
    return withClient(databaseUrl, async (client) => {
      await client.query(
        `insert into campaigns (id, name, time_zone, opens_at, closes_at, eligibility, voucher_pattern)
         select 'register', '{"en": "Register"}', time_zone, opens_at, closes_at, 'register', voucher_pattern from campaigns`,
      )
      await client.query(
        `insert into vouchers (campaign_id, fingerprint, voucher_key)
         select 'register', decode(md5('person ' || n), 'hex'), decode(md5('voucher ' || n), 'hex')
           from generate_series(1, $1::int) n`,
        [sizes.vouchers],
      )
      const api = await startServing('api', 'src/api.ts')
      const allocator = await start('allocator', 'workers/allocator.ts')
      const watched = [watchResident(api.pid), watchResident(allocator.pid)] as const
      await book(bookPath, { loop: 'closed', connections: many, seconds: 2 * sizes.seconds })
      await waitUntilDecided(client)
      await sleep(500)
      const [apiResidentMb, allocatorResidentMb] = [watched[0].stop(), watched[1].stop()]
      return { apiResidentMb, allocatorResidentMb }
    })
  },
}
