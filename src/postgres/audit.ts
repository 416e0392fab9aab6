import type { Transaction } from './pool.ts'

/** One line of what operators did. `operator` is who, `subject` an id; nothing personal in clear. */
export type AuditEntry = {
  operator: string
  action: string
  campaign?: string
  subject?: string
  detail?: Record<string, unknown>
}

/** Written in the transaction of the act, so that neither is without the other. */
export async function insertAudit(tx: Transaction, entry: AuditEntry): Promise<void> {
  await tx.query({
    name: 'audit.insert',
    text: 'insert into audit (operator, action, campaign_id, subject, detail) values ($1, $2, $3, $4, $5)',
    values: [entry.operator, entry.action, entry.campaign ?? null, entry.subject ?? null, entry.detail ?? {}],
  })
}
