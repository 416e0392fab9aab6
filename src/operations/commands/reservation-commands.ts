import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { Command, InvalidArgumentError } from 'commander'
import { cannotRead } from '../read-lines.ts'
import { type SentLine, sendReservations } from '../send-reservations.ts'
import { type CommandLine, jsonOption } from './command-line.ts'
import { formatNumber } from './format-table.ts'

/** Refused lines that are shown; all of them are in `--out`. */
const maxShown = 20

/** `access`: the API and the key of the operator who sends. */
export function reservationCommands(
  cli: CommandLine,
  { access }: { access: (api: string | undefined) => { api: string; operatorKey: string } },
): Command {
  const command = new Command('reservations').description('reservations for many people: import')

  command
    .command('import')
    .argument('<campaign>')
    .argument('<file>', 'CSV voucher,birthDate,slotId,locationId,from,to,waitlist,name,phone,email in UTF-8 or cp932')
    .description('ask for a seat for each line, in the lane `institution`; the same file sent again books nobody twice')
    .option('--api <url>', 'the API to send to; otherwise JUNBAN_API_URL, or that of the `npm start` that is running')
    .option(
      '--out <file>',
      'write what became of each line there, as NDJSON with the receipts: whoever has it can change the reservations',
    )
    .option('--from-line <n>', 'go on with this line', line)
    .option(
      '--key <key>',
      'an Idempotency-Key for the file: another one asks anew for who was refused or has cancelled',
    )
    .option(...jsonOption)
    .action(async (campaign: string, file: string, options) => {
      const out = options.out ? createWriteStream(options.out, { mode: 0o600 }) : null
      if (out) await once(out, 'open').catch((err) => Promise.reject(cannotRead(options.out, err)))
      const progress = cli.progress(options, 'lines sent')
      const count = { queued: 0, refused: 0 }
      const shown: { line: number; type: string; detail: string }[] = []
      const take = async (result: SentLine) => {
        count[result.status] += 1
        if (result.status === 'refused' && shown.length < maxShown)
          shown.push({ line: result.line, type: result.type, detail: result.detail })
        progress(count.queued + count.refused)
        if (out && !out.write(`${JSON.stringify(result)}\n`)) await once(out, 'drain')
      }
      const { api, operatorKey } = access(options.api)
      try {
        const { fromLine = 1, key: idempotencyKey } = options
        await sendReservations({ api, operatorKey, campaign, file, fromLine, idempotencyKey, take })
      } finally {
        progress(null)
        if (out) await once(out.end(), 'close')
      }
      cli.print(options, { json: { ...count, lines: shown }, human: describe(count, shown) })
    })

  return command
}

function describe({ queued, refused }: { queued: number; refused: number }, shown: { line: number; detail: string }[]) {
  return [
    `${formatNumber(queued)} queued, ${formatNumber(refused)} refused`,
    ...shown.map(({ line, detail }) => `  line ${line}: ${detail}`),
    ...(refused > shown.length ? [`  … and ${formatNumber(refused - shown.length)} more (--out names them)`] : []),
  ].join('\n')
}

function line(text: string): number {
  const value = Number(text)
  if (/^\d+$/.test(text) && value >= 1) return value
  throw new InvalidArgumentError('It is not the number of a line.')
}
