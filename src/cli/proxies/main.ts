/**
 * `npm run verify:proxies [-- SEED COUNT] [--report FILE]`: the configurations that simulated controllers write, given to the real nginx and HAProxy, and the same requests asked of both. Says what differs,
 * and what it skips; status 1 when something differs. A report counts clusters: those that agree in everything, those that do not, those that nobody was asked about.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { cases } from './cases.ts'
import { certificateFor } from './certificate.ts'
import { compare, FALLBACK } from './comparison.ts'
import { randomCase } from './random.ts'
import { find } from './packages.ts'

const print = (line: string): void => {
  process.stdout.write(`${line}\n`)
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({ options: { report: { type: 'string' } }, allowPositionals: true })
  const [from = 1, count = 6] = positionals.map(Number)
  const cache = resolve('node_modules', '.cache', 'kubehop-proxies')
  mkdirSync(cache, { recursive: true })
  const { crt, key } = certificateFor([FALLBACK.slice('DNS:'.length)])
  const all = [...cases(), ...Array.from({ length: count }, (_, i) => randomCase(from + i))]
  const report = { passed: 0, failed: 0, skipped: 0 }
  for (const name of ['nginx', 'haproxy'] as const) {
    const mine = all.filter(({ only }) => only === undefined || only === name)
    const program = find(name, cache)
    if (typeof program === 'string') {
      print(`skipped: ${program}`)
      report.skipped += mine.length
      continue
    }
    let [asked, wrong] = [0, 0]
    for (const each of mine) {
      const done = await compare(name, program, each, `${crt}\n${key}`)
      for (const text of done.wrong) print(text)
      asked += done.asked
      wrong += done.wrong.length
      if (done.wrong.length > 0) report.failed++
      else report.passed++
    }
    print(`${name}: ${asked - wrong} of ${asked} requests go where the real one sends them, in ${mine.length} clusters`)
  }
  if (values.report !== undefined) writeFileSync(values.report, JSON.stringify(report))
  process.exitCode = report.failed === 0 ? 0 : 1
}

await main()
