// For the health check of a container without HTTP: exit code 0 until the next turn of its process's loop is overdue, else 1.
import { readFileSync } from 'node:fs'

function readDue(): number {
  try {
    return Number(readFileSync(process.env.HEARTBEAT_FILE || '', 'utf8'))
  } catch {
    return 0
  }
}
process.exitCode = Date.now() < readDue() ? 0 : 1
