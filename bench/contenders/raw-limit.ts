import { startWorker } from '../orders.ts'
import type { RawInsert, RawInserted } from '../raw-insert.ts'
import type { Contender } from './contender.ts'

export const rawLimit: Contender = {
  name: 'raw-unnest',
  says: 'the limit: the rows of decided requests inserted by one connection, 500 a transaction, and nothing else',
  kind: 'ours',
  redis: false,
  async measure({ databaseUrl, sizes, scope }) {
    const worker = await scope.keep(
      () => startWorker<RawInsert, RawInserted>('./raw-insert.ts'),
      ({ stop }) => stop(),
    )
    const { perSecond } = await worker.ask({ databaseUrl, rows: sizes.backlog })
    return { insertedPerSecond: perSecond }
  },
}
