/**
 * The protocol of the two stores, as a model: every order of the steps of two APIs, two drainers and one allocator's job handler, with
 * messages that come late or never. A step carries the name of what it stands for; change one, change the other.
 *
 * | step of the model                  | where                  | in the code                                                       |
 * |------------------------------------|------------------------|-------------------------------------------------------------------|
 * | close                              | accept-steps.ts        | intake/batcher.ts `writeAll`: one write at a time, `receivedAt`   |
 * | spool.length                       | accept-steps.ts        | queue/accept-batch.ts `spoolLength`                               |
 * | spool.join                         | accept-steps.ts        | queue/accept-batch.ts `acceptBatch`; lua/append-to-spool.lua, '1' |
 * | appendBatch                        | accept-steps.ts        | queue/accept-batch.ts `logThenJob`; postgres/batches.ts           |
 * | readBatch                          | accept-steps.ts        | postgres/batches.ts `appendBatch`, after 23505                    |
 * | jobs.add                           | accept-, drain-steps   | queue/accept-batch.ts `addJob`; queue/drain-spool.ts              |
 * | spool.append                       | accept-, job-steps.ts  | queue/accept-batch.ts `spoolOrGiveUp`; lua/append-to-spool.lua    |
 * | spool.head: lindex, hget, again    | drain-steps.ts         | queue/spool.ts `heads`; further looks only if not one script      |
 * | appendBatch (spooled)              | drain-steps.ts         | postgres/batches.ts `appendMissing`, `markPassed`; many at once   |
 * | spool.removeHead                   | drain-steps.ts         | queue/drain-spool.ts; lua/remove-spool-heads.lua                  |
 * | isDecided                          | job-steps.ts           | queue/decided-jobs.ts; the log in the order of its numbers        |
 * | … takes effect                     | late-steps.ts          | what the code has given up waiting for (queue/bounded.ts)         |
 * | crash, wiped, restored             | fault-steps.ts         | a process killed, `FLUSHALL`, Postgres from a backup              |
 *
 * Breakers are not modelled one by one. With `postgresFails` or `redisFails` any call of that store, at any time, may be answered, or
 * be refused (never sent: breaker open, connection refused), or be late: given up, its effect coming later or never. That is more than
 * outages and breakers can do, so what holds here holds with them, however many outages there are and whenever they begin and end.
 * Reads of a store are one step; so is a write and its answer, since who waits for an answer does nothing else meanwhile.
 *
 * Not modelled: where Redis was never configured, lanes that are gone, a Redis that loses only the end of what it had (a failover), and
 * what is decided. Numbers are counted in batches. Time is the order of the steps: `accepted_at` is later than `received_at` when the
 * one batch was logged after the other was closed.
 *
 * Each switch says something that the code does. Turning one off brings a wrong design back, of which a test shows what breaks.
 */
export const protocol = {
  /** An API closes a batch, then reads the length of the spool. */
  closesBeforeReading: true,
  /** An API whose log answers looks at the spool all the same. */
  asksTheSpoolFirst: true,
  /** What merely saw the spool not empty joins it only if it still is not. */
  joinsOnlyIfStillNotEmpty: true,
  /** A join that failed counts as Redis away: what waits in the spool may be passed, and the log says so. */
  failedJoinIsRedisAway: true,
  /** A join that was late may have happened, whatever comes after. */
  failedJoinIsPerhapsDone: true,
  /** The log first, then the job; both at once, and either is enough, was the first design. */
  logsBeforeAddingJob: true,
  /** After a late log insert the batch is spooled, though the insert may still come. Else: the job alone stands for it. */
  spoolsAfterLateInsert: true,
  /** The log refuses a batch id that it holds. */
  logHoldsABatchOnce: true,
  /** A refused insert takes no numbers. */
  refusedInsertTakesNoNumber: true,
  /** In how many commands `spool.head` reads the id and its batch: 1 is a script, the third of 3 asks whether it still is the head. */
  commandsForHead: 1,
  /** A head is removed after the commit. */
  removesAfterCommit: true,
  /** A head is removed only if it is still the head. */
  removesOnlyTheHead: true,
  /** The log marks a spooled batch that was passed by one accepted while Redis was away. */
  marksLate: true,
  /** The mark is made from what is committed when the lane's lock is held, not when the statement began. */
  marksLateUnderTheLock: true,
  /** A spooled batch that is found in the log already, by a late insert of its own, is marked then. */
  marksLateWhenFoundLogged: true,
  /** A job whose batch could not be spooled is looked at again. Else it fails, and nobody looks again. */
  jobOutlivesAFailedSpool: true,
}
export type Protocol = { -readonly [Rule in keyof typeof protocol]: (typeof protocol)[Rule] }

/** What is searched: how much of it, and what may go wrong. */
export type Scenario = {
  batches: 1 | 2 | 3 | 4
  apis: number
  drainers: number
  /** Log inserts may be late: the effect comes later, or never. */
  lateInserts?: boolean
  /** Any call of Postgres may be late or refused. */
  postgresFails?: boolean
  /** Any call of Redis may be late or refused. */
  redisFails?: boolean
  /** An API may crash at any step. (A drainer that fails does what one does that crashes: it begins anew.) */
  crashes?: boolean
  /** `FLUSHALL`, at most so often. What the spool alone held is then lost, and declared so. */
  wipes?: number
  /** Postgres returns from a backup without its last rows, at most so often. What a job still holds is not lost. */
  restores?: number
  /** Processes are told apart and the log's order is kept: more states, and a trace that can be read. */
  named?: boolean
  /** Nothing is forgotten (same-state.ts): many more states, to show that forgetting hides nothing. */
  forgetsNothing?: boolean
}
export type Model = { scenario: Scenario; protocol: Protocol }
