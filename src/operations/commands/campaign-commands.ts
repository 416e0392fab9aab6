import { readFile } from 'node:fs/promises'
import { Command, InvalidArgumentError } from 'commander'
import { listCampaignCounts } from '../../postgres/campaigns.ts'
import { campaignState } from '../campaign-state.ts'
import { changeCampaign } from '../change-campaign.ts'
import { closeCampaign } from '../close-campaign.ts'
import { copyCampaign } from '../copy-campaign.ts'
import { createCampaign } from '../create-campaign.ts'
import { cannotRead } from '../read-lines.ts'
import { showCampaign } from '../show-campaign.ts'
import { type CommandLine, jsonOption } from './command-line.ts'
import { counted, describeCampaign, describeChanges, displayName } from './describe-campaign.ts'
import { formatTable, formatTime } from './format-table.ts'

/** A copy may be meant for another decade, not for another age. */
const maxShiftDays = 3_660

export function campaignCommands(cli: CommandLine): Command {
  const command = new Command('campaign').description('booking drives: create, change, list, show, close, copy')

  command
    .command('create')
    .argument('<file>', 'JSON, as in the contract')
    .description('create a campaign from its file')
    .option(...jsonOption)
    .action(async (file: string, options) => {
      const text = await readText(file)
      const campaign = await cli.withPool((pool) =>
        createCampaign({ pool, master: cli.keys().master, text, by: cli.by }),
      )
      const shown = (instant: string) => formatTime(Date.parse(instant), campaign.timeZone)
      cli.print(options, {
        json: { id: campaign.id, cohorts: campaign.cohorts.length },
        human:
          `created campaign ${campaign.id} (${displayName(campaign.name)}): open ${shown(campaign.opensAt)} to ` +
          `${shown(campaign.closesAt)} ${campaign.timeZone}, ${counted(campaign.cohorts.length, 'cohort')}`,
      })
    })

  command
    .command('change')
    .argument('<file>', 'the campaign’s whole JSON file, as it shall be')
    .description('make a campaign what its file says; running APIs know within a second')
    .option(...jsonOption)
    .action(async (file: string, options) => {
      const text = await readText(file)
      const { id, changes } = await cli.withPool((pool) => changeCampaign({ pool, text, by: cli.by }))
      cli.print(options, { json: { id, changes }, human: describeChanges(id, changes) })
    })

  command
    .command('list')
    .description('list campaigns with what they hold')
    .option(...jsonOption)
    .action(async (options) => {
      const campaigns = await cli.withPool((pool) => listCampaignCounts(pool))
      const json = campaigns.map(({ now, opensAt, closesAt, ...campaign }) => ({
        ...campaign,
        state: campaignState({ now, opensAt, closesAt }),
        opensAt: new Date(opensAt).toISOString(),
        closesAt: new Date(closesAt).toISOString(),
      }))
      const heading = [
        'id',
        'name',
        'state',
        'opens',
        'closes',
        'zone',
        'who',
        'locations',
        'slots',
        'seats',
        'booked',
        'vouchers',
      ]
      const rows = campaigns.map((campaign) => [
        campaign.id,
        displayName(campaign.name),
        campaignState(campaign),
        formatTime(campaign.opensAt, campaign.timeZone),
        formatTime(campaign.closesAt, campaign.timeZone),
        campaign.timeZone,
        campaign.eligibility,
        campaign.locations,
        campaign.slots,
        campaign.capacity,
        campaign.booked,
        campaign.vouchers,
      ])
      cli.print(options, { json, human: campaigns.length > 0 ? formatTable([heading, ...rows]) : 'no campaigns yet' })
    })

  command
    .command('show')
    .argument('<id>')
    .description('show one campaign: its rules, what it holds, its queues')
    .option(...jsonOption)
    .action(async (id: string, options) => {
      const shown = await cli.withPool((pool) => showCampaign(pool, id))
      cli.print(options, { json: shown, human: describeCampaign(shown) })
    })

  command
    .command('close')
    .argument('<id>')
    .description('close an open campaign now; what was received before is decided as ever')
    .option(...jsonOption)
    .action(async (id: string, options) => {
      const closed = await cli.withPool((pool) => closeCampaign({ pool, campaign: id, by: cli.by }))
      cli.print(options, { json: closed, human: `closed ${id} at ${closed.closesAt}` })
    })

  command
    .command('copy')
    .argument('<from>')
    .argument('<new-id>')
    .option('--opens-at <time>', 'opening of the copy; cohorts and closing keep their distance to it')
    .option('--closes-at <time>', 'closing of the copy')
    .option('--slots-by-days <n>', 'copy the slots too, so many days later', days)
    .description('copy rules, cohorts, locations and schedules; never vouchers or reservations')
    .option(...jsonOption)
    .action(async (from: string, to: string, { opensAt, closesAt, slotsByDays, ...options }) => {
      const { campaign, ...counts } = await cli.withPool((pool) =>
        copyCampaign({ pool, master: cli.keys().master, from, to, opensAt, closesAt, slotsByDays, by: cli.by }),
      )
      const shown = (instant: string) => formatTime(Date.parse(instant), campaign.timeZone)
      cli.print(options, {
        json: { ...campaign, ...counts },
        human:
          `copied ${from} to ${campaign.id}: open ${shown(campaign.opensAt)} to ${shown(campaign.closesAt)} ${campaign.timeZone}, ` +
          `${counted(counts.locations, 'location')}, ${counted(counts.schedules, 'schedule')}, ${counted(counts.slots, 'slot')}`,
      })
    })

  return command
}

const readText = (file: string) =>
  readFile(file, 'utf8').catch((err) => {
    throw cannotRead(file, err)
  })

function days(text: string): number {
  const number = Number(text)
  if (!/^-?\d+$/.test(text) || Math.abs(number) > maxShiftDays)
    throw new InvalidArgumentError(`is not a number of days, at most ${maxShiftDays}`)
  return number
}
