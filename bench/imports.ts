// PROCESS: npm run bench:imports. Imports at size, by the operator's own command line, and what clients notice of them.
import { measureMeanwhile } from './imports/measure-meanwhile.ts'
import { measureQuiet } from './imports/measure-quiet.ts'
import { describeImports, keepsPromises } from './imports/report.ts'
import { setImportsStage } from './imports/stage.ts'
import { onOneStage } from './on-one-stage.ts'

await onOneStage({
  name: 'imports',
  async measure(plain, dir) {
    const stage = await setImportsStage(plain, dir)
    return { ...(await measureQuiet(stage)), ...(await measureMeanwhile(stage)) }
  },
  describe: describeImports,
  holds: keepsPromises,
})
