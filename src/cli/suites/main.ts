/**
 * `npm run test:suites [-- FOLDER ...]`: cases that other projects wrote, read from $KUBEHOP_SUITES or ../shared/suites. Prints what passed per suite,
 * each case that fails, and what is absent; status 1 when a case fails.
 */
import { existsSync, readdirSync } from 'node:fs'
import { resolve } from 'node:path'
import { runSuites } from './run.ts'

const root = resolve(process.env['KUBEHOP_SUITES'] ?? '../shared/suites')
if (existsSync(root)) {
  const wanted = process.argv.slice(2)
  const folders = readdirSync(root, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []))
  const { lines, failed } = runSuites(root, wanted.length > 0 ? wanted : folders)
  process.stdout.write(`${lines.join('\n')}\n`)
  process.exitCode = failed === 0 ? 0 : 1
} else process.stdout.write(`${root} is absent: all suites are skipped\nsuites: 0 of 0 cases\n`)
