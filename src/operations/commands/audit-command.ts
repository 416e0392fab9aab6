import { Command } from 'commander'
import { UserError } from '../../errors.ts'
import { createReceipts, type Receipts } from '../../privacy/receipts.ts'
import { auditInvariants, type ReadSpools } from '../audit/audit-invariants.ts'
import { formatReport } from '../audit/format-report.ts'
import { type CommandLine, jsonOption } from './command-line.ts'

/** `readSpools`: null where no Redis is configured. `fail`: makes the process answer 1. */
export function auditCommand(
  cli: CommandLine,
  { readSpools, fail }: { readSpools: () => ReadSpools | null; fail: () => void },
): Command {
  return new Command('audit')
    .description('check the invariants on the running database; exits 1 and names each violation')
    .option('--ledger <file>', 'NDJSON of what clients were told: check that too')
    .option(...jsonOption)
    .action(async ({ ledger, ...options }) => {
      const receipts = ledger === undefined ? null : findReceipts(cli)
      const report = await cli.withPool((pool) =>
        auditInvariants({ pool, ledger: ledger ?? null, receipts, readSpools: readSpools() }),
      )
      cli.print(options, { json: report, human: formatReport(report) })
      if (!report.holds) fail()
    })
}

/** Null where there are no keys: an auditor need not have them. */
function findReceipts(cli: CommandLine): Receipts | null {
  try {
    return createReceipts(cli.keys().receipt)
  } catch (err) {
    if (err instanceof UserError) return null
    throw err
  }
}
