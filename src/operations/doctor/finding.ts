/** `problem`: the opening would suffer. `warning`: somebody should know. */
export type Level = 'ok' | 'warning' | 'problem'

/** What was looked at, what was found, and what to do about it. */
export type Finding = { check: string; level: Level; found: string; advice: string | null }

export const ok = (check: string, found: string): Finding => ({ check, level: 'ok', found, advice: null })
export const warning = (check: string, found: string, advice: string): Finding => ({
  check,
  level: 'warning',
  found,
  advice,
})
export const problem = (check: string, found: string, advice: string): Finding => ({
  check,
  level: 'problem',
  found,
  advice,
})
