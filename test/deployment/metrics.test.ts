import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { bodyOf, bookAccepted } from '../system/book.ts'
import { untilDecided } from '../system/decided.ts'
import { send } from '../system/send.ts'
import { startStack } from '../system/stack.ts'
import { readTop } from './read-compose.ts'

type Rule = { alert: string; expr: string; annotations: { summary: string; runbook_url: string } }
const rules: Rule[] = parse(readTop('deploy/prometheus/rules.yml')).groups.flatMap(
  ({ rules }: { rules: Rule[] }) => rules,
)
const panels: { targets: { expr: string }[] }[] = JSON.parse(readTop('deploy/grafana/dashboard.json')).panels
const expressions = [
  ...rules.map(({ expr }) => expr),
  ...panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)),
]

test('every metric that an alert or the dashboard names is exported by a running API, with those labels', async () => {
  const stack = await startStack()
  await stack.addCampaign({ id: 'measured', slots: { only: 1 } })
  const api = stack.apis[0]!
  const told = await bookAccepted(api, 'measured', bodyOf(1, 'only'))
  await untilDecided(api, 'measured', [told])
  const { text } = await send(`${api.url}/metrics`)
  const samples = text.split('\n').filter((line) => line && !line.startsWith('#'))
  const names = new Set(samples.map((line) => /^[a-z0-9_]+/.exec(line)![0]))

  const named = new Set(expressions.flatMap((expr) => expr.match(/\b(?:junban|process|nodejs)_[a-z0-9_]+/g) ?? []))
  expect([...named].filter((name) => !names.has(name))).toEqual([])
  expect(named.size).toBeGreaterThan(15)

  const exported = (name: string, label: string) =>
    samples.some((line) => line.startsWith(`${name}{`) && line.includes(label))
  const selectors = expressions.flatMap((expr) => [...expr.matchAll(/([a-z0-9_]+)\{([^}]+)\}/g)])
  // What only happens when something goes wrong has no sample yet.
  const later = /outcome="(unavailable|outcome-unknown)"|status="500"/
  for (const [, name, labels] of selectors)
    for (const label of labels!.split(','))
      if (!later.test(label)) expect(exported(name!, label), `${name}{${label}}`).toBe(true)
  for (const label of ['campaign="measured",lane="web"'])
    for (const name of ['junban_waiting_requests', 'junban_oldest_batch_age_seconds', 'junban_set_aside_requests'])
      expect(exported(name, label), name).toBe(true)
  expect(text).toContain('junban_requests_total{outcome="accepted"} 1')
  expect(text).toContain('junban_notices{state="waiting"} 0')
  expect(text).toContain('junban_batch_requests_count 1')

  await send(`${api.url}/v1/campaigns/measured/reservations`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{}',
  })
  expect((await send(`${api.url}/metrics`)).text).toContain('junban_requests_total{outcome="invalid-request"} 1')
})

test('every alert says what it is, and the runbook has its place', () => {
  const runbook = readTop('docs/runbook.md')
  const anchors = [...runbook.matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
    heading!
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )
  expect(rules.length).toBeGreaterThan(10)
  for (const { alert, annotations } of rules) {
    expect(annotations.summary, alert).toBeTruthy()
    const [file, anchor] = annotations.runbook_url.split('#')
    expect(file).toBe('docs/runbook.md')
    expect(anchors, alert).toContain(anchor)
    expect(anchor).toBe(alert.toLowerCase())
  }
})
