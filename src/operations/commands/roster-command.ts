import { Command } from 'commander'
import { readRoster } from '../read-roster.ts'
import { type CommandLine, jsonOption } from './command-line.ts'
import { formatTable } from './format-table.ts'

/** `junban roster`: who is expected, for the desk of a location. */
export function rosterCommand(cli: CommandLine): Command {
  return new Command('roster')
    .argument('<campaign>')
    .requiredOption('--location <id>', 'where')
    .requiredOption('--date <day>', 'a day of the campaign’s time zone, as 2026-12-01')
    .description('who is expected at a location on a day; each is a look at a person, noted in the audit')
    .option(...jsonOption)
    .action(async (campaign: string, options: { location: string; date: string; json?: boolean }) => {
      const { location, date } = options
      const { master } = cli.keys()
      const roster = await cli.withPool((pool) => readRoster({ pool, master, campaign, location, date, by: cli.by }))
      const rows = roster.expected.map(({ startsAt, dose, who }) => [
        startsAt.slice(11, 16),
        dose,
        who?.voucher ?? '(erased)',
        who?.birthDate ?? '',
        who?.person?.name ?? '',
        who?.person?.phone ?? '',
      ])
      const heading = ['time', 'dose', 'voucher', 'born', 'name', 'phone']
      const human = rows.length > 0 ? formatTable([heading, ...rows]) : `nobody is expected at ${location} on ${date}`
      cli.print(options, { json: roster, human })
    })
}
