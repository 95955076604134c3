import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { Origin } from '../origin.ts'
import { applyCommands } from './apply.ts'
import { printRule } from './print.ts'
import { parseRestore, parseRule } from './restore.ts'
import { EMPTY_RULESET, EMPTY_RULESET6, type XtablesFamily } from './ruleset.ts'

const ADMIN: Origin = { agent: 'admin' }

/** Pairs of lines: what was given, and behind `mark` what the program answered. */
function recorded(file: string, mark: string): readonly (readonly [string, string])[] {
  const lines = readFileSync(new URL(`testdata/${file}`, import.meta.url), 'utf8')
    .split('\n')
    .slice(1)
  const pairs: [string, string][] = []
  for (let i = 0; i + 1 < lines.length; i += 2) pairs.push([lines[i] ?? '', (lines[i + 1] ?? '').replace(`  ${mark} `, '')])
  return pairs
}

/** Same rule, whatever its origin. */
const parsed = (line: string, family?: XtablesFamily) => {
  const result = parseRule(line, ADMIN, family)
  if (!result.ok) throw new Error(`${line}: ${result.error.message}`)
  return result.value
}

test.each(recorded('printed.txt', '=>'))('%s is printed as iptables-nft-save prints it', (given, printed) => {
  const { chain, rule } = parsed(given)
  expect(printRule(chain, rule)).toBe(printed)
  expect(parsed(printed)).toEqual({ chain, rule: { ...rule, matches: asStored(rule.matches) } })
})

test.each(recorded('printed6.txt', '=>'))('%s is printed as ip6tables-nft-save prints it', (given, printed) => {
  const { chain, rule } = parsed(given, 'ip6')
  expect(printRule(chain, rule)).toBe(printed)
  expect(parsed(printed, 'ip6')).toEqual({ chain, rule })
})

/** The kernel keeps probabilities as fractions of 2^31; reading its own text gives that fraction. */
const asStored = (matches: ReturnType<typeof parsed>['rule']['matches']) =>
  matches.map((match) => (match.kind === 'statistic' && match.mode === 'random' ? { ...match, probability: Number(match.text) } : match))

test.each([
  ...recorded('refused.txt', '!!').map(([given, message]) => [given, message, EMPTY_RULESET] as const),
  ...recorded('refused6.txt', '!!').map(([given, message]) => [given, message, EMPTY_RULESET6] as const),
])('%s is refused in the words of iptables: %s', (given, message, empty) => {
  const tables = ['filter', 'nat', 'mangle', 'raw'].flatMap((table) => [`-t ${table} -N U`, `-t ${table} -N V`])
  const result = applyCommands(empty, [...tables, given], ADMIN)
  expect(result.ok).toBe(false)
  if (result.ok) return
  expect(result.error.message.replace(/^ip6?tables( v1\.8\.9 \(nf_tables\))?: +/, '')).toBe(message)
  expect(result.error.line).toBe(9)
})

test.each([
  ['-A U -p tcp --dprot 80', 13, 'unknown option "--dprot"'],
  ['-A U -m foo', 9, "Couldn't load match `foo':No such file or directory"],
  ['-A U -s 1.2.3.4 -s 5.6.7.8', 17, 'multiple -s flags not allowed'],
  ['-A U -m recent --rcheck --rttl', 25, 'recent: option "--rttl" is not modelled'],
  ['-A U -m conntrack --ctexpire 5', 19, 'unknown option "--ctexpire"'],
  ['-A U -s 10.0.0.0/255.0.255.0', 9, "mask `255.0.255.0' is not a prefix, which is not modelled"],
  ["-A U -m comment --comment 'single q'", 35, "Bad argument `q''"],
  ['-D U -j DROP', 1, "Bad argument `-D'"],
])('%s: the column is that of the word', (line, column, message) => {
  expect(parseRule(line, ADMIN)).toEqual({
    ok: false,
    error: { line: 1, column, message: `iptables-restore v1.8.9 (nf_tables): ${message}` },
  })
})

test('an unknown target is taken for a chain, as iptables does, and found missing when the rule is added', () => {
  expect(parsed('-A U -j FOO').rule.target).toEqual({ kind: 'jump', chain: 'FOO' })
})

test('options of one -m stay together, options of two stay apart', () => {
  const [one, two] = [
    parsed('-A U -m conntrack --ctstate NEW --ctdir REPLY'),
    parsed('-A U -m conntrack --ctstate NEW -m conntrack --ctdir REPLY'),
  ]
  expect(one.rule.matches).toEqual([
    { kind: 'ctstate', states: ['NEW'] },
    { kind: 'ctdir', direction: 'REPLY', and: true },
  ])
  expect(two.rule.matches).toEqual([
    { kind: 'ctstate', states: ['NEW'] },
    { kind: 'ctdir', direction: 'REPLY' },
  ])
})

test('restore input keeps its order, its lines, and what it leaves to commands', () => {
  const text =
    '# by hand\n*nat\n:PREROUTING ACCEPT [5:300]\n:U - [0:0]\n[1:60] -A PREROUTING -j U\n-A U -s 10.0.0.1,10.0.0.2 -j RETURN\n-X V\nCOMMIT\n\n*filter\nCOMMIT\n'
  const result = parseRestore(text, ADMIN)
  expect(
    result.ok &&
      result.value.map(({ name, line, lines }) => [
        name,
        line,
        lines.map((l) => [l.kind, l.line, l.kind === 'command' ? l.text : l.chain]),
      ]),
  ).toEqual([
    [
      'nat',
      2,
      [
        ['chain', 3, 'PREROUTING'],
        ['chain', 4, 'U'],
        ['append', 5, 'PREROUTING'],
        ['append', 6, 'U'],
        ['append', 6, 'U'],
        ['command', 7, '-X V'],
      ],
    ],
    ['filter', 10, []],
  ])
})

test.each([
  ['*foo\nCOMMIT\n', 1, "table name 'foo' invalid"],
  ['*filter\nblah\nCOMMIT\n', 2, "Bad argument `blah'"],
  ['*filter\n:INPUT\nCOMMIT\n', 2, 'line 2 policy invalid'],
  ['*filter\n:INPUT FOO [0:0]\nCOMMIT\n', 2, 'line 2 failed: Bad policy name.'],
  ['*filter\n:U ACCEPT [0:0]\nCOMMIT\n', 2, 'line 2 failed: Bad built-in chain name.'],
  ['*filter\n-A INPUT -j DROP\n', 3, 'COMMIT expected at line 3'],
  ['-A INPUT -j DROP\n', 1, 'line 1 failed'],
  ['*filter\n-A INPUT -j DROP\n-A INPUT --foo\nCOMMIT\n', 3, 'unknown option "--foo"'],
])('%j is refused with its line', (text, line, message) => {
  const result = parseRestore(text, ADMIN)
  expect(!result.ok && result.error).toMatchObject({ line, message: `iptables-restore v1.8.9 (nf_tables): ${message}` })
})
