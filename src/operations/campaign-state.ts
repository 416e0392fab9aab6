/** Where a campaign stands by the clock; all in epoch ms. */
export function campaignState({ now, opensAt, closesAt }: { now: number; opensAt: number; closesAt: number }) {
  if (now < opensAt) return 'upcoming'
  return now < closesAt ? 'open' : 'closed'
}
