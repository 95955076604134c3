import { readArguments, required, text } from '../arguments.ts'
import { writeGoldens } from '../golden/golden.ts'
import { line } from '../messages.ts'
import { type ExitStatus, type Terminal, UsageError } from '../terminal.ts'

const OPTIONS = { out: { type: 'string' }, only: { type: 'string' } } as const

/** What the simulator says about recorded scenarios, in the format of the recordings. */
export function golden(args: readonly string[], terminal: Terminal): ExitStatus {
  const read = readArguments(args, OPTIONS)
  const [dir] = read.positionals
  if (dir === undefined) throw new UsageError(line('error.missing', { option: 'DIR', command: 'golden' }))
  const only = text(read, 'only')
  const summary = writeGoldens({
    dir,
    out: required(read, 'out', 'golden'),
    ...(only !== undefined && { only }),
    report: (text) => terminal.stderr(`${text}\n`),
  })
  const { scenarios, probes, rulesCases, skipped, failed } = summary
  if (scenarios + rulesCases + skipped.length + failed.length === 0) throw new UsageError(line('error.no-goldens', { dir }))
  terminal.stdout(`${line('golden.done', { scenarios, probes, rulesCases, skipped: skipped.length, failed: failed.length })}\n`)
  return failed.length === 0 ? 0 : 1
}
