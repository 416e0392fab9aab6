import { spawnSync } from 'node:child_process'
import { availableParallelism, cpus, totalmem } from 'node:os'
import { fileURLToPath } from 'node:url'

export type Machine = { cpu: string; cores: number; ramGb: number; platform: string }

/** What the figures were measured on. Everything, the load generator included, ran on it. */
export const describeMachine = (): Machine => ({
  cpu: cpus()[0]?.model.trim() ?? 'unknown',
  cores: availableParallelism(),
  ramGb: Math.round(totalmem() / 1e9),
  platform: `${process.platform} ${process.arch}`,
})

/** The commit that was measured, with `+` when there are changes on top of it; null outside a repository. */
export function readCommit(): string | null {
  const git = (...args: string[]) =>
    spawnSync('git', args, { cwd: fileURLToPath(new URL('..', import.meta.url)), encoding: 'utf8' }).stdout?.trim()
  const commit = git('rev-parse', '--short=12', 'HEAD')
  if (!commit) return null
  return git('status', '--porcelain', '--untracked-files=no') ? `${commit}+` : commit
}
