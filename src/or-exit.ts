import { UserError } from './errors.ts'

/** What `load` gives; when the environment is not right, every fault in a line of its own, and exit code 1. */
export function orExit<T>(load: () => T): T {
  try {
    return load()
  } catch (err) {
    if (!(err instanceof UserError)) throw err
    process.stderr.write(`${err.message}\n`)
    process.exit(1)
  }
}
