import type { FigureName, Figures } from './figures.ts'
import { type Spread, spreadOf } from './spread.ts'

/** The figures of each contender, by name, of one round. */
export type Round = Map<string, Figures>

/** All rounds of a run. */
export type Results = Round[]

/** One figure of one contender over the rounds; null when it was not measured. */
export const figureOf = (results: Results, contender: string, name: FigureName): Spread | null =>
  spreadOf(results.flatMap((round) => round.get(contender)?.[name] ?? []))
