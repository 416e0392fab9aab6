import iconv from 'iconv-lite'
import { expect, test } from 'vitest'
import { tempFile } from '../../test/setup/operator-database.ts'
import { type BadRowsError, createBadRows } from './bad-rows.ts'
import { readCsv } from './read-csv.ts'
import { detectEncoding } from './read-lines.ts'

async function readAll(content: string | Buffer) {
  const path = await tempFile('file.csv', content)
  const bad = createBadRows()
  const encoding = await detectEncoding(path)
  const rows = (await Array.fromAsync(readCsv(path, { encoding, columns: ['a', 'b'], optional: ['b'], bad }))).flat()
  let problems: string[] = []
  try {
    bad.throwIfAny()
  } catch (err) {
    problems = (err as BadRowsError).rows.map(({ line, message }) => `${line} ${message}`)
  }
  return { rows: rows.map(({ line, cells }) => [line, ...cells]), problems }
}

test.each(['\n', '\r\n'])(
  'lines are counted as an editor counts them, with %j in quotes and empty lines too',
  async (end) => {
    const text = ['b,a', '1,2', '', `"x`, `y",3`, '4,"5,""6"""', '7,8'].join(end)
    expect((await readAll(text)).rows).toEqual([
      [2, '2', '1'],
      [4, '3', 'x\ny'],
      [6, '5,"6"', '4'],
      [7, '8', '7'],
    ])
  },
)

test('a bad row does not hide the good and bad ones after it', async () => {
  const { rows, problems } = await readAll('a,b\n"1"2,3\n4,5\n6\n7,8\n9,"')
  expect(rows).toEqual([
    [3, '4', '5'],
    [5, '7', '8'],
  ])
  expect(problems).toEqual(['2 has broken quotes', '4 has 1 cells instead of 2', '6 opens a quote that is not closed'])
})

test('a line and a quote without end are given up, not gathered', async () => {
  const long = await readAll(`a,b\n${'x'.repeat(300_000)},1\n2,3\n`)
  expect(long).toEqual({ rows: [[3, '2', '3']], problems: ['2 is longer than 65536 characters'] })
  const open = await readAll(`a,b\n"${'x\n'.repeat(40_000)}`)
  expect(open.problems[0]).toBe('2 opens a quote that is not closed')
})

test('characters that span two reads of the file survive in both encodings', async () => {
  const text = `a,b\n${Array.from({ length: 30_000 }, (_, index) => `${index},東京ア`).join('\n')}`
  for (const encoding of ['utf8', 'cp932']) {
    const { rows } = await readAll(iconv.encode(text, encoding))
    expect(rows.length).toBe(30_000)
    expect(rows.every(([, , cell]) => cell === '東京ア')).toBe(true)
  }
})

test.each([
  ['', 'missing: a'],
  ['\n\n', 'missing: a'],
  ['a,b,c\n', 'not known or doubled: 1'],
  ['a,a\n', 'not known or doubled: 1'],
  ['{"a": 1\n', 'missing: a'],
])('columns that are others are refused: %j', async (content, message) => {
  await expect(readAll(content)).rejects.toThrow(message)
})
