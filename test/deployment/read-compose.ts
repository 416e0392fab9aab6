import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'

export const top = join(import.meta.dirname, '../..')
export const readTop = (file: string) => readFileSync(join(top, file), 'utf8')

export type Service = {
  image: string
  build?: unknown
  command?: string[]
  entrypoint?: string[]
  environment?: Record<string, string>
  depends_on?: Record<string, { condition: string }>
  healthcheck?: { test: string[] }
  deploy?: { replicas?: number }
  profiles?: string[]
  ports?: string[]
  networks?: string[]
  volumes?: string[]
}
export type Compose = { services: Record<string, Service>; networks: Record<string, unknown> }

/** docker-compose.yml as it is written: variables still stand in it. */
export const parseCompose = (): Compose => parse(readTop('docker-compose.yml'), { merge: true })

/** docker-compose.yml as Compose understands it with these variables. Throws as Compose does when a required one is not set. */
export function readCompose(env: Record<string, string>): Compose {
  return interpolate(parseCompose(), env) as Compose
}

function interpolate(value: unknown, env: Record<string, string>): unknown {
  if (typeof value === 'string')
    return value.replace(/\$\{([A-Z_]+)(?::([?-])([^}]*))?\}/g, (_, name: string, kind, text) => {
      if (env[name]) return env[name]
      if (kind === '?') throw new Error(`required variable ${name} is missing a value: ${text}`)
      return text ?? ''
    })
  if (Array.isArray(value)) return value.map((one) => interpolate(one, env))
  if (value && typeof value === 'object')
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, interpolate(one, env)]))
  return value
}

/** What `deploy/secrets.ts` prints, as an .env file is read. */
export function makeSecrets(): Record<string, string> {
  const made = spawnSync(process.execPath, ['deploy/secrets.ts'], { cwd: top, encoding: 'utf8' })
  if (made.status !== 0) throw new Error(made.stderr)
  return Object.fromEntries(
    made.stdout
      .trim()
      .split('\n')
      .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  )
}

/** Services in an order in which each comes after what it waits for. */
export function inStartOrder(services: Record<string, Service>): string[] {
  const order: string[] = []
  function add(name: string, waiting: string[]) {
    if (waiting.includes(name)) throw new Error(`services wait for each other: ${[...waiting, name].join(' → ')}`)
    if (order.includes(name)) return
    for (const needed of Object.keys(services[name]?.depends_on ?? {})) add(needed, [...waiting, name])
    order.push(name)
  }
  for (const name of Object.keys(services)) add(name, [])
  return order
}
