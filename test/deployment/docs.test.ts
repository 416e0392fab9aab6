import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parseCompose, readTop, top } from './read-compose.ts'

const docs = ['docs/operations.md', 'docs/runbook.md'].map((file) => ({ file, text: readTop(file) }))
const all = docs.map(({ text }) => text).join('\n')

/** Words after `junban` or the `cli` service, up to the first argument: arguments are in capitals, quoted, options or file names. */
const commands = new Set(
  [...all.matchAll(/(?:`junban|^junban|(?:--rm|:ro") cli) ([a-z][a-z -]*[a-z])/gm)].map(([, words]) =>
    words!.split(/ --| -/)[0]!.trim(),
  ),
)

test('every command of the command line that the documents tell people to type exists', () => {
  expect(commands.size).toBeGreaterThan(10)
  for (const command of commands) {
    const words = command.split(' ').filter((word) => word !== 'tokyo-medics')
    const { stdout } = spawnSync(process.execPath, ['src/cli.ts', ...words, '--help'], { cwd: top, encoding: 'utf8' })
    expect(stdout, command).toContain(`Usage: junban ${words.join(' ')}`)
  }
})

test('every service, file and place that the documents name exists', () => {
  const services = Object.keys(parseCompose().services)
  for (const [, words] of all.matchAll(/docker compose (?:up|stop|restart|logs|ps|exec)((?: [^`|&>;#\n]+)?)/g))
    for (const word of words!
      .split(' ')
      .filter((one) => /^(api-\d|[a-z]+er|[a-z]+or|postgres|redis|nginx|migrate)$/.test(one)))
      if (word !== 'api-3') expect(services, words).toContain(word)
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
