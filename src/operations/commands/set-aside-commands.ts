import { Command } from 'commander'
import { listSetAside } from '../../postgres/set-aside.ts'
import { retrySetAside } from '../retry-set-aside.ts'
import { withdrawSetAside } from '../withdraw-set-aside.ts'
import { type CommandLine, jsonOption } from './command-line.ts'
import { formatTable, formatTime } from './format-table.ts'

/** Most that are listed: so many are a bug and not requests. */
const maxListed = 1_000

export function setAsideCommands(cli: CommandLine): Command {
  const command = new Command('set-aside').description('requests that could not be committed: list, retry, withdraw')

  command
    .command('list')
    .argument('[campaign]')
    .description('what waits for an operator, the oldest first')
    .option(...jsonOption)
    .action(async (campaign: string | undefined, options) => {
      const found = await cli.withPool((pool) =>
        listSetAside(pool, { campaign: campaign ?? null, after: null, limit: maxListed }),
      )
      const json = found.map(({ setAsideAt, ...aside }) => ({
        ...aside,
        setAsideAt: new Date(setAsideAt).toISOString(),
      }))
      const heading = ['request', 'campaign', 'lane', 'number', 'since (UTC)', 'error']
      const rows = found.map((aside) => [
        aside.requestId,
        aside.campaign,
        aside.lane,
        aside.number,
        formatTime(aside.setAsideAt, 'UTC'),
        aside.error,
      ])
      cli.print(options, { json, human: found.length > 0 ? formatTable([heading, ...rows]) : 'nothing is set aside' })
    })

  command
    .command('retry')
    .argument('<request>')
    .description('put it at the end of its lane, to be decided again')
    .option(...jsonOption)
    .action(async (requestId: string, options) => {
      const retried = await cli.withPool((pool) => retrySetAside({ pool, requestId, by: cli.by }))
      const { campaign, lane, queueNumber } = retried
      cli.print(options, { json: retried, human: `${requestId} stands in ${campaign}, ${lane}, as ${queueNumber}` })
    })

  command
    .command('withdraw')
    .argument('<request>')
    .description('reject it, with the reason withdrawn-by-operator')
    .option(...jsonOption)
    .action(async (requestId: string, options) => {
      const withdrawn = await cli.withPool((pool) => withdrawSetAside({ pool, requestId, by: cli.by }))
      const human = withdrawn.before ? `${requestId} was decided before, and keeps that` : `${requestId} is rejected`
      cli.print(options, { json: withdrawn, human })
    })

  return command
}
