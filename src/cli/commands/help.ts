import { type CommandName, HELP, OVERVIEW } from '../help-texts.ts'
import { line } from '../messages.ts'
import { type ExitStatus, type Terminal, UsageError } from '../terminal.ts'

export function help([command]: readonly string[], terminal: Terminal): ExitStatus {
  if (command === undefined) {
    terminal.stdout(OVERVIEW)
    return 0
  }
  if (!Object.hasOwn(HELP, command)) throw new UsageError(line('error.command', { command }))
  terminal.stdout(HELP[command as CommandName])
  return 0
}
