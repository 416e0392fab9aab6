import { UserError } from '../errors.ts'

export type Progress = {
  /** Does one step, showing it with a tick and its time. `work` gets a function that says what it came to. */
  step<T>(name: string, work: (note: (text: string) => void) => Promise<T> | T): Promise<T>
  /** A step that is left out, and why. */
  skip(name: string, why: string): void
  line(text?: string): void
}

const NAME_WIDTH = 12

/** Progress for people: colour and a moving line on a terminal, plain lines anywhere else. */
export function createProgress(out: NodeJS.WriteStream): Progress {
  const colour = out.isTTY && !process.env.NO_COLOR
  const paint = (code: number, text: string) => (colour ? `\x1b[${code}m${text}\x1b[0m` : text)
  const line = (text = '') => void out.write(`${text}\n`)
  return {
    async step(name, work) {
      const since = performance.now()
      const label = name.padEnd(NAME_WIDTH)
      let note = ''
      if (out.isTTY) out.write(`  ${paint(2, '…')} ${label}`)
      const finish = (mark: string, text: string) => {
        if (out.isTTY) out.write('\r\x1b[K')
        line(`  ${mark} ${label} ${text}`.trimEnd())
      }
      try {
        const result = await work((text) => {
          note = text
        })
        const seconds = `${((performance.now() - since) / 1000).toFixed(1)} s`
        finish(paint(32, '✓'), `${paint(2, seconds.padStart(6))}  ${note}`)
        return result
      } catch (err) {
        finish(paint(31, '✗'), err instanceof UserError ? '' : 'failed')
        throw err
      }
    },
    skip: (name, why) => line(`  ${paint(33, '–')} ${name.padEnd(NAME_WIDTH)}         ${why}`),
    line,
  }
}
