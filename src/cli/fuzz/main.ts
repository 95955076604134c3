/**
 * The part of `npm run verify:kernel` that is written in TypeScript; bundled by scripts/verify-kernel.
 *   scenarios --seed N --probes M [--mode MODE] --out DIR     writes DIR/<scenario>/scenario.json
 *   keep FOLDER --probe ID... --out FILE             a recorded scenario, reduced to some probes, as a test keeps it
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { PROXY_MODES } from '../../core/cluster/config.ts'
import { choice, readArguments, required, texts, wholeNumber } from '../arguments.ts'
import { UsageError } from '../terminal.ts'
import { kept } from './keep.ts'
import { fuzzScenarios } from './scenario.ts'

const OPTIONS = {
  seed: { type: 'string' },
  probes: { type: 'string' },
  mode: { type: 'string' },
  probe: { type: 'string', multiple: true },
  out: { type: 'string' },
} as const
const SEEDS = 2 ** 32 - 1
const MOST_PROBES = 100_000

function main([command = '', ...rest]: readonly string[]): void {
  const read = readArguments(rest, OPTIONS)
  const out = required(read, 'out', command)
  switch (command) {
    case 'scenarios':
      for (const scenario of fuzzScenarios(
        wholeNumber(read, 'seed', 0, SEEDS) ?? 1,
        wholeNumber(read, 'probes', 1, MOST_PROBES) ?? 100,
        choice(read, 'mode', PROXY_MODES, 'iptables'),
      ))
        write(join(out, scenario.name, 'scenario.json'), `${JSON.stringify(scenario, null, 1)}\n`)
      return
    case 'keep': {
      const [folder = ''] = read.positionals
      write(out, `${JSON.stringify(kept(folder, texts(read, 'probe')))}\n`)
      return
    }
    default:
      throw new UsageError(`scenarios or keep, not ${command}`)
  }
}

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
}

try {
  main(process.argv.slice(2))
} catch (error) {
  if (!(error instanceof UsageError)) throw error
  process.stderr.write(`${error.message}\n`)
  process.exitCode = 2
}
