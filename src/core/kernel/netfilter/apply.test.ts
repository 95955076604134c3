import { expect, test } from 'vitest'
import type { Origin } from '../origin.ts'
import { applyCommands, applyRestore } from './apply.ts'
import { printRule } from './print.ts'
import { parseRule } from './restore.ts'
import type { Rule } from './rule.ts'
import { type Chain, EMPTY_RULESET, type Ruleset, type Table } from './ruleset.ts'
import { saveRuleset } from './save.ts'

const ADMIN: Origin = { agent: 'admin' }
const FLANNEL: Origin = { agent: 'flannel' }

const START = `*filter
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:B - [0:0]
:U - [0:0]
-A FORWARD -j U
-A U -s 10.244.0.0/16 -j ACCEPT
-A U -d 10.244.0.0/16 -j ACCEPT
COMMIT
`

function restored(text: string, base = EMPTY_RULESET, flush = true): Ruleset {
  const result = applyRestore(base, text, FLANNEL, { flush })
  if (!result.ok) throw new Error(`${result.error.line}: ${result.error.message}`)
  return result.value
}

function after(lines: readonly string[], base = restored(START)): Ruleset {
  const result = applyCommands(base, lines, ADMIN)
  if (!result.ok) throw new Error(`${result.error.line}: ${result.error.message}`)
  return result.value
}

/** Rules and user chains of filter, one line each. */
const body = (ruleset: Ruleset) =>
  saveRuleset(ruleset)
    .split('\n')
    .filter((line) => line.startsWith('-A') || line.endsWith('- [0:0]') || line.includes(' DROP ['))

test.each<[string, readonly string[], readonly string[]]>([
  [
    'append',
    ['-A U -j DROP'],
    [':B - [0:0]', ':U - [0:0]', '-A FORWARD -j U', '-A U -s 10.244.0.0/16 -j ACCEPT', '-A U -d 10.244.0.0/16 -j ACCEPT', '-A U -j DROP'],
  ],
  [
    'insert first',
    ['-I U -j DROP'],
    [':B - [0:0]', ':U - [0:0]', '-A FORWARD -j U', '-A U -j DROP', '-A U -s 10.244.0.0/16 -j ACCEPT', '-A U -d 10.244.0.0/16 -j ACCEPT'],
  ],
  [
    'insert second',
    ['-I U 2 -j DROP'],
    [':B - [0:0]', ':U - [0:0]', '-A FORWARD -j U', '-A U -s 10.244.0.0/16 -j ACCEPT', '-A U -j DROP', '-A U -d 10.244.0.0/16 -j ACCEPT'],
  ],
  [
    'insert behind the last',
    ['-I U 3 -j DROP'],
    [':B - [0:0]', ':U - [0:0]', '-A FORWARD -j U', '-A U -s 10.244.0.0/16 -j ACCEPT', '-A U -d 10.244.0.0/16 -j ACCEPT', '-A U -j DROP'],
  ],
  [
    'insert a list: the last stands first',
    ['-I U 2 -s 1.1.1.1,2.2.2.2 -j DROP'],
    [
      ':B - [0:0]',
      ':U - [0:0]',
      '-A FORWARD -j U',
      '-A U -s 10.244.0.0/16 -j ACCEPT',
      '-A U -s 2.2.2.2/32 -j DROP',
      '-A U -s 1.1.1.1/32 -j DROP',
      '-A U -d 10.244.0.0/16 -j ACCEPT',
    ],
  ],
  ['delete by number', ['-D U 1'], [':B - [0:0]', ':U - [0:0]', '-A FORWARD -j U', '-A U -d 10.244.0.0/16 -j ACCEPT']],
  [
    'delete by what the rule says',
    ['-D U --jump ACCEPT --dst 10.244.7.7/16'],
    [':B - [0:0]', ':U - [0:0]', '-A FORWARD -j U', '-A U -s 10.244.0.0/16 -j ACCEPT'],
  ],
  ['replace', ['-R U 2 -j DROP'], [':B - [0:0]', ':U - [0:0]', '-A FORWARD -j U', '-A U -s 10.244.0.0/16 -j ACCEPT', '-A U -j DROP']],
  [
    'check changes nothing',
    ['-C FORWARD -j U'],
    [':B - [0:0]', ':U - [0:0]', '-A FORWARD -j U', '-A U -s 10.244.0.0/16 -j ACCEPT', '-A U -d 10.244.0.0/16 -j ACCEPT'],
  ],
  [
    'a policy',
    ['-P FORWARD DROP'],
    [
      ':FORWARD DROP [0:0]',
      ':B - [0:0]',
      ':U - [0:0]',
      '-A FORWARD -j U',
      '-A U -s 10.244.0.0/16 -j ACCEPT',
      '-A U -d 10.244.0.0/16 -j ACCEPT',
    ],
  ],
  [
    'new chains are sorted',
    ['-N C', '-N A', '-A A -j C'],
    [
      ':A - [0:0]',
      ':B - [0:0]',
      ':C - [0:0]',
      ':U - [0:0]',
      '-A FORWARD -j U',
      '-A A -j C',
      '-A U -s 10.244.0.0/16 -j ACCEPT',
      '-A U -d 10.244.0.0/16 -j ACCEPT',
    ],
  ],
  ['flush and delete one chain', ['-F U', '-D FORWARD -j U', '-X U'], [':B - [0:0]']],
  ['flush and delete all', ['-F', '-X'], []],
  [
    'many lines are one after the other, with the program named or not',
    ['iptables -t filter -I U -j DROP', '-w 5 -I U -j RETURN', '-D U 3', '-D U 3'],
    [':B - [0:0]', ':U - [0:0]', '-A FORWARD -j U', '-A U -j RETURN', '-A U -j DROP'],
  ],
])('%s', (_, lines, expected) => {
  expect(body(after(lines))).toEqual(expected)
})

