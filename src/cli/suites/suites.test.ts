import { existsSync, readdirSync } from 'node:fs'
import { expect, it } from 'vitest'
import { runSuites } from './run.ts'
import { difference } from './suite.ts'

const ROOT = process.env['KUBEHOP_SUITES'] ?? '../shared/suites'
const here = existsSync(ROOT)
if (!here) process.stdout.write(`no ${ROOT}: cases of other projects are skipped\n`)

it('cases of other projects hold', () => {
  const folders = here ? readdirSync(ROOT, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : [])) : []
  const { lines, passed, failed } = runSuites(ROOT, folders)
  expect(failed, lines.join('\n')).toBe(0)
  expect(passed > 0).toBe(here)
})

it('names folders that no suite knows', () => {
  expect(runSuites('nowhere', ['coredns', 'topology']).lines).toEqual([
    'coredns: skipped, not simulated yet',
    'topology: 0 of 0',
    '  skipped: topology is absent',
    'suites: 0 of 0 cases',
  ])
})

it.each([
  [1, 1, undefined],
  [{ a: [1, 2] }, { a: [1, 2] }, undefined],
  [{ a: [1, 2] }, { a: [1, 3] }, 'a.1: expected 2, got 3'],
  [{ a: 1 }, {}, 'a: expected 1, got undefined'],
  [null, 0, 'value: expected null, got 0'],
])('difference of %j and %j', (expected, actual, text) => {
  expect(difference(expected, actual)).toBe(text)
})
