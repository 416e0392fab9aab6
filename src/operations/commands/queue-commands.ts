import { Command } from 'commander'
import { readQueueDepths } from '../../postgres/queues.ts'
import type { SeenStatus } from '../ask-api.ts'
import { pauseCampaign, resumeCampaign } from '../pause-campaign.ts'
import { type CommandLine, jsonOption } from './command-line.ts'
import { formatTable } from './format-table.ts'
import { type Screen, watchQueue } from './watch-queue.ts'

type SteerOptions = { intake?: boolean; reason?: string; json?: boolean }

const whatOf = ({ intake }: SteerOptions) => (intake ? 'intake' : 'allocation')

/** `readStatus`: what a running API says; null where none is known. */
export function queueCommands(
  cli: CommandLine,
  { openScreen, readStatus }: { openScreen: () => Screen; readStatus: () => Promise<SeenStatus | null> },
): Command {
  const command = new Command('queue')
    .description('how deep the queues are; stop and go on accepting or deciding')
    .option('--watch', 'go on showing it, each second, until Ctrl-C')
    .option(...jsonOption)
    .action(async ({ watch, ...options }) => {
      if (watch)
        return cli.withPool((pool) =>
          watchQueue({
            readDepths: () => readQueueDepths(pool),
            readStatus,
            screen: openScreen(),
            json: options.json === true,
          }),
        )
      const queues = await cli.withPool((pool) => readQueueDepths(pool))
      const heading = ['campaign', 'lane', 'waiting', 'batches', 'oldest, s', 'set aside', 'paused']
      const rows = queues.map((queue) => [
        queue.campaign,
        queue.lane,
        queue.waiting,
        queue.waitingBatches,
        Math.round(queue.oldestBatchAgeSeconds ?? 0),
        queue.setAside,
        [queue.intakePaused && 'intake', queue.allocationPaused && 'allocation'].filter(Boolean).join(', '),
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
    .option('--intake', 'stop accepting instead: requests are refused')
    .description('stop deciding a campaign: requests are accepted as ever, and wait')
    .option(...jsonOption)
    .action(async (campaign: string, options: SteerOptions & { reason: string }) => {
      const what = whatOf(options)
      await cli.withPool((pool) => pauseCampaign({ pool, campaign, what, reason: options.reason, by: cli.by }))
      cli.print(options, {
        json: { campaign, what, paused: true },
        human: `paused ${what} of ${campaign}: ${options.reason}`,
      })
    })

  command
    .command('resume')
    .argument('<campaign>')
    .option('--reason <text>', 'why, for the audit')
    .option('--intake', 'accept again')
    .description('go on deciding a campaign')
    .option(...jsonOption)
    .action(async (campaign: string, options: SteerOptions) => {
      const what = whatOf(options)
      await cli.withPool((pool) => resumeCampaign({ pool, campaign, what, reason: options.reason, by: cli.by }))
      cli.print(options, { json: { campaign, what, paused: false }, human: `resumed ${what} of ${campaign}` })
    })

  return command
}
