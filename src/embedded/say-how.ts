import { bookingCommand, outcomeCommand } from './booking-command.ts'
import { statusOf } from './wait-until-ready.ts'

type Said = { apiUrl: string; dataDir: string; adminKey: string | undefined; line(text?: string): void }

/** Tells where everything is, as far as it is served, and how to book a seat. */
export async function sayHow({ apiUrl, dataDir, adminKey, line }: Said): Promise<void> {
  const pages = { Booking: '/', Docs: '/docs', OpenAPI: '/openapi.json', Console: '/console', Status: '/status' }
  const there = await Promise.all(
    Object.entries(pages).map(async ([name, path]) => ({
      name,
      path,
      served: (await statusOf(apiUrl + path)) === 200,
    })),
  )
  const command = await bookingCommand(apiUrl, 'demo')
  const row = (name: string, text: string) => line(`  ${name.padEnd(10)} ${text}`)
  line()
  row('API', apiUrl)
  for (const { name, path, served } of there) if (served) row(name, apiUrl + path)
  row('Data', dataDir)
  if (adminKey) row('Admin key', `${adminKey}   (shown this once)`)
  if (command) {
    line()
    line('Book a seat:')
    line(command)
    line('See what became of it, with the id and receipt of that answer:')
    line(outcomeCommand(apiUrl))
  }
  line()
  line('Ctrl-C stops it; what was booked is kept.')
}
