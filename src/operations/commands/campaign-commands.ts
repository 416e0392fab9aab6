import { readFile } from 'node:fs/promises'
import { Command } from 'commander'
import { listCampaignCounts } from '../../postgres/campaigns.ts'
import { createCampaign } from '../create-campaign.ts'
import { cannotRead } from '../read-lines.ts'
import { type CommandLine, jsonOption } from './command-line.ts'
import { formatTable, formatTime } from './format-table.ts'

const displayName = (name: { ja?: string | undefined; en?: string | undefined }) => name.ja ?? name.en ?? ''

export function campaignCommands(cli: CommandLine): Command {
  const command = new Command('campaign').description('booking drives: create, list')

  command
    .command('create')
    .argument('<file>', 'JSON, as in the contract')
    .description('create a campaign from its file')
    .option(...jsonOption)
    .action(async (file: string, options) => {
      const text = await readFile(file, 'utf8').catch((err) => {
        throw cannotRead(file, err)
      })
      const campaign = await cli.withPool((pool) =>
        createCampaign({ pool, master: cli.keys().master, text, by: cli.by }),
      )
      const shown = (instant: string) => formatTime(Date.parse(instant), campaign.timeZone)
      cli.print(options, {
        json: { id: campaign.id, cohorts: campaign.cohorts.length },
        human:
          `created campaign ${campaign.id} (${displayName(campaign.name)}): open ${shown(campaign.opensAt)} to ` +
          `${shown(campaign.closesAt)} ${campaign.timeZone}, ${campaign.cohorts.length} ${campaign.cohorts.length === 1 ? 'cohort' : 'cohorts'}`,
      })
    })

  command
    .command('list')
    .description('list campaigns with what they hold')
    .option(...jsonOption)
    .action(async (options) => {
      const campaigns = await cli.withPool((pool) => listCampaignCounts(pool))
      const json = campaigns.map(({ opensAt, closesAt, ...campaign }) => ({
        ...campaign,
        opensAt: new Date(opensAt).toISOString(),
        closesAt: new Date(closesAt).toISOString(),
      }))
      const heading = [
        'id',
        'name',
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

  return command
}
