// PROCESS: what one would build next. Each request is one BullMQ job; `job-worker.ts` books.
import { Queue } from 'bullmq'
import { handleError } from '#src/http/problem-details.ts'
import { createAdmit } from './admit.ts'
import { type BookingJob, connectRedis, queueName } from './job-queue.ts'
import { serve } from './serve.ts'

const connection = connectRedis()
const queue = new Queue<BookingJob>(queueName, {
  connection,
  defaultJobOptions: {
    removeOnComplete: true,
    removeOnFail: 1_000,
    attempts: 5,
    backoff: { type: 'exponential', delay: 500 },
  },
})
const admit = createAdmit()

await serve({
  configure: (app) => app.setErrorHandler(handleError),
  book: async ({ params: { campaign }, body, headers }, reply) => {
    const { request, receipt } = admit(campaign, body, headers['idempotency-key'] as string | undefined)
    await queue.add('book', { campaign, request }, { jobId: request.id })
    return reply.code(202).send({ id: request.id, status: 'queued', receipt })
  },
  closed: async () => {
    await queue.close()
    connection.disconnect()
  },
})
