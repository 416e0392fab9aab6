import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { beforeAll, expect, test } from 'vitest'
import { problems } from '#src/errors.ts'
import { typeUri } from '#src/http/problem-schemas.ts'
import { type RunningApi, runApi } from './running-api.ts'

const committed = join(import.meta.dirname, '../../openapi.json')

type Media = { schema: unknown; example?: unknown; examples?: Record<string, { $ref: string }> }
type Operation = {
  operationId?: string
  summary?: string
  tags?: string[]
  parameters?: { name: string; in: string; example?: unknown; schema: object }[]
  requestBody?: { content: Record<string, Media> }
  security?: Record<string, unknown>[]
  responses: Record<string, { description?: string; content?: Record<string, Media> }>
}
type Document = {
  openapi: string
  info: { title: string; version: string }
  tags: { name: string; description: string }[]
  paths: Record<string, Record<string, Operation>>
  components: {
    schemas: Record<string, { description?: string; properties?: Record<string, { const?: unknown }> }>
    examples: Record<string, { value: unknown }>
  }
}

let api: RunningApi
let text: string
let document: Document
beforeAll(async () => {
  api = await runApi()
  const answer = await api.ask({ path: '/openapi.json' })
  expect(answer.headers['content-type']).toMatch(/^application\/json\b/)
  text = answer.text
  document = JSON.parse(text)
})

const operations = () =>
  Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      name: `${method.toUpperCase()} ${path}`,
      path,
      operation,
    })),
  )

/** All objects of the document, itself first. */
function* nodes(value: unknown): Generator<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return
  if (!Array.isArray(value)) yield value as Record<string, unknown>
  for (const inner of Object.values(value)) yield* nodes(inner)
}

test('the description that is committed is the one that the API gives (UPDATE_OPENAPI=1 writes it)', () => {
  if (process.env.UPDATE_OPENAPI === '1') writeFileSync(committed, `${JSON.stringify(document, null, 2)}\n`)
  expect(JSON.parse(readFileSync(committed, 'utf8'))).toEqual(document)
})

test('it is OpenAPI 3.1: every reference leads somewhere, nothing is left of 3.0, no operation is without an answer', () => {
  expect(document).toMatchObject({ openapi: '3.1.0', info: { title: 'Junban', version: expect.stringMatching(/^\d/) } })
  const all = [...nodes(document)]
  const references = all.flatMap(({ $ref }) => (typeof $ref === 'string' ? [$ref] : []))
  expect(references.length).toBeGreaterThan(10)
  for (const reference of references) {
    const found = reference
      .replace('#/', '')
      .split('/')
      .reduce<unknown>((at, part) => (at as Record<string, unknown> | undefined)?.[part], document)
    expect(found, reference).toBeDefined()
  }
  expect(all.filter((node) => 'nullable' in node)).toEqual([])
  for (const { name, operation } of operations()) {
    expect(operation.summary, name).toMatch(/\S/)
    expect(
      Object.keys(operation.responses).some((status) => /^[23]\d\d$/.test(status)),
      name,
    ).toBe(true)
    for (const [status, { description }] of Object.entries(operation.responses))
      expect(description, `${name} ${status}`).toEqual(expect.any(String))
  }
})

test('the parameters of every path are those that stand in it', () => {
  for (const { name, path, operation } of operations()) {
    const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, parameter]) => parameter!)
    const declared = (operation.parameters ?? []).filter((one) => one.in === 'path').map((one) => one.name)
    expect(declared.toSorted(), name).toEqual(inPath.toSorted())
  }
})

test('every refusal is a problem document, and operators’ routes ask for an operator’s key', () => {
  for (const { name, path, operation } of operations()) {
    for (const [status, { content }] of Object.entries(operation.responses))
      if (Number(status) >= 400)
        expect(Object.keys(content ?? {}), `${name} ${status}`).toEqual(['application/problem+json'])
    if (!path.startsWith('/v1/operator/')) continue
    expect(operation.security, name).toEqual([{ operatorKey: [] }])
    expect(Object.keys(operation.responses), name).toEqual(expect.arrayContaining(['401', '403']))
  }
})

test('every operation has a name that makes a method of a client, and a described tag', () => {
  const ids = operations().map(({ name, operation }) => {
    expect(operation.operationId, name).toMatch(/^[a-z][A-Za-z]+$/)
    expect(operation.tags, name).toHaveLength(1)
    expect(document.tags.map((tag) => tag.name)).toContain(operation.tags![0])
    return operation.operationId
  })
  expect(new Set(ids).size).toBe(ids.length)
  for (const { description } of document.tags) expect(description).toMatch(/\S/)
})

