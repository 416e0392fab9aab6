import { Command } from 'commander'
import { examine, type Surroundings } from '../doctor/examine.ts'
import type { Finding } from '../doctor/finding.ts'
import { type CommandLine, jsonOption } from './command-line.ts'
import { counted } from './describe-campaign.ts'
import { describeFailure } from './describe-failure.ts'

const marks = { ok: '✓', warning: '!', problem: '✗' }

/** `look`: what lies around the database. `fail`: makes the process answer 1. */
export function doctorCommand(
  cli: CommandLine,
  { look, fail }: { look: () => Promise<Surroundings>; fail: () => void },
): Command {
  return new Command('doctor')
    .argument('[campaign]', 'default: all that are not closed')
    .description('is everything ready for the opening? Exits 1 when something is not')
    .option(...jsonOption)
    .action(async (campaign: string | undefined, options) => {
      const surroundings = await look()
      const findings = await cli.withPool((pool) =>
        examine({ pool, campaign: campaign ?? null, surroundings, describe: describeFailure }),
      )
      const ready = findings.every(({ level }) => level !== 'problem')
      cli.print(options, { json: { ready, findings }, human: describe(findings) })
      if (!ready) fail()
    })
}

function describe(findings: Finding[]): string {
  const width = Math.max(...findings.map(({ check }) => check.length))
  const lines = findings.flatMap(({ check, level, found, advice }) => [
    `${marks[level]} ${check.padEnd(width)}  ${found}`,
    ...(advice ? [`${' '.repeat(width + 4)}→ ${advice}`] : []),
  ])
  const count = (level: Finding['level']) => findings.filter((finding) => finding.level === level).length
  const verdict = count('problem') > 0 ? 'not ready' : 'ready'
  return [
    ...lines,
    '',
    `${verdict}: ${counted(count('problem'), 'problem')}, ${counted(count('warning'), 'warning')}`,
  ].join('\n')
}
