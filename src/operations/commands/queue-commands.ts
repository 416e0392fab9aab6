import { Command } from 'commander'
import { readQueueDepths } from '../../postgres/queues.ts'
import { pauseCampaign, resumeCampaign } from '../pause-campaign.ts'
import { type CommandLine, jsonOption } from './command-line.ts'
import { formatTable } from './format-table.ts'

export function queueCommands(cli: CommandLine): Command {
  const command = new Command('queue')
    .description('how deep the queues are; stop and go on deciding')
    .option(...jsonOption)
    .action(async (options) => {
      const queues = await cli.withPool((pool) => readQueueDepths(pool))
      const heading = ['campaign', 'lane', 'waiting', 'batches', 'oldest, s', 'set aside']
      const rows = queues.map(({ campaign, lane, waiting, waitingBatches, oldestBatchAgeSeconds, setAside }) => [
        campaign,
        lane,
        waiting,
        waitingBatches,
        Math.round(oldestBatchAgeSeconds ?? 0),
        setAside,
      ])
      cli.print(options, {
        json: queues,
        human: queues.length > 0 ? formatTable([heading, ...rows]) : 'no campaigns yet',
      })
    })

  command
    .command('pause')
    .argument('<campaign>')
    .requiredOption('--reason <text>', 'why, for those who find it paused')
    .description('stop deciding a campaign: requests are accepted as ever, and wait')
    .option(...jsonOption)
    .action(async (campaign: string, options: { reason: string; json?: boolean }) => {
      await cli.withPool((pool) => pauseCampaign({ pool, campaign, reason: options.reason, by: cli.by }))
      cli.print(options, { json: { campaign, paused: true }, human: `paused ${campaign}: ${options.reason}` })
    })

  command
    .command('resume')
    .argument('<campaign>')
    .description('go on deciding a campaign')
    .option(...jsonOption)
    .action(async (campaign: string, options: { json?: boolean }) => {
      await cli.withPool((pool) => resumeCampaign({ pool, campaign, by: cli.by }))
      cli.print(options, { json: { campaign, paused: false }, human: `resumed ${campaign}` })
    })

  return command
}
