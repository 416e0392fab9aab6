import { readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { parseCompose, readTop, top } from './read-compose.ts'

type Container = {
  image: string
  args: string[]
  env: { name: string; value?: string; valueFrom?: { secretKeyRef: { name: string; key: string } } }[]
  securityContext: Record<string, unknown>
  livenessProbe?: { httpGet?: { path: string }; exec?: { command: string[] } }
  readinessProbe?: { httpGet: { path: string } }
  volumeMounts?: { name: string; mountPath: string }[]
}
type Manifest = {
  kind: string
  metadata: { name: string }
  spec: {
    replicas: number
    selector: { matchLabels: Record<string, string> }
    template: {
      metadata: { labels: Record<string, string> }
      spec: { containers: [Container]; securityContext: object; volumes?: { name: string }[] }
    }
  }
  data?: Record<string, string>
}

const folder = 'deploy/kubernetes'
const manifests = readdirSync(join(top, folder)).flatMap((file) =>
  parseAllDocuments(readTop(`${folder}/${file}`)).map((document) => {
    expect(document.errors).toEqual([])
    return document.toJS() as Manifest
  }),
)
const ofKind = (kind: string) => manifests.filter((one) => one.kind === kind)
const running = [...ofKind('Deployment'), ...ofKind('Job')]

test('every process of docker-compose.yml has a manifest that runs the same command with the same variables', () => {
  const { services } = parseCompose()
  const shared = Object.keys(ofKind('ConfigMap')[0]!.data!)
  const inKubernetes = running.map(({ spec }) => {
    const [{ args, env }] = spec.template.spec.containers
    return [args.join(' '), env.map(({ name }) => name).sort()]
  })
  const inCompose = ['api-1', 'allocator', 'notifier', 'janitor', 'migrate'].map((name) => {
    const { command, environment } = services[name]!
    return [
      command!.join(' '),
      Object.keys(environment!)
        .filter((one) => !shared.includes(one))
        .sort(),
    ]
  })
  expect(inKubernetes.sort()).toEqual(inCompose.sort())
})

test('no secret stands in clear: each comes from a Secret, and none is here', () => {
  expect(ofKind('Secret')).toEqual([])
  for (const { spec } of running)
    for (const variable of spec.template.spec.containers[0].env) {
      expect(variable.value).toBeUndefined()
      expect(variable.valueFrom?.secretKeyRef.name).toMatch(/^junban-/)
    }
})

test('the API is asked whether it lives and whether it is ready; two of API and allocator run, and one always stays', () => {
  const deployment = (name: string) => ofKind('Deployment').find(({ metadata }) => metadata.name === name)!
  const [{ livenessProbe, readinessProbe }] = deployment('junban-api').spec.template.spec.containers
  expect([livenessProbe!.httpGet!.path, readinessProbe!.httpGet.path]).toEqual(['/livez', '/readyz'])
  expect(ofKind('PodDisruptionBudget').map(({ metadata }) => metadata.name)).toEqual(['junban-allocator', 'junban-api'])
  for (const { metadata, spec } of ofKind('PodDisruptionBudget')) {
    const { spec: of } = deployment(metadata.name)
    expect(of.replicas).toBe(2)
    expect(of.template.metadata.labels).toMatchObject(spec.selector.matchLabels)
  }
})

test('who has no HTTP is asked whether it lives by the command of docker-compose.yml, and can write where it says so', () => {
  const { services } = parseCompose()
  const file = ofKind('ConfigMap')[0]!.data!.HEARTBEAT_FILE!
  for (const name of ['allocator', 'notifier', 'janitor']) {
    const { containers, volumes } = ofKind('Deployment').find(({ metadata }) => metadata.name === `junban-${name}`)!
      .spec.template.spec
    const [{ livenessProbe, volumeMounts }] = containers
    expect(livenessProbe!.exec!.command, name).toEqual(services[name]!.healthcheck!.test.slice(1))
    expect(services[name]!.environment!.HEARTBEAT_FILE).toBe(file)
    expect(volumeMounts).toEqual([{ name: volumes![0]!.name, mountPath: dirname(file) }])
  }
})

test('every process runs without rights, as a user of its own, on a file system that it cannot write', () => {
  for (const { spec } of running) {
    expect(spec.template.spec.securityContext).toMatchObject({ runAsNonRoot: true })
    expect(spec.template.spec.containers[0].securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    })
  }
})
