import { OUTPUT_OPTION, choice, readArguments } from '../arguments.ts'
import { runBench } from '../bench/bench.ts'
import type { ExitStatus, Terminal } from '../terminal.ts'

/** Measures the simulator itself. Progress on stderr, the report on stdout. */
export function bench(args: readonly string[], terminal: Terminal): ExitStatus {
  const read = readArguments(args, OUTPUT_OPTION)
  const output = choice(read, 'output', ['text', 'json'], 'text')
  const report = runBench((line) => terminal.stderr(`${line}\n`))
  if (output === 'json') terminal.stdout(`${JSON.stringify(report, null, 2)}\n`)
  return 0
}
