import { z } from 'zod'
import type { ApiFacts } from './doctor/check-processes.ts'

/** An API that has not answered by then is not waited for. */
const answerMs = 800

/** `/status`, as far as operators are shown it. */
export const SeenStatus = z.object({
  rung: z.string(),
  intake: z.string(),
  spooledBatches: z.number(),
  announcement: z.object({ ja: z.string(), en: z.string() }).nullable(),
})
export type SeenStatus = z.infer<typeof SeenStatus>

const registerLine = /^junban_register_vouchers\{campaign="([^"]+)"\} (\d+)/gm

/** What an API says of itself; null when it does not answer. */
export async function askStatus(apiUrl: string): Promise<SeenStatus | null> {
  const text = await ask(`${apiUrl}/status`)
  return text === null ? null : (SeenStatus.safeParse(JSON.parse(text)).data ?? null)
}

/** The same with what its metrics say; null when it does not answer. */
export async function askApi(apiUrl: string): Promise<ApiFacts | null> {
  const status = await askStatus(apiUrl)
  const metrics = await ask(`${apiUrl}/metrics`)
  if (!status || metrics === null) return null
  const registers = [...metrics.matchAll(registerLine)].map(([, campaign, size]) => [campaign!, Number(size)] as const)
  return { ...status, registers: new Map(registers) }
}

async function ask(url: string): Promise<string | null> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(answerMs) })
    return answer.ok ? await answer.text() : null
  } catch {
    return null
  }
}
