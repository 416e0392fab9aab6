// Imports nothing: the scripts, which k6 runs, and the runner, which Node runs, read the same.

/**
 * What a scenario takes unless the environment says otherwise, sized for two cores that also carry k6. PEOPLE: everybody, those of
 * the register. RATE: arrivals a second. DURATION, HOLD: in seconds.
 */
export const defaults = {
  smoke: { PEOPLE: 1_000, RATE: 10, DURATION: 8 },
  'doors-open': { PEOPLE: 100_000, DURATION: 120 },
  /** HOLD: for so long nothing is decided, so that people wait. Only of a stack that the runner started. */
  'refresh-storm': { PEOPLE: 5_000, RATE: 25, DURATION: 40, HOLD: 45 },
  /** RATE: of the first step. DURATION: of each. */
  breakpoint: { PEOPLE: 150_000, RATE: 500, DURATION: 8 },
} satisfies Record<string, Settings>

export type Settings = { PEOPLE: number; DURATION: number; RATE?: number; HOLD?: number }
export type ScenarioName = keyof typeof defaults