test.each<[string, number, string]>([
  ['-t foo -A INPUT', 4, "iptables v1.8.9 (nf_tables): table 'foo' does not exist\nPerhaps iptables or your kernel needs to be upgraded."],
  ['-N U', 4, 'iptables: Chain already exists.'],
  [
    '-N averyveryverylongchainnamethatistoolong',
    4,
    "iptables v1.8.9 (nf_tables): chain name `averyveryverylongchainnamethatistoolong' too long (must be under 29 chars)",
  ],
  ['-N ACCEPT', 4, 'iptables v1.8.9 (nf_tables): chain name may not clash with target name'],
  ['-X nope', 4, 'iptables: No chain/target/match by that name.'],
  ['-X U', 4, 'iptables v1.8.9 (nf_tables):  CHAIN_DEL failed (Device or resource busy): chain U'],
  ['-P U DROP', 4, 'iptables: Bad built-in chain name.'],
  ['-P INPUT RETURN', 4, "iptables: Bad policy name. Run `dmesg' for more information."],
  ['-P INPUT', 4, 'iptables v1.8.9 (nf_tables): -P requires a chain and a policy'],
  ['-D U 7', 4, 'iptables: Index of deletion too big.'],
  ['-D U -j DROP', 1, 'iptables: Bad rule (does a matching rule exist in that chain?).'],
  ['-C U -j DROP', 1, 'iptables: Bad rule (does a matching rule exist in that chain?).'],
  ['-I U 9 -j DROP', 4, 'iptables: Index of insertion too big.'],
  ['-I U 0 -j DROP', 6, "iptables v1.8.9 (nf_tables): Invalid rule number `0'"],
  ['-R U 9 -j DROP', 4, 'iptables: Index of replacement too big.'],
  ['-R U 1 -s 1.1.1.1,2.2.2.2 -j DROP', 1, 'iptables v1.8.9 (nf_tables): Replacement rule does not specify a unique address'],
  ['-F nope', 4, 'iptables: No chain/target/match by that name.'],
  ['-A INPUT -X', 10, 'iptables v1.8.9 (nf_tables): Cannot use -X with -A'],
  ['-A', 1, 'iptables v1.8.9 (nf_tables): option "-A" requires an argument'],
  ['', 1, 'iptables v1.8.9 (nf_tables): no command specified'],
  ['-L', 1, 'iptables v1.8.9 (nf_tables): option "-L" is not modelled'],
  ['-A U -j FORWARD', 1, 'iptables v1.8.9 (nf_tables):  RULE_APPEND failed (Operation not supported): rule in chain U'],
  ['-A U -j U', 1, 'iptables v1.8.9 (nf_tables):  RULE_APPEND failed (Too many links): rule in chain U'],
  ['-A U -m set --match-set nope dst', 1, "iptables v1.8.9 (nf_tables): Set nope doesn't exist."],
])('%s is refused', (line, column, message) => {
  const result = applyCommands(restored(START), ['-A U -j DROP -m comment --comment first', line], ADMIN)
  expect(result).toEqual({ ok: false, error: { line: 2, column, message } })
})

test.each([
  [`-A U -m comment --comment 'it is "so"' -j DROP`, String.raw`-A U -m comment --comment "it is \"so\"" -j DROP`],
  [`-A U -m comment --comment "it's" -j DROP`, String.raw`-A U -m comment --comment "it\'s" -j DROP`],
  ['-A U -m comment --comment a\\ b -j DROP', '-A U -m comment --comment "a b" -j DROP'],
  [`-A U -m comment --comment '' -j DROP`, '-A U -m comment --comment "" -j DROP'],
])('%s is split as a shell does', (line, expected) => {
  expect(body(after([line])).at(-1)).toBe(expected)
})

test('the ruleset that came in is untouched, and chains that no command named are shared', () => {
  const before = restored(START)
  const next = after(['-A FORWARD -j DROP'], before)
  expect(saveRuleset(before)).toBe(START)
  expect(next.tables.get('filter')?.chain('U')).toBe(before.tables.get('filter')?.chain('U'))
  expect(next.tables.get('filter')?.chain('FORWARD')?.rule(1).origin).toBe(ADMIN)
  expect(next.tables.get('filter')?.chain('FORWARD')?.rule(0).origin).toBe(FLANNEL)
})

