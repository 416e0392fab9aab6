import type { ReservationView } from './view-reservation.ts'

/** Longest line of a calendar file, in bytes, without its line break (RFC 5545, 3.1). */
const maxLineBytes = 75

/** A reservation's appointments as an iCalendar file (RFC 5545). `now` in epoch ms. */
export function viewCalendar(reservation: ReservationView, now: number): string {
  const lines = ['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//junban//junban//EN', 'METHOD:PUBLISH']
  for (const { dose, startsAt, endsAt, location } of reservation.appointments) {
    if (!startsAt || !endsAt) continue
    lines.push(
      'BEGIN:VEVENT',
      `UID:${reservation.id}-${dose}@junban`,
      `DTSTAMP:${utc(new Date(now))}`,
      `DTSTART:${utc(new Date(startsAt))}`,
      `DTEND:${utc(new Date(endsAt))}`,
      `SUMMARY:${escapeText(location?.name ?? reservation.campaign)}`,
      ...(location ? [`LOCATION:${escapeText([location.name, location.address].filter(Boolean).join(', '))}`] : []),
      'STATUS:CONFIRMED',
      'END:VEVENT',
    )
  }
  lines.push('END:VCALENDAR')
  return lines.flatMap(fold).join('\r\n') + '\r\n'
}

const utc = (time: Date) => time.toISOString().replaceAll(/[-:]|\.\d+/g, '')
const escapeText = (text: string) => text.replaceAll(/[\\;,]/g, '\\$&').replaceAll('\n', '\\n')

/** Long lines go on in the next, behind a space; no character is cut in two. */
function fold(line: string): string[] {
  const folded = ['']
  let bytes = 0
  for (const character of line) {
    const size = Buffer.byteLength(character)
    if (bytes + size > maxLineBytes) {
      folded.push(' ')
      bytes = 1
    }
    folded[folded.length - 1] += character
    bytes += size
  }
  return folded
}
