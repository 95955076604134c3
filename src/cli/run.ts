import { apply } from './commands/apply.ts'
import { bench } from './commands/bench.ts'
import { compare } from './commands/compare.ts'
import { golden } from './commands/golden.ts'
import { help } from './commands/help.ts'
import { lint } from './commands/lint.ts'
import { rules } from './commands/rules.ts'
import { state } from './commands/state.ts'
import { trace } from './commands/trace.ts'
import { version } from './commands/version.ts'
import { line } from './messages.ts'
import { type ExitStatus, type Terminal, UsageError } from './terminal.ts'

type Command = (args: readonly string[], terminal: Terminal) => ExitStatus

const COMMANDS: Readonly<Record<string, Command>> = { apply, bench, compare, golden, help, lint, rules, state, trace, version }

/** One invocation: `argv` without node and script. Faults of the simulator itself are thrown on. */
export function run(argv: readonly string[], terminal: Terminal): ExitStatus {
  const [name = 'help', ...args] = argv
  try {
    if (name === '--help' || name === '-h') return help([], terminal)
    if (name === '--version') return version([], terminal)
    const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
    if (!command) throw new UsageError(line('error.command', { command: name }))
    return args.includes('--help') || args.includes('-h') ? help([name], terminal) : command(args, terminal)
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    terminal.stderr(`kubehop: ${error.message}\n`)
    return 2
  }
}
