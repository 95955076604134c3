import { OUTPUT_OPTION, choice, flag, readArguments } from '../arguments.ts'
import { runBench } from '../bench/bench.ts'
import { runProxyBench } from '../bench/proxy-bench.ts'
import type { ExitStatus, Terminal } from '../terminal.ts'

const OPTIONS = { ...OUTPUT_OPTION, proxy: { type: 'boolean' } } as const

/** Measures the simulator itself; with --proxy only how fast kube-proxy's rules are made. Progress on stderr, the report on stdout. */
export function bench(args: readonly string[], terminal: Terminal): ExitStatus {
  const read = readArguments(args, OPTIONS)
  const output = choice(read, 'output', ['text', 'json'], 'text')
  const progress = (line: string): void => terminal.stderr(`${line}\n`)
  const report = flag(read, 'proxy') ? runProxyBench(progress) : { ...runBench(progress), proxy: runProxyBench(progress) }
  if (output === 'json') terminal.stdout(`${JSON.stringify(report, null, 2)}\n`)
  return 0
}
