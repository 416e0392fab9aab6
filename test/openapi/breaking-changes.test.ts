import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { breakingChanges, type Description } from './breaking-changes.ts'
import type { Schema } from './compare-schemas.ts'

const read = (file: string): Description => JSON.parse(readFileSync(join(import.meta.dirname, '../..', file), 'utf8'))
const described = read('openapi.json')

test('no client of the released API breaks (CONTRIBUTING.md says what to do when one would)', () => {
  expect(breakingChanges(read('test/data/openapi/released.json'), described)).toEqual([])
})

const reserve = '/v1/campaigns/{campaign}/reservations'
const slots = '/v1/campaigns/{campaign}/slots'

/** What is found when the description of today is changed so. */
function after(change: (document: Changeable) => void): string[] {
  const document = structuredClone(described) as Changeable
  change(document)
  return breakingChanges(described, document as Description)
}
type Fields = Record<string, Schema & { properties: Record<string, Schema>; required: string[] }>
type Changeable = {
  // biome-ignore lint/suspicious/noExplicitAny: taken apart at will
  paths: Record<string, any>
  components: { schemas: Fields }
}

describe('each of these breaks a client, and is named', () => {
  test.each<[string, (document: Changeable) => void, string]>([
    ['a path removed', ({ paths }) => delete paths[slots], `GET ${slots} is gone`],
    ['an operation removed', ({ paths }) => delete paths[reserve].post, `POST ${reserve} is gone`],
    [
      'an operation renamed',
      ({ paths }) => Object.assign(paths[slots].get, { operationId: 'getSlots' }),
      `GET ${slots}: is no longer called listSlots`,
    ],
    [
      'a credential needed',
      ({ paths }) => Object.assign(paths[reserve].post, { security: [{ operatorKey: [] }] }),
      `POST ${reserve}: needs a credential now`,
    ],
    ['a parameter removed', ({ paths }) => paths[slots].get.parameters.pop(), `GET ${slots}: path campaign is gone`],
    [
      'a parameter that must be given',
      ({ paths }) => paths[slots].get.parameters.push({ name: 'ward', in: 'query', required: true, schema: {} }),
      `GET ${slots}: query ward is new and required`,
    ],
    ['an answer removed', ({ paths }) => delete paths[slots].get.responses[200], `GET ${slots}: no longer answers 200`],
    [
      'a field of an answer removed',
      ({ components }) => delete components.schemas.Accepted!.properties.receipt,
      `POST ${reserve}: 202.receipt is gone`,
    ],
    [
      'a field of an answer that may be missing',
      ({ components: { schemas } }) => schemas.Slot!.required.splice(0, 1),
      `GET ${slots}: 200.slots[].id is no longer always there`,
    ],
    [
      'a field of an answer of another type',
      ({ components: { schemas } }) => Object.assign(schemas.Slot!.properties.free!, { type: 'string' }),
      `GET ${slots}: 200.slots[].free may now be string`,
    ],
    [
      'a null where there was none',
      ({ components: { schemas } }) => Object.assign(schemas.Slot!.properties.startsAt!, { type: ['string', 'null'] }),
      `GET ${slots}: 200.slots[].startsAt may now be null`,
    ],
    [
      'a field of a problem removed',
      ({ components }) => delete components.schemas.NotOpenProblem!.properties.opensAt,
      `POST ${reserve}: 403.opensAt is gone`,
    ],
    [
      'a field that must be sent',
      ({ components: { schemas } }) => schemas.ReservationRequest!.required.push('person'),
      `POST ${reserve}: body.person is required now`,
    ],
    [
      'a field that is no longer taken',
      ({ components }) => delete components.schemas.ReservationRequest!.properties.waitlist,
      `POST ${reserve}: body.waitlist is gone`,
    ],
    [
      'fewer values taken',
      ({ components: { schemas } }) =>
        Object.assign(schemas.ReservationRequest!.properties.waitlist!, { enum: [true] }),
      `POST ${reserve}: body.waitlist takes fewer values`,
    ],
    [
      'another type taken',
      ({ components: { schemas } }) =>
        Object.assign(schemas.ReservationRequest!.properties.voucher!, { type: 'integer' }),
      `POST ${reserve}: body.voucher no longer takes string`,
    ],
    [
      'less taken',
      ({ components: { schemas } }) => Object.assign(schemas.ReservationRequest!.properties.choices!, { maxItems: 5 }),
      `POST ${reserve}: body.choices has a lower maxItems`,
    ],
    [
      'another form taken',
      ({ components: { schemas } }) =>
        Object.assign(schemas.ReservationRequest!.properties.voucher!, { pattern: '^[0-9]$' }),
      `POST ${reserve}: body.voucher has another pattern`,
    ],
  ])('%s', (_, change, line) => {
    expect(after(change)).toContain(line)
  })
})

test('what is announced as growing breaks nobody', () => {
  expect(
    after(({ paths, components: { schemas } }) => {
      paths['/v2/new'] = { get: { responses: {} } }
      paths[slots].get.parameters.push({ name: 'ward', in: 'query', required: false, schema: { type: 'string' } })
      paths[slots].get.responses[409] = { content: {} }
      Object.assign(schemas.ReservationRequest!.properties, { language: { type: 'string' } })
      Object.assign(schemas.ReservationRequest!.properties.choices!, { maxItems: 20 })
      Object.assign(schemas.Reservation!.properties, { remark: { type: 'object' } })
      schemas.Reservation!.required.push('remark')
      schemas.Reservation!.properties.status!.enum!.push('expired')
      schemas.BannedProblem = structuredClone(schemas.ForbiddenProblem!)
      schemas.BannedProblem.properties.type = { const: 'https://junban.dev/problems/banned' }
      const { schema } = paths[reserve].post.responses[403].content['application/problem+json']
      schema.anyOf.push({ $ref: '#/components/schemas/BannedProblem' })
      schemas.Reservation!.description = 'Said better.'
    }),
  ).toEqual([])
})
