import { expect, test, vi } from 'vitest'
import { bounded, LateAnswer } from './bounded.ts'

test('an answer within the bound is the answer, and a failure the failure', async () => {
  await expect(bounded(Promise.resolve('in time'), 1_000)).resolves.toBe('in time')
  await expect(bounded(Promise.reject(new Error('refused')), 1_000)).rejects.toThrow('refused')
})

test('no answer within the bound is a LateAnswer, whatever comes later', async () => {
  vi.useFakeTimers()
  try {
    const late = Promise.withResolvers<string>()
    const answer = bounded(late.promise, 250)
    const outcome = expect(answer).rejects.toThrow(LateAnswer)
    await vi.advanceTimersByTimeAsync(249)
    expect(vi.getTimerCount()).toBe(1)
    await vi.advanceTimersByTimeAsync(1)
    await outcome
    late.reject(new Error('too late to matter'))
    await vi.runAllTimersAsync()
  } finally {
    vi.useRealTimers()
  }
})

test('a bound that was not needed leaves no timer behind', async () => {
  vi.useFakeTimers()
  try {
    await bounded(Promise.resolve(), 250)
    await vi.advanceTimersByTimeAsync(0)
    expect(vi.getTimerCount()).toBe(0)
  } finally {
    vi.useRealTimers()
  }
})
