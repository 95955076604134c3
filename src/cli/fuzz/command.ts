import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readArguments, required, wholeNumber } from '../arguments.ts'
import type { ExitStatus, Terminal } from '../terminal.ts'
import { fuzzScenarios } from './scenario.ts'

const OPTIONS = { seed: { type: 'string' }, probes: { type: 'string' }, out: { type: 'string' } } as const

/** `kubehop fuzz-scenarios --seed N --probes M --out DIR`: writes DIR/<scenario>/scenario.json and prints the names. */
export function fuzz(args: readonly string[], terminal: Terminal): ExitStatus {
  const read = readArguments(args, OPTIONS)
  const out = required(read, 'out', 'fuzz-scenarios')
  const seed = wholeNumber(read, 'seed', 0, 2 ** 32 - 1) ?? 1
  for (const scenario of fuzzScenarios(seed, wholeNumber(read, 'probes', 1, 100_000) ?? 100)) {
    mkdirSync(join(out, scenario.name), { recursive: true })
    writeFileSync(join(out, scenario.name, 'scenario.json'), `${JSON.stringify(scenario, null, 1)}\n`)
    terminal.stdout(`${scenario.name}\n`)
  }
  return 0
}
