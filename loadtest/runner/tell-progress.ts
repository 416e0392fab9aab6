import { readProgress } from './until-decided.ts'

const everyMs = 10_000

/** Says every ten seconds how far the service is, by its public progress. Returns what stops it. */
export function tellProgress(url: string, campaign: string, tell: (line: string) => void): () => void {
  const since = performance.now()
  const timer = setInterval(async () => {
    const at = Math.round((performance.now() - since) / 1_000)
    const progress = await readProgress(url, campaign)
    tell(
      progress
        ? `${at} s: ${progress.acceptedNumber} accepted, ${progress.servingNumber} decided`
        : `${at} s: no answer`,
    )
  }, everyMs)
  return () => clearInterval(timer)
}