test('base chains run from the first command that changes them', () => {
  const running = (ruleset: Ruleset) =>
    ['INPUT', 'FORWARD', 'OUTPUT'].filter((name) => ruleset.tables.get('filter')?.chain(name)?.registered)
  expect(running(after(['-N X'], EMPTY_RULESET))).toEqual([])
  expect(running(after(['-A INPUT -j ACCEPT', '-D INPUT 1'], EMPTY_RULESET))).toEqual(['INPUT'])
  expect(running(after(['-P FORWARD ACCEPT', '-F OUTPUT'], EMPTY_RULESET))).toEqual(['FORWARD', 'OUTPUT'])
  expect(running(after(['-P FORWARD DROP', '-F OUTPUT', '-X'], EMPTY_RULESET))).toEqual(['FORWARD'])
  expect(running(restored('*filter\n:OUTPUT ACCEPT [0:0]\n-A FORWARD -j DROP\nCOMMIT\n'))).toEqual(['FORWARD', 'OUTPUT'])
})

test('a restore empties its tables unless told not to; a chain line empties its chain', () => {
  const text = '*filter\n:U - [0:0]\n:N - [0:0]\n-A U -j N\n-X B\nCOMMIT\n'
  expect(body(restored(text, restored(START), false))).toEqual([':N - [0:0]', ':U - [0:0]', '-A FORWARD -j U', '-A U -j N'])
  expect(body(restored('*filter\n-P INPUT DROP\nCOMMIT\n', restored(START)))).toEqual([':INPUT DROP [0:0]'])
  const both = restored('*nat\n:U - [0:0]\nCOMMIT\n', restored(START))
  expect(body(both).slice(0, 2)).toEqual([':B - [0:0]', ':U - [0:0]'])
})

test.each([
  ['*filter\n-A NOPE -j DROP\nCOMMIT\n', 2, 'iptables: No chain/target/match by that name.'],
  ['*filter\n:U - [0:0]\n-A U -j NOPE\nCOMMIT\n', 3, "iptables v1.8.9 (nf_tables): Chain 'NOPE' does not exist"],
  ['*filter\n-t nat -N U\nCOMMIT\n', 2, 'The -t option cannot be used in iptables-restore.'],
  [
    '*filter\n-A INPUT -j MASQUERADE\nCOMMIT\n',
    2,
    'iptables v1.8.9 (nf_tables):  RULE_APPEND failed (Invalid argument): rule in chain INPUT',
  ],
])('%j is refused whole', (text, line, message) => {
  const result = applyRestore(EMPTY_RULESET, text, ADMIN, { flush: true })
  expect(!result.ok && result.error).toMatchObject({ line, message })
})

test('lazy chains stay lazy: only rules that are asked for are made', () => {
  const made: number[] = []
  const rule = (index: number): Rule => {
    made.push(index)
    const parsed = parseRule(`-A BIG -d 10.96.${index >> 8}.${index & 255}/32 -j DROP`, FLANNEL)
    if (!parsed.ok) throw new Error(parsed.error.message)
    return parsed.value.rule
  }
  const big: Chain = {
    name: 'BIG',
    length: 1000,
    rule,
    candidates: ({ destination }) => (destination === '10.96.0.9' ? [9] : destination === '10.96.0.500' ? undefined : []),
  }
  const lazy: Table = {
    name: 'filter',
    chain: (name) => (name === 'BIG' ? big : undefined),
    chainNames: () => ['INPUT', 'FORWARD', 'OUTPUT', 'BIG'],
  }
  const ruleset = after(['-I BIG 5 -j RETURN', '-D BIG 1', '-A BIG -j DROP', '-I INPUT -j BIG', '-N OWN'], {
    ...EMPTY_RULESET,
    tables: new Map([['filter', lazy]]),
  })
  const chain = ruleset.tables.get('filter')?.chain('BIG')
  expect(made).toEqual([])
  expect(chain?.length).toBe(1001)
  expect([0, 3, 4, 999, 1000].map((index) => chain && printRule('BIG', chain.rule(index)))).toEqual([
    '-A BIG -d 10.96.0.1/32 -j DROP',
    '-A BIG -j RETURN',
    '-A BIG -d 10.96.0.4/32 -j DROP',
    '-A BIG -d 10.96.3.231/32 -j DROP',
    '-A BIG -j DROP',
  ])
  expect(made).toEqual([1, 4, 999])
  const key = (destination: string) => ({ destination, protocol: 'tcp', destinationPort: 80 })
  expect(chain?.candidates?.(key('10.96.0.9'))).toEqual([3, 9, 1000])
  expect(chain?.candidates?.(key('10.97.0.1'))).toEqual([3, 1000])
  expect(chain?.candidates?.(key('10.96.0.500'))).toBeUndefined()
})
