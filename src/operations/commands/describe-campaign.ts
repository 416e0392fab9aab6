import type { CampaignChanges } from '../change-campaign.ts'
import type { CampaignShown } from '../show-campaign.ts'
import { formatNumber, formatTable, formatTime } from './format-table.ts'

export const displayName = (name: { ja?: string | undefined; en?: string | undefined }) => name.ja ?? name.en ?? ''

/** `1 cohort`, `2 cohorts`. */
export const counted = (count: number, what: string) => `${formatNumber(count)} ${what}${count === 1 ? '' : 's'}`

/** A campaign for the terminal: times by the clock of its zone. */
export function describeCampaign({ file, state, paused, counts, vouchersByCohort, lanes }: CampaignShown): string {
  const time = (instant: string) => formatTime(Date.parse(instant), file.timeZone)
  const facts: [string, string][] = [
    ['name', displayName(file.name)],
    ['state', state],
    ['open', `${time(file.opensAt)} to ${time(file.closesAt)} ${file.timeZone}`],
    ['who', file.eligibility === 'anyone' ? 'anyone' : `the register: ${counted(counts.vouchers, 'voucher')}`],
    ['voucher', file.voucherPattern],
    ['mode', file.mode],
    ['slots', `${formatNumber(counts.slots)} at ${counted(counts.locations, 'location')}`],
    ['seats', `${formatNumber(counts.capacity)}, ${formatNumber(counts.booked)} booked`],
  ]
  for (const what of ['intake', 'allocation'] as const) {
    const pause = paused[what]
    if (pause) facts.push([what, `paused since ${formatTime(pause.at, file.timeZone)}: ${pause.reason}`])
  }
  const cohorts = file.cohorts.map(({ id, opensAt }) => [id, time(opensAt), vouchersByCohort[id] ?? 0])
  const queues = lanes.map((lane) => [lane.lane, lane.acceptedNumber, lane.servingNumber, lane.waiting, lane.setAside])
  return [
    file.id,
    ...facts.map(([name, value]) => `  ${name.padEnd(10)} ${value}`),
    ...(cohorts.length > 0 ? ['', formatTable([['cohort', 'opens', 'vouchers'], ...cohorts])] : []),
    '',
    formatTable([['lane', 'accepted', 'served', 'waiting', 'set aside'], ...queues]),
  ].join('\n')
}

/** What was changed, a line each. */
export function describeChanges(id: string, changes: CampaignChanges): string {
  const lines = Object.entries(changes).map(([field, { from, to }]) => `  ${field}: ${textOf(from)} → ${textOf(to)}`)
  return lines.length > 0 ? [`changed ${id}`, ...lines].join('\n') : `${id} is so already`
}

const textOf = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value))
