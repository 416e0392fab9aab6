import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { parseCompose, readTop, top } from './read-compose.ts'

const run = promisify(execFile)
const docs = ['docs/operations.md', 'docs/runbook.md'].map((file) => ({ file, text: readTop(file) }))
const all = docs.map(({ text }) => text).join('\n')

/** Words after `junban` or the `cli` service, up to the first argument: arguments are in capitals, quoted, options or file names. */
const commands = new Set(
  [...all.matchAll(/(?:`junban|^junban|(?:--rm|:ro") cli) ([a-z][a-z -]*[a-z])/gm)].map(([, words]) =>
    words!.split(/ --| -/)[0]!.trim(),
  ),
)

test('every command of the command line that the documents tell people to type exists', async () => {
  expect(commands.size).toBeGreaterThan(10)
  await Promise.all(
    [...commands].map(async (command) => {
      const words = command.split(' ').filter((word) => word !== 'tokyo-medics')
      const { stdout } = await run(process.execPath, ['src/cli.ts', ...words, '--help'], { cwd: top })
      expect(stdout, command).toContain(`Usage: junban ${words.join(' ')}`)
    }),
  )
}, 180_000)

test('every service, file and place that the documents name exists', () => {
  const services = Object.keys(parseCompose().services)
  const named = [
    ...[...all.matchAll(/docker compose (?:up|stop|restart|logs|ps)([^`|&>;#\n]*)/g)].flatMap(([, words]) =>
      words!.split(' ').filter((word) => /^[a-z][a-z-]*(-\d)?$/.test(word)),
    ),
    ...[...all.matchAll(/docker compose (?:exec|run)(?: -\S+(?: "[^"]*")?)* ([a-z][a-z-]*(?:-\d)?)/g)].map(
      ([, name]) => name!,
    ),
  ]
  expect(named.length).toBeGreaterThan(20)
  // The runbook says how to add a third API.
  expect(named.filter((name) => !services.includes(name) && name !== 'api-3')).toEqual([])
  for (const { file, text } of docs) {
    for (const [, path] of text.matchAll(/\b(deploy\/[a-z/.-]+[a-z])\b/g))
      expect(existsSync(join(top, path!)), path).toBe(true)
    for (const [, target] of text.matchAll(/\]\(([^)]+)\)/g)) {
      const [path, anchor] = target!.split('#')
      const name = path ? join('docs', path) : file
      expect(existsSync(join(top, name)), target).toBe(true)
      if (anchor) expect(anchors(readTop(name)), target).toContain(anchor)
    }
  }
})

const anchors = (markdown: string) =>
  [...markdown.matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
    heading!
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )
