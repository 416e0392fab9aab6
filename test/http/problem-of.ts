import { expect } from 'vitest'
import type { Answer } from './ask.ts'

/** The problems that clients may meet: the end of their `type`, and its status. What is promised, so not read from the code. */
const promised: Record<string, number> = {
  'invalid-request': 400,
  unauthorized: 401,
  forbidden: 403,
  'not-eligible': 403,
  'not-open': 403,
  'not-found': 404,
  'request-timeout': 408,
  'too-large': 413,
  'unsupported-media-type': 415,
  'unknown-choice': 422,
  'too-many-requests': 429,
  'headers-too-large': 431,
  unavailable: 503,
  'outcome-unknown': 503,
  'outcome-unavailable': 503,
}

export type ProblemDocument = {
  type: string
  title: string
  status: number
  detail: string
  instance: string
  errors?: { path: string; message: string }[]
  [field: string]: unknown
}

/** The problem document of an answer, which must be a whole one, of a type that is promised with this status. */
export function problemOf(answer: Answer): ProblemDocument {
  expect(answer.headers['content-type'], answer.text).toMatch(/^application\/problem\+json\b/)
  const problem: ProblemDocument = JSON.parse(answer.text)
  const [, type] = /^https:\/\/[^/]+\/problems\/([a-z-]+)$/.exec(problem.type) ?? []
  expect(promised).toHaveProperty(type ?? problem.type, answer.status)
  expect(problem).toMatchObject({
    title: expect.stringMatching(/\S/),
    status: answer.status,
    detail: expect.stringMatching(/\S/),
    instance: expect.stringMatching(/\S/),
  })
  if (problem.errors)
    for (const error of problem.errors)
      expect(error).toEqual({ path: expect.any(String), message: expect.stringMatching(/\S/) })
  return { ...problem, type: type! }
}
