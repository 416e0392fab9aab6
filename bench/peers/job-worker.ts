// PROCESS: takes the jobs of `job-per-request.ts`, many at a time, and books each in a transaction of its own.
import { Worker } from 'bullmq'
import closeWithGrace from 'close-with-grace'
import { leaveWithParent } from '#src/embedded/leave-with-parent.ts'
import { book } from './book.ts'
import { type BookingJob, connectRedis, queueName } from './job-queue.ts'
import { createPeerPool } from './pool.ts'

/** Jobs at a time: more than there are connections, so that none of those waits for Redis. */
const concurrency = 50

const pool = createPeerPool()
const connection = connectRedis()
const worker = new Worker<BookingJob>(
  queueName,
  async ({ data: { campaign, request } }) => {
    await book(pool, campaign, request)
  },
  { connection, concurrency },
)
worker.on('error', (err) => console.error(err))
worker.on('failed', (_job, err) => console.error(err))

const grace = closeWithGrace({ delay: 5_000 }, async () => {
  await worker.close()
  connection.disconnect()
  await pool.end()
})
leaveWithParent(() => grace.close())
