import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'
import { apiFlags, nodeFlags } from './node-flags.ts'

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')
const inDocker = (kind: string): string[] =>
  JSON.parse(new RegExp(`^${kind} (\\[.*\\])$`, 'm').exec(read('Dockerfile'))![1]!)
const ofContainer = (path: string) => parseAllDocuments(read(path))[0]!.toJS().spec.template.spec.containers[0].args

test('however the API or an allocator is started, V8 is told the same', () => {
  const { scripts } = JSON.parse(read('package.json'))
  const { services } = parse(read('docker-compose.yml'), { merge: true })
  const [, ...inEntrypoint] = inDocker('ENTRYPOINT')

  expect(scripts.api.split(' ')).toEqual(['node', ...apiFlags, 'src/api.ts'])
  expect(scripts.allocator.split(' ')).toEqual(['node', ...nodeFlags, 'workers/allocator.ts'])
  for (const after of [inDocker('CMD'), services['api-1'].command, ofContainer('deploy/kubernetes/api.yaml')])
    expect([...inEntrypoint, ...after]).toEqual([...apiFlags, 'src/api.ts'])
  for (const after of [services.allocator.command, ofContainer('deploy/kubernetes/allocator.yaml')])
    expect([...inEntrypoint, ...after]).toEqual([...nodeFlags, 'workers/allocator.ts'])
})
