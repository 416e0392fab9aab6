/** How much is measured. */
export type Sizes = {
  rounds: number
  /** Of each load that is given for a time. */
  seconds: number
  /** How often intake is measured alone and with an allocator at work, in turns. */
  turns: number
  /** Before anything is measured: what has just started is slow at first. */
  warmUpSeconds: number
  /** Bookings from the first send to the last decision. */
  burst: number
  /** Requests that wait when the allocator starts, at least; as many rows are inserted for the raw limit. */
  backlog: number
  /** People in the register whose memory is measured. */
  vouchers: number
}

export const normalSizes: Sizes = {
  rounds: 3,
  seconds: 2,
  turns: 3,
  warmUpSeconds: 1.5,
  burst: 10_000,
  backlog: 100_000,
  vouchers: 600_000,
}

export const quickSizes: Sizes = {
  rounds: 1,
  seconds: 1.5,
  turns: 1,
  warmUpSeconds: 1,
  burst: 4_000,
  backlog: 30_000,
  vouchers: 600_000,
}
