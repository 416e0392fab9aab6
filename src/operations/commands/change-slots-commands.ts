import { type Command, InvalidArgumentError, Option } from 'commander'
import { Affected, SlotChange, type Which } from '../../domain/slot-change.ts'
import { UserError } from '../../errors.ts'
import { readCampaign } from '../../postgres/campaigns.ts'
import type { DecidedSlotChange } from '../../postgres/slot-changes.ts'
import { changeSlots, untilSlotChange } from '../change-slots.ts'
import { makeSlotId } from '../make-slot-id.ts'
import { readTime } from '../read-dates.ts'
import { type CommandLine, jsonOption } from './command-line.ts'
import { formatTable } from './format-table.ts'

/** Most of those that a change hits that are listed for people; `--json` has all. */
const maxListed = 50

/** Changes of slots while people book them. They are requests in the log: each command waits for the decision and prints it. */
export function addChangeSlotsCommands(command: Command, cli: CommandLine, fail: () => void) {
  const affectedOption = () =>
    new Option('--affected <what>', 'what becomes of who would lose a seat').choices(Affected.options).default('keep')

  async function change(campaign: string, wanted: unknown, options: { json?: boolean }) {
    const parsed = SlotChange.safeParse(wanted)
    if (!parsed.success)
      throw new UserError(parsed.error.issues.map(({ path, message }) => `${path.join('.')} ${message}`).join('\n'))
    const { id, decided } = await cli.withPool(async (pool) => {
      const logged = await changeSlots({ pool, campaign, change: parsed.data, by: cli.by })
      return { ...logged, decided: await untilSlotChange(pool, logged.id) }
    })
    if (!decided)
      throw new UserError(`it waits in the log as ${id}: nobody has decided it yet. Is an allocator running?`)
    cli.print(options, { json: decided, human: describe(decided) })
    if (decided.outcome === 'refused') fail()
  }

  command
    .command('add')
    .argument('<campaign>')
    .requiredOption('--location <id>', 'where')
    .requiredOption('--starts <time>', 'as 2026-12-01T09:00+09:00, or without an offset in the campaign’s time zone')
    .requiredOption('--ends <time>')
    .requiredOption('--capacity <seats>', 'how many seats', toCapacity)
    .option('--id <slot>', 'its id; made of location and start where it is not given')
    .description('add a slot; who waits for it is given its seats')
    .option(...jsonOption)
    .action(async (campaign: string, { location, starts, ends, capacity, id, ...options }) => {
      const known = await cli.withPool((pool) => readCampaign(pool, campaign))
      if (!known) throw new UserError(`there is no campaign ${campaign}`)
      const [startsAt, endsAt] = [readTime(starts, known.timeZone), readTime(ends, known.timeZone)]
      if (startsAt === null || endsAt === null)
        throw new UserError('--starts and --ends are times, as 2026-12-01T09:00+09:00')
      const slot = {
        id: id ?? makeSlotId(location, startsAt),
        locationId: location,
        startsAt: new Date(startsAt).toISOString(),
        endsAt: new Date(endsAt).toISOString(),
        capacity,
      }
      await change(campaign, { do: 'add', slots: [slot] }, options)
    })

  command
    .command('capacity')
    .argument('<campaign>')
    .argument('<slot>')
    .argument('<seats>', 'how many seats it has from now on', toCapacity)
    .description('raise or lower the capacity of a slot; below what is booked it says whom it would hit')
    .addOption(affectedOption())
    .option(...jsonOption)
    .action((campaign: string, slotId: string, capacity: number, { affected, ...options }) =>
      change(campaign, { do: 'capacity', slotId, capacity, affected }, options),
    )

  for (const [name, description, takesAffected] of [
    ['block', 'give no seat of these slots any more; who holds one may keep it', true],
    ['unblock', 'give their seats again, to who waits first', false],
    ['close', 'give no seat of these slots any more, and nobody keeps one; it says whom it would hit', true],
  ] as const) {
    const one = command
      .command(name)
      .argument('<campaign>')
      .argument('[slots...]')
      .option('--location <id>', 'all slots of a location')
      .description(description)
      .option(...jsonOption)
    if (takesAffected) one.addOption(affectedOption())
    one.action((campaign: string, slotIds: string[], { location, affected, ...options }) =>
      change(campaign, { do: name, which: which(slotIds, location), ...(affected && { affected }) }, options),
    )
  }
}

function which(slotIds: string[], locationId: string | undefined): Which {
  if (slotIds.length > 0 === (locationId !== undefined)) throw new UserError('name slots, or --location')
  return locationId === undefined ? { slotIds } : { locationId }
}

function toCapacity(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('It is not a number of seats.')
  return Number(text)
}

function describe({ outcome, reason, affected }: DecidedSlotChange): string {
  const said = outcome === 'done' ? 'done' : `refused: ${reason}`
  if (affected.length === 0) return said
  const rows = affected
    .slice(0, maxListed)
    .map(({ reservationId, slotId, became }) => [reservationId, slotId, became ?? 'would be hit'])
  const more = affected.length > maxListed ? `\n… and ${affected.length - maxListed} more` : ''
  return `${said}\n${formatTable([['reservation', 'slot', 'became'], ...rows])}${more}`
}
