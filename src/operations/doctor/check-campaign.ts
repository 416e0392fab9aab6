import type { Key } from '../../config.ts'
import type { Readiness } from '../../postgres/readiness.ts'
import { unwrapDataKey, type WrappedKey } from '../../privacy/data-keys.ts'
import { zonedText } from '../campaign-file.ts'
import type { ApiFacts } from './check-processes.ts'
import { type Finding, ok, problem, warning } from './finding.ts'

/** Something waits and nothing was decided for this long: allocators are away, or stuck. */
const stuckMs = 5_000

const number = (count: number) => count.toLocaleString('en')

/** Whether a campaign can open: who may book, what can be booked, keys, queues. `master` null: there are no keys here. */
export function checkCampaign(
  campaign: Readiness,
  { keys, master, api }: { keys: WrappedKey[]; master: Key[] | null; api: ApiFacts | null },
): Finding[] {
  return [
    checkHours(campaign),
    checkRegister(campaign, api),
    checkSlots(campaign),
    ...(master ? [checkKeys(campaign, keys, master)] : []),
    checkPauses(campaign),
    checkQueue(campaign),
  ]
}

function checkHours({ id, timeZone, now, opensAt, closesAt }: Readiness): Finding {
  const check = `${id}: hours`
  const time = (epochMs: number) => zonedText(epochMs, timeZone)
  if (now >= closesAt) return problem(check, `closed since ${time(closesAt)}`, 'change its times, or copy it')
  return ok(check, now < opensAt ? `opens at ${time(opensAt)}` : `open until ${time(closesAt)}`)
}

function checkRegister({ id, eligibility, vouchers }: Readiness, api: ApiFacts | null): Finding {
  const check = `${id}: register`
  if (eligibility === 'anyone') return ok(check, 'anyone may book')
  const advice = `junban vouchers import ${id} FILE`
  if (vouchers === 0) return problem(check, 'no vouchers', advice)
  const loaded = api?.registers.get(id)
  if (api && loaded !== vouchers)
    return problem(
      check,
      `${number(vouchers)} vouchers, ${loaded === undefined ? 'none' : number(loaded)} in the memory of the API`,
      'wait a moment and look again; if it stays, look at the API’s log',
    )
  return ok(check, `${number(vouchers)} vouchers${api ? ', all in the memory of the API' : ''}`)
}

function checkSlots({ id, slots, blockedSlots, pastSlots, freeSeats }: Readiness): Finding {
  const check = `${id}: slots`
  const found = `${number(slots)} slots, ${number(freeSeats)} free seats`
  if (slots === 0) return problem(check, 'no slots', `junban slots import ${id} FILE…`)
  if (freeSeats === 0)
    return problem(check, `${found}, ${number(blockedSlots)} closed`, 'import slots that can be booked')
  if (pastSlots > 0)
    return warning(check, `${found}, ${number(pastSlots)} begin before anybody can book them`, 'block or correct them')
  return ok(check, `${found}${blockedSlots > 0 ? `, ${number(blockedSlots)} closed` : ''}`)
}

function checkKeys({ id }: Readiness, keys: WrappedKey[], master: Key[]): Finding {
  const check = `${id}: data key`
  if (keys.length === 0) return problem(check, 'none: it was erased', 'nothing can be accepted: copy the campaign')
  const lost = keys.filter((key) => !unwraps(id, key, master)).map(({ masterKeyId }) => masterKeyId)
  if (lost.length > 0)
    return problem(
      check,
      `wrapped by master key ${lost.join(', ')}, which is missing or another`,
      'put it back into JUNBAN_MASTER_KEYS',
    )
  return ok(check, `${keys.length === 1 ? 'opens' : `all ${keys.length} open`} with the master key`)
}

function unwraps(campaign: string, key: WrappedKey, master: Key[]): boolean {
  try {
    unwrapDataKey(campaign, key, master)
    return true
  } catch {
    return false
  }
}

function checkPauses({ id, allocationPausedReason, intakePausedReason }: Readiness): Finding {
  const check = `${id}: not paused`
  const paused = [
    ...(intakePausedReason === null ? [] : [`intake (${intakePausedReason})`]),
    ...(allocationPausedReason === null ? [] : [`allocation (${allocationPausedReason})`]),
  ]
  if (paused.length === 0) return ok(check, 'neither intake nor allocation')
  const commands = [
    ...(intakePausedReason === null ? [] : [`junban queue resume ${id} --intake`]),
    ...(allocationPausedReason === null ? [] : [`junban queue resume ${id}`]),
  ]
  return problem(check, `${paused.join(' and ')} paused`, commands.join('; '))
}

function checkQueue({ id, waiting, setAside, idleMs }: Readiness): Finding {
  const check = `${id}: queue`
  if (waiting > 0 && (idleMs === null || idleMs > stuckMs))
    return problem(
      check,
      `${number(waiting)} wait and nothing is being decided`,
      'look at the allocators and their logs',
    )
  if (setAside > 0)
    return warning(check, `${number(setAside)} set aside`, `junban set-aside list ${id}, then retry or withdraw each`)
  return ok(check, waiting > 0 ? `${number(waiting)} wait, and are being decided` : 'nothing waits, nothing set aside')
}
