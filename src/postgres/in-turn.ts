/**
 * Waits for statements that were sent one behind the other, without waiting for each. Throws what the first of them threw that failed,
 * once all have been answered: those behind it failed because of it.
 */
export async function inTurn<Sent extends readonly unknown[] | []>(sent: Sent) {
  await Promise.allSettled(sent)
  return Promise.all(sent)
}
