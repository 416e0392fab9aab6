import { createReadStream, createWriteStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { z } from 'zod'

const Told = z.object({
  id: z.uuid(),
  receipt: z.string(),
  queueNumber: z.int().nullable(),
  sentAt: z.number(),
  acceptedAt: z.number(),
})
export type Told = z.infer<typeof Told>

/** What the scripts wrote down, by what they printed; their other lines are `remarks`. Who was told twice keeps their first attempt and first 202. */
export async function readLedger(consoleFile: string): Promise<{ ledger: Told[]; remarks: string[] }> {
  const ledger = new Map<string, Told>()
  const remarks: string[] = []
  for await (const line of createInterface({ input: createReadStream(consoleFile) })) {
    const told = parse(line)
    if (!told) {
      if (line.trim() !== '') remarks.push(line)
      continue
    }
    const known = ledger.get(told.id)
    if (!known || told.acceptedAt < known.acceptedAt)
      ledger.set(told.id, { ...told, sentAt: Math.min(told.sentAt, known?.sentAt ?? told.sentAt) })
  }
  return { ledger: [...ledger.values()], remarks }
}

/** NDJSON, as `npm run audit -- --ledger FILE` takes it. */
export async function writeLedger(file: string, ledger: Told[]): Promise<void> {
  await pipeline(
    Readable.from(ledger).map((told) => `${JSON.stringify(told)}\n`),
    createWriteStream(file, { mode: 0o600 }),
  )
}

function parse(line: string): Told | null {
  if (!line.startsWith('{"id":')) return null
  try {
    return Told.parse(JSON.parse(line))
  } catch {
    return null
  }
}
