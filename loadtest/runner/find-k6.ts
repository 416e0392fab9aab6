import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { UserError } from '#src/errors.ts'

const version = 'v1.8.1'
/** From this one on scripts in TypeScript run as they are. */
const leastMajor = 1
const progressEveryMs = 15_000

/** Outside the tree, so that a clean clone finds what an earlier one has built. */
const builtIn = () => join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'junban', `k6-${version}`)

/** The path of k6: the one on the path, or the one built earlier, or one built now. Throws a UserError that says how to get it. */
export async function findK6(tell: (line: string) => void, stopped: AbortSignal): Promise<string> {
  const said = spawnSync('k6', ['version'], { encoding: 'utf8' }).stdout ?? ''
  if (Number(/v(\d+)\./.exec(said)?.[1] ?? 0) >= leastMajor) return 'k6'
  const built = join(builtIn(), 'k6')
  if (existsSync(built)) return built
  if (spawnSync('go', ['version']).status !== 0)
    throw new UserError(
      'k6 is not on the path and there is no Go to build it with: see https://grafana.com/docs/k6/latest/set-up/install-k6/, or install Go 1.26',
    )
  await build(tell, stopped)
  return built
}

/** Built beside its place and moved there whole: of two that build at once either may win. */
async function build(tell: (line: string) => void, stopped: AbortSignal): Promise<void> {
  mkdirSync(builtIn(), { recursive: true })
  const beside = mkdtempSync(join(builtIn(), 'build-'))
  const since = performance.now()
  let packages = 0
  let last = ''
  tell(`building k6 ${version} with Go, once; that takes two to three minutes`)
  const timer = setInterval(
    () => tell(`… ${Math.round((performance.now() - since) / 1_000)} s, ${packages} packages`),
    progressEveryMs,
  )
  try {
    const child = spawn('go', ['install', '-v', `go.k6.io/k6@${version}`], {
      env: { ...process.env, GOBIN: beside, GOFLAGS: '-trimpath' },
      stdio: ['ignore', 'ignore', 'pipe'],
      signal: stopped,
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      packages += text.split('\n').length - 1
      last = (last + text).slice(-1_000)
    })
    const code = await new Promise((done) => child.once('error', done).once('close', done))
    if (code !== 0) throw new UserError(`k6 could not be built:\n${last.trim()}`)
    renameSync(join(beside, 'k6'), join(builtIn(), 'k6'))
    tell(`k6 ${version} built: ${builtIn()}`)
  } finally {
    clearInterval(timer)
    rmSync(beside, { recursive: true, force: true })
  }
}
