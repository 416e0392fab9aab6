import { Command } from 'commander'
import { insertAudit } from '../../postgres/audit.ts'
import { readNoticeDepth, retryNotices } from '../../postgres/notices.ts'
import { transaction } from '../../postgres/transaction.ts'
import { type CommandLine, jsonOption } from './command-line.ts'

/** `junban notices`: what people are to be told. */
export function noticeCommands(cli: CommandLine): Command {
  const command = new Command('notices')
    .description('how many people are still to be told, and how many could not be')
    .option(...jsonOption)
    .action(async (options) => {
      const depth = await cli.withPool((pool) => readNoticeDepth(pool))
      const { waiting, setAside, oldestAgeSeconds } = depth
      const age = oldestAgeSeconds === null ? '' : `, the oldest for ${Math.round(oldestAgeSeconds)} s`
      cli.print(options, { json: depth, human: `${waiting} waiting${age}; ${setAside} set aside` })
    })

  command
    .command('retry')
    .description('have what was set aside tried again, from the first attempt')
    .option(...jsonOption)
    .action(async (options) => {
      const retried = await cli.withPool((pool) =>
        transaction(pool, async (tx) => {
          const count = await retryNotices(tx)
          await insertAudit(tx, { operator: cli.by, action: 'notices.retry', detail: { count } })
          return count
        }),
      )
      cli.print(options, { json: { retried }, human: `${retried} will be tried again` })
    })

  return command
}
