/** What a client was told. Instants in epoch ms; `sentAt` is its first attempt, `acceptedAt` its first 202. */
export type Told = { id: string; receipt: string; queueNumber: number | null; sentAt: number; acceptedAt: number }

const isKept = __ENV.LEDGER === '1'

/** Writes it down, for the audit. k6 writes files no other way; the runner has it written to one (`--console-output`). */
export function writeDown(told: Told): void {
  if (isKept) console.log(JSON.stringify(told))
}
