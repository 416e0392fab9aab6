/**
 * Waits for statements that were sent one behind the other, without waiting for each. Throws what the first of them threw that failed,
 * once all have been answered: those behind it failed because of it.
 */
export async function inTurn<Answers extends readonly unknown[]>(
  sent: {
    [At in keyof Answers]: Promise<Answers[At]> | Answers[At]
  },
): Promise<Answers> {
  const settled = await Promise.allSettled(sent)
  for (const one of settled) if (one.status === 'rejected') throw one.reason
  return settled.map((one) => (one as PromiseFulfilledResult<unknown>).value) as unknown as Answers
}
