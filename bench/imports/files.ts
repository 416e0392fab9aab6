import { createWriteStream } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { type GeneratedPerson, generatePerson } from '#src/operations/generate-people.ts'

const seed = 4
const rowsPerPiece = 2_000
const slotMinutes = 30
const slotsPerDay = 10
const daysPerLocation = 20

/** Person number `n` of the register, with the birth date that stands in the first file. */
export const personAt = (n: number): GeneratedPerson => generatePerson(n, seed)

/** The same person as the second file corrects them. */
export function correctedAt(n: number): GeneratedPerson {
  const { voucher, birthDate } = personAt(n)
  return { voucher, birthDate: birthDate.endsWith('-01') ? `${birthDate.slice(0, 8)}02` : `${birthDate.slice(0, 8)}01` }
}

/** A register's CSV, of people by their numbers; `rowAt` gives the row of each. */
export async function writeRegister(file: string, count: number, rowAt: (n: number) => string): Promise<void> {
  await write(file, 'voucher,birthDate,cohort', count, rowAt)
}

export const rowOf = ({ voucher, birthDate }: GeneratedPerson) => `${voucher},${birthDate},`

/** How a row can be bad. Each is what somebody has sent. */
const badRows: ((person: GeneratedPerson) => string)[] = [
  ({ voucher }) => `${voucher},1980-02-30,`,
  ({ birthDate }) => `12345,${birthDate},`,
  ({ voucher, birthDate }) => `${voucher},${birthDate}`,
  ({ voucher, birthDate }) => `${voucher},${birthDate},nowhere`,
  ({ birthDate }) => `${personAt(0).voucher},${birthDate},`, // the voucher of the first row again
]
export const badRowOf = (n: number) => badRows[n % badRows.length]!(personAt(n))

/** SMART Scheduling Links files with so many slots, their paths beginning with `prefix`; returns the paths. */
export async function writeSmartFiles(prefix: string, slots: number, capacity: number): Promise<string[]> {
  const locations = Math.ceil(slots / (slotsPerDay * daysPerLocation))
  const files = ['locations', 'schedules', 'slots'].map((name) => `${prefix}-${name}.ndjson`) as [
    string,
    string,
    string,
  ]
  const opening = Temporal.ZonedDateTime.from('2090-03-01T09:00[Asia/Tokyo]').epochMilliseconds
  const extension = [
    { url: 'http://fhir-registry.smarthealthit.org/StructureDefinition/slot-capacity', valueInteger: capacity },
  ]
  await write(files[0], null, locations, (n) =>
    JSON.stringify({
      resourceType: 'Location',
      id: `l${n}`,
      name: `第${n}会場`,
      address: { line: [`${n}-1`], city: '東京' },
    }),
  )
  await write(files[1], null, locations, (n) =>
    JSON.stringify({ resourceType: 'Schedule', id: `s${n}`, actor: [{ reference: `Location/l${n}` }] }),
  )
  await write(files[2], null, slots, (n) => {
    const within = n % (slotsPerDay * daysPerLocation)
    const start =
      opening + Math.floor(within / slotsPerDay) * 86_400_000 + (within % slotsPerDay) * slotMinutes * 60_000
    return JSON.stringify({
      resourceType: 'Slot',
      id: `slot-${n}`,
      schedule: { reference: `Schedule/s${Math.floor(n / (slotsPerDay * daysPerLocation))}` },
      status: 'free',
      start: new Date(start).toISOString(),
      end: new Date(start + slotMinutes * 60_000).toISOString(),
      extension,
    })
  })
  return files
}

async function write(file: string, header: string | null, count: number, rowAt: (n: number) => string): Promise<void> {
  function* pieces() {
    let piece = header === null ? '' : `${header}\n`
    for (let n = 0; n < count; n += 1) {
      piece += `${rowAt(n)}\n`
      if (n % rowsPerPiece === rowsPerPiece - 1) {
        yield piece
        piece = ''
      }
    }
    yield piece
  }
  await pipeline(Readable.from(pieces()), createWriteStream(file))
}
