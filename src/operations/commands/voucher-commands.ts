import { createWriteStream } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { Command, InvalidArgumentError } from 'commander'
import { createFingerprints } from '../../privacy/fingerprints.ts'
import { generateVouchers, maxGenerated } from '../generate-vouchers.ts'
import { importVouchers } from '../import-vouchers.ts'
import { cannotRead } from '../read-lines.ts'
import { type CommandLine, jsonOption } from './command-line.ts'
import { formatNumber, formatTable } from './format-table.ts'

const peoplePerPiece = 2_000

export function voucherCommands(cli: CommandLine): Command {
  const command = new Command('vouchers').description('the register of who may book: import, generate')

  command
    .command('import')
    .argument('<campaign>')
    .argument('<file>', 'CSV voucher,birthDate,cohort in UTF-8 or cp932')
    .description('import the register: all of it, or nothing and every bad row by its line')
    .option('--dry-run', 'show what would change, and change nothing')
    .option('--prune', 'remove the vouchers that are not in the file; otherwise they are only counted')
    .option('--force', 'apply it though people with a live reservation are changed or removed')
    .option(...jsonOption)
    .action(async (campaign: string, file: string, options) => {
      const progress = cli.progress(options, 'rows read')
      const started = performance.now()
      const fingerprints = createFingerprints(cli.keys().voucher)
      const imported = await cli
        .withPool((pool) =>
          importVouchers({ pool, campaign, file, fingerprints, ...pick(options), by: cli.by, progress }),
        )
        .finally(() => progress(null))
      const seconds = Math.round(performance.now() - started) / 1_000
      cli.print(options, { json: { ...imported, seconds }, human: describe(imported, seconds) })
    })

  command
    .command('generate')
    .argument('<campaign>')
    .requiredOption('--count <n>', 'how many people', integer(0, maxGenerated))
    .requiredOption('--seed <s>', 'which people: the same seed gives the same', integer(0, 2 ** 32 - 1))
    .option('--out <file>', 'write there instead of to the terminal')
    .option('--json', 'one JSON object per line instead of CSV')
    .description('print repeatable test people, as the load scripts make them')
    .action(async (campaign: string, { count, seed, out, json }) => {
      const people = await cli.withPool((pool) => generateVouchers({ pool, campaign, count, seed }))
      await write(out, printPeople(people, json))
    })

  return command
}

const pick = ({ prune, dryRun, force }: { prune?: boolean; dryRun?: boolean; force?: boolean }) => ({
  prune: prune ?? false,
  dryRun: dryRun ?? false,
  force: force ?? false,
})

function describe(imported: Awaited<ReturnType<typeof importVouchers>>, seconds: number): string {
  const { rows, gone, removed, encoding } = imported
  const table = formatTable([
    ['', 'vouchers', 'with a live reservation'],
    ['new', imported.new, ''],
    ['changed', imported.changed, imported.changedInUse],
    ['same', imported.same, ''],
    ['gone', gone, imported.goneInUse],
    ['removed', removed, ''],
  ])
  const read = `${formatNumber(rows)} rows (${encoding}) in ${seconds.toFixed(1)} s`
  if (!imported.applied) return `${read}\n${table}\nNothing was changed: this was a dry run`
  const kept = gone > removed ? '\nThose gone from the file are still in the register: --prune removes them' : ''
  return `${read}\n${table}${kept}`
}

function* printPeople(
  people: Awaited<ReturnType<typeof generateVouchers>>,
  json: boolean | undefined,
): Generator<string> {
  let piece = json ? '' : 'voucher,birthDate,cohort\n'
  let held = 0
  for (const person of people) {
    piece += json ? `${JSON.stringify(person)}\n` : `${person.voucher},${person.birthDate},${person.cohort}\n`
    if (++held % peoplePerPiece === 0) {
      yield piece
      piece = ''
    }
  }
  if (piece !== '') yield piece
}

async function write(file: string | undefined, pieces: Iterable<string>): Promise<void> {
  try {
    await pipeline(Readable.from(pieces), file ? createWriteStream(file) : process.stdout, { end: file !== undefined })
  } catch (err) {
    // Whoever reads has seen enough (`| head`).
    if (!file && (err as NodeJS.ErrnoException).code === 'EPIPE') return
    throw cannotRead(file ?? 'stdout', err)
  }
}

function integer(min: number, max: number) {
  return (text: string) => {
    const value = Number(text)
    if (/^\d+$/.test(text) && min <= value && value <= max) return value
    throw new InvalidArgumentError(`It is not a whole number from ${min} to ${formatNumber(max)}.`)
  }
}