test('every body has an example, and every example is what its schema says', () => {
  const ajv = new Ajv2020({ strict: false, validateFormats: false })
  ajv.addSchema({ $id: 'junban', components: document.components })
  const fits = (schema: unknown) =>
    ajv.compile(JSON.parse(JSON.stringify(schema).replaceAll('"#/components', '"junban#/components')))
  for (const { name, operation } of operations()) {
    for (const { name: parameter, in: where, example, schema } of operation.parameters ?? []) {
      if (where === 'path') expect(example, `${name} ${parameter}`).toBeDefined()
      if (example !== undefined) expect(fits(schema)(example), `${name} ${parameter}`).toBe(true)
    }
    const bodies = [['request', operation.requestBody] as const, ...Object.entries(operation.responses)]
    for (const [of, body] of bodies)
      for (const { schema, example, examples = {} } of Object.values(body?.content ?? {})) {
        const values = Object.values(examples).map(
          ({ $ref }) => document.components.examples[$ref.split('/').at(-1)!]!.value,
        )
        const all = example === undefined ? values : [example, ...values]
        expect(all.length, `${name} ${of}`).toBeGreaterThan(0)
        const validate = fits(schema)
        for (const one of all) expect(validate(one) ? null : validate.errors, `${name} ${of}`).toBeNull()
      }
  }
})

test('every type of problem is described, with what it means', () => {
  const described = Object.values(document.components.schemas).flatMap(({ description, properties }) => {
    const type = properties?.type?.const
    return typeof type === 'string' ? [{ type, description }] : []
  })
  expect(described).toEqual(
    expect.arrayContaining(
      Object.entries(problems).map(([type, { meaning }]) => ({
        type: typeUri(type as keyof typeof problems),
        description: meaning,
      })),
    ),
  )
  expect(described).toHaveLength(Object.keys(problems).length)
})

test('what is no JSON is not described as JSON', () => {
  const typesOf = (path: string) => Object.keys(document.paths[path]?.get?.responses['200']?.content ?? {})
  expect(typesOf('/v1/reservations/{id}/calendar.ics')).toEqual(['text/calendar'])
  expect(typesOf('/v1/reservations/{id}/events')).toEqual(['text/event-stream'])
})

/** What clients may rely on, with a path to try. */
const promised = {
  'POST /v1/campaigns/{campaign}/reservations': '/v1/campaigns/anyone/reservations',
  'POST /v1/campaigns/{campaign}/recovery': '/v1/campaigns/anyone/recovery',
  'GET /v1/reservations/{id}': '/v1/reservations/x',
  'GET /v1/reservations/{id}/events': '/v1/reservations/x/events',
  'DELETE /v1/reservations/{id}': '/v1/reservations/x',
  'PUT /v1/reservations/{id}/choices': '/v1/reservations/x/choices',
  'GET /v1/reservations/{id}/calendar.ics': '/v1/reservations/x/calendar.ics',
  'GET /v1/campaigns': '/v1/campaigns',
  'GET /v1/campaigns/{campaign}': '/v1/campaigns/anyone',
  'GET /v1/campaigns/{campaign}/locations': '/v1/campaigns/anyone/locations',
  'GET /v1/campaigns/{campaign}/slots': '/v1/campaigns/anyone/slots',
  'GET /v1/campaigns/{campaign}/progress': '/v1/campaigns/anyone/progress',
  'GET /livez': '/livez',
  'GET /readyz': '/readyz',
  'GET /status': '/status',
  'GET /metrics': '/metrics',
  'POST /v1/operator/campaigns/{campaign}/reservations/import': '/v1/operator/campaigns/anyone/reservations/import',
  'GET /v1/operator/queues': '/v1/operator/queues',
}

test('what is served is described, and what is described is served', async () => {
  const described = operations().map(({ name }) => name)
  for (const [name, path] of Object.entries(promised)) {
    const { text: answered } = await api.ask({ method: name.split(' ')[0]!, path })
    const isServed = !answered.includes('There is no such path')
    expect(described.includes(name), name).toBe(isServed)
  }
  const unknown = described.filter((name) => !(name in promised) && !name.includes('/v1/operator/'))
  expect(unknown).toEqual([])
})

test('the public answers are as they are described, field by field', async () => {
  for (const path of [
    '/v1/campaigns',
    '/v1/campaigns/anyone',
    '/v1/campaigns/anyone/slots',
    '/v1/campaigns/anyone/progress',
  ]) {
    const { status, text: answered } = await api.ask({ path })
    expect(status, path).toBe(200)
    const schema =
      document.paths[path.replace('anyone', '{campaign}')]!.get!.responses['200']!.content!['application/json']!.schema
    expect(Object.keys(JSON.parse(answered)).toSorted(), path).toEqual(requiredOf(schema).toSorted())
  }
})

/** The fields that a schema says are always there. */
function requiredOf(schema: unknown): string[] {
  const { $ref, required } = schema as { $ref?: string; required?: string[] }
  if ($ref === undefined) return required ?? []
  const name = $ref.split('/').at(-1)!
  return requiredOf(
    (document as unknown as { components: { schemas: Record<string, unknown> } }).components.schemas[name],
  )
}
