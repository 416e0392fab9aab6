import type { Keys } from '../../config.ts'
import type { Pool } from '../../postgres/pool.ts'

/** What a command is given by the process: it reads no environment and opens nothing itself. */
export type CommandLine = {
  /** Runs `work` with connections of the operator's database role, and closes them. */
  withPool<T>(work: (pool: Pool) => Promise<T>): Promise<T>
  keys(): Keys
  /** Who is at the terminal, for the audit. */
  by: string
  /** Prints the answer: `json` on one line when `--json` was given, otherwise `human`. */
  print(options: { json?: boolean }, answer: { json: unknown; human: string }): void
  /** Shows how many rows were read, on one line of a terminal, now and then; null: done, take the line away. */
  progress(options: { json?: boolean }, label: string): (rows: number | null) => void
}

/** The option that every command takes. */
export const jsonOption = ['--json', 'print the answer as one line of JSON'] as const
