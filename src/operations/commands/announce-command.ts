import { Command } from 'commander'
import type { NewAnnouncement } from '../../domain/announcement.ts'
import { UserError } from '../../errors.ts'
import { readAnnouncement } from '../../postgres/announcements.ts'
import { announce, clearAnnouncement } from '../announce.ts'
import { zonedText } from '../campaign-file.ts'
import { type CommandLine, jsonOption } from './command-line.ts'

type Options = { ja?: string; en?: string; until?: string; clear?: boolean; json?: boolean }

export function announceCommand(cli: CommandLine): Command {
  return new Command('announce')
    .description('tell everybody what happened and when service is expected back; without options, show what is told')
    .option('--ja <text>', 'in Japanese')
    .option('--en <text>', 'in English')
    .option(
      '--until <time>',
      'when service is expected back, as 2026-12-01T12:00:00+09:00; leave it out if nobody knows',
    )
    .option('--clear', 'take the announcement away')
    .option(...jsonOption)
    .action(async ({ ja, en, until, clear, ...options }: Options) => {
      const told = [ja, en, until].some((option) => option !== undefined)
      if (clear && told) throw new UserError('--clear takes the announcement away: give no text with it')
      if (clear) {
        const cleared = await cli.withPool((pool) => clearAnnouncement({ pool, by: cli.by }))
        return cli.print(options, {
          json: { announcement: null, cleared },
          human: cleared ? 'nothing is announced any more' : 'nothing was announced',
        })
      }
      if (told && (ja === undefined || en === undefined)) throw new UserError('both --ja and --en are needed')
      const announcement = told
        ? await cli.withPool((pool) =>
            announce({ pool, announcement: { ja, en, expectedAt: until ?? null }, by: cli.by }),
          )
        : await cli.withPool(readCurrent)
      cli.print(options, {
        json: { announcement },
        human: announcement ? describe(announcement) : 'nothing is announced',
      })
    })
}

async function readCurrent(pool: Parameters<typeof readAnnouncement>[0]): Promise<NewAnnouncement | null> {
  const current = await readAnnouncement(pool)
  if (!current) return null
  const { ja, en, expectedAt } = current
  return { ja, en, expectedAt: expectedAt === null ? null : zonedText(expectedAt, 'UTC') }
}

const describe = ({ ja, en, expectedAt }: NewAnnouncement) =>
  [`ja     ${ja}`, `en     ${en}`, `until  ${expectedAt ?? 'not known'}`].join('\n')
