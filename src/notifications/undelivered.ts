/**
 * A channel could not tell somebody. `reason` is ours, in a few words: what a server answered can quote the address, so it is neither
 * kept nor logged. `forGood`: the same try will fail again, as with an address that does not exist.
 */
export class Undelivered extends Error {
  override readonly name = 'Undelivered'
  readonly reason: string
  readonly forGood: boolean

  constructor(reason: string, { forGood = false } = {}) {
    super(reason)
    this.reason = reason
    this.forGood = forGood
  }
}
