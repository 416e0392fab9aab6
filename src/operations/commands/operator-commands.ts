import { Command } from 'commander'
import { listOperators } from '../../postgres/operators.ts'
import { addOperator } from '../add-operator.ts'
import { type CommandLine, jsonOption } from './command-line.ts'
import { formatTable, formatTime } from './format-table.ts'

export function operatorCommands(cli: CommandLine): Command {
  const command = new Command('operator').description('who may operate: add, list')

  command
    .command('add')
    .argument('<name>')
    .requiredOption('--role <role>', 'viewer, agent or admin')
    .description('add an operator and print the key, once')
    .option(...jsonOption)
    .action(async (name: string, options) => {
      const { role } = options
      const key = await cli.withPool((pool) => addOperator({ pool, name, role, by: cli.by }))
      cli.print(options, {
        json: { name, role, key },
        human: `${key}\nThis is the key of ${name} (${role}), shown this once.`,
      })
    })

  command
    .command('list')
    .description('list operators')
    .option(...jsonOption)
    .action(async (options) => {
      const operators = await cli.withPool((pool) => listOperators(pool))
      const json = operators.map(({ createdAt, revokedAt, ...operator }) => ({
        ...operator,
        createdAt: new Date(createdAt).toISOString(),
        revokedAt: revokedAt === null ? null : new Date(revokedAt).toISOString(),
      }))
      const rows = operators.map(({ name, role, createdAt, revokedAt }) => [
        name,
        role,
        formatTime(createdAt, 'UTC'),
        revokedAt === null ? '' : formatTime(revokedAt, 'UTC'),
      ])
      const heading = ['name', 'role', 'added (UTC)', 'revoked']
      cli.print(options, { json, human: operators.length > 0 ? formatTable([heading, ...rows]) : 'no operators yet' })
    })

  return command
}
