import { Command } from 'commander'
import { importSlots } from '../import-slots.ts'
import { addChangeSlotsCommands } from './change-slots-commands.ts'
import { type CommandLine, jsonOption } from './command-line.ts'
import { formatTable } from './format-table.ts'

/** `fail`: makes the process answer 1. */
export function slotCommands(cli: CommandLine, { fail }: { fail: () => void }): Command {
  const command = new Command('slots').description(
    'locations, schedules and slots: import, add, capacity, block, unblock, close',
  )

  command
    .command('import')
    .argument('<campaign>')
    .argument('<files...>', 'SMART Scheduling Links NDJSON, or CSV')
    .description('import what a campaign offers: all of it, or nothing and every bad row by its line')
    .option(...jsonOption)
    .action(async (campaign: string, files: string[], options) => {
      const progress = cli.progress(options, 'rows read')
      const imported = await cli
        .withPool((pool) => importSlots({ pool, campaign, files, by: cli.by, progress }))
        .finally(() => progress(null))
      const { skipped, ...counts } = imported
      const table = formatTable([
        ['', 'new', 'changed', 'same'],
        ...Object.entries(counts).map(([kind, count]) => [kind, count.new, count.changed, count.same]),
      ])
      const notes = skipped.map((file) => `skipped ${file}: it lists files and holds no rows`)
      cli.print(options, { json: imported, human: [table, ...notes].join('\n') })
    })

  addChangeSlotsCommands(command, cli, fail)
  return command
}
