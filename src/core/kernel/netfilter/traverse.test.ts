import fc from 'fast-check'
import { expect, test } from 'vitest'
import { enumerate } from '../../base/choose.ts'
import type { Ip } from '../../net/ip.ts'
import type { Packet } from '../../net/packet.ts'
import type { NetnsId } from '../interface.ts'
import type { Origin } from '../origin.ts'
import type { RuleStep } from '../step.ts'
import { applyRestore } from './apply.ts'
import { PRIORITY } from './hooks.ts'
import { recentLists } from './recent.ts'
import { type Chain, EMPTY_RULESET, type Hook, type Ruleset, type Table, type TableName } from './ruleset.ts'
import { type Environment, type RuleContext, traverse } from './traverse.ts'

const ADMIN: Origin = { agent: 'admin' }

const packet = (destination = '10.96.0.10', destinationPort = 80): Packet => ({
  ip: { source: '10.244.0.5' as Ip, destination: destination as Ip, ttl: 64, protocol: 'tcp', length: 60, id: 0, dontFragment: true },
  transport: { kind: 'tcp', sourcePort: 40000, destinationPort, flags: 'S', sequence: 0, acknowledgment: 0 },
})

const environment = (over: Partial<Environment> = {}): Environment => ({
  netns: 'node-1' as NetnsId,
  sets: new Map(),
  addressType: () => 'UNICAST',
  recent: recentLists(new Map()).in('node-1', 0),
  choose: () => 0,
  detail: 'lean',
  walk: 'linear',
  limit: 1000,
  ...over,
})

function ruleset(text: string): Ruleset {
  const restored = applyRestore(EMPTY_RULESET, text, ADMIN, { flush: true })
  if (!restored.ok) throw new Error(`${restored.error.line}: ${restored.error.message}`)
  return restored.value
}

function tableOf(name: TableName, lines: string): Table {
  const table = ruleset(`*${name}\n${lines.trim().replace(/^ +/gm, '')}\nCOMMIT\n`).tables.get(name)
  if (!table) throw new Error(name)
  return table
}

const run = (table: Table, hook: Hook, context: Partial<RuleContext> = {}, over: Partial<Environment> = {}) =>
  traverse(
    table,
    hook,
    0,
    { packet: packet(), mark: 0, ct: { state: 'NEW', direction: 'original', mark: 0 }, ...context },
    environment(over),
  )

/** `chain verdict`, indented by depth, with what else a step says. */
const shown = (steps: readonly RuleStep[] | undefined) =>
  steps?.map(
    (s) =>
      `${'  '.repeat(s.depth)}${s.chain}${s.index === undefined ? '' : ` ${s.index}`}${s.end ? ' end' : ''}${s.policy ? ' policy' : ''} ${s.verdict}${s.mark === undefined ? '' : ` mark ${s.mark}`}`,
  )

test.each<[string, TableName, Hook, string, readonly string[], object]>([
  [
    'jumps return behind themselves, marks stay on the packet',
    'nat',
    'PREROUTING',
    `:S - [0:0]
     :M - [0:0]
     -A PREROUTING -j S
     -A PREROUTING -d 1.1.1.1 -j ACCEPT
     -A S -d 10.96.0.10/32 -j M
     -A S -p tcp -m tcp --dport 80 -j DNAT --to-destination 10.244.1.9:8080
     -A M -j MARK --or-mark 0x4000`,
    ['PREROUTING 0 JUMP S', '  S 0 JUMP M', '    M 0 CONTINUE mark 16384', '    M end RETURN mark 16384', '  S 1 ACCEPT mark 16384'],
    { kind: 'NAT', target: { kind: 'DNAT', to: { from: '10.244.1.9', ports: { from: 8080, to: 8080 } } } },
  ],
  [
    'RETURN leaves a user chain; in a base chain the policy decides',
    'filter',
    'FORWARD',
    `:FORWARD DROP [0:0]
     :U - [0:0]
     -A FORWARD -j U
     -A FORWARD -p tcp -j RETURN
     -A FORWARD -j ACCEPT
     -A U -j RETURN
     -A U -j DROP`,
    ['FORWARD 0 JUMP U', '  U 0 RETURN', 'FORWARD 1 RETURN', 'FORWARD policy DROP'],
    { kind: 'DROP', by: 'policy', rule: '-P FORWARD DROP' },
  ],
  [
    'a chain that was gone to returns to where its caller would have',
    'filter',
    'INPUT',
    `:U - [0:0]
     :V - [0:0]
     -A INPUT -j U
     -A INPUT -j DROP
     -A U -g V
     -A U -j ACCEPT
     -A V -s 1.1.1.1 -j ACCEPT`,
    ['INPUT 0 JUMP U', '  U 0 GOTO V', '  V end RETURN', 'INPUT 1 DROP'],
    { kind: 'DROP', by: 'rule', rule: '-A INPUT -j DROP' },
  ],
  [
    'going from a base chain ends in its policy',
    'filter',
    'INPUT',
    `:V - [0:0]
     -A INPUT -g V
     -A INPUT -j DROP
     -A V -m comment --comment "only counts"`,
    ['INPUT 0 GOTO V', 'V 0 CONTINUE', 'V end RETURN', 'INPUT policy ACCEPT'],
    { kind: 'ACCEPT' },
  ],
  [
    'REJECT is a DROP with an answer',
    'filter',
    'OUTPUT',
    '-A OUTPUT -p tcp -j REJECT --reject-with tcp-reset',
    ['OUTPUT 0 DROP'],
    { kind: 'REJECT', with: 'tcp-reset' },
  ],
])('%s', (_, name, hook, lines, steps, verdict) => {
  const outcome = run(tableOf(name, lines), hook)
  expect(shown(outcome?.run.rules)).toEqual(steps)
  expect(outcome?.verdict).toMatchObject(verdict)
})

test('a base chain that nothing made does not run', () => {
  const table = tableOf('filter', '-A INPUT -j ACCEPT')
  expect(run(table, 'FORWARD')).toBeUndefined()
  expect(run(table, 'INPUT')?.run).toMatchObject({
    kind: 'chain',
    table: 'filter',
    chain: 'INPUT',
    hook: 'INPUT',
    priority: 0,
    family: 'ip',
    verdict: 'ACCEPT',
  })
})

test('marks of packet and connection, NOTRACK and TCPMSS come out beside the verdict', () => {
  const table = tableOf(
    'mangle',
    `-A FORWARD -j CONNMARK --restore-mark --nfmask 0xff --ctmask 0xff
     -A FORWARD -m mark --mark 0x12/0xff -j MARK --xor-mark 0x10
     -A FORWARD -j CONNMARK --save-mark --nfmask 0x3 --ctmask 0xf0
     -A FORWARD -p tcp -m tcp --tcp-flags SYN,RST SYN -j TCPMSS --set-mss 1400`,
  )
  const entry = { original: {}, reply: {} } as never
  expect(run(table, 'FORWARD', { ct: { state: 'ESTABLISHED', direction: 'original', mark: 0x112, entry } })).toMatchObject({
    mark: 0x2,
    connmark: 0x100,
    maximumSegmentSize: 1400,
  })
  expect(run(tableOf('raw', '-A PREROUTING -j CT --notrack'), 'PREROUTING')).toMatchObject({ notrack: true, verdict: { kind: 'ACCEPT' } })
})

test('what is only approximate is named', () => {
  const table = tableOf(
    'filter',
    '-A INPUT -p udp -m limit --limit 1/sec -j DROP\n-A INPUT -m limit --limit 1/sec -j ACCEPT\n-A INPUT -m statistic --mode nth --every 2 --packet 0 -j ACCEPT',
  )
  expect(run(table, 'INPUT')?.approximations).toEqual(['limit-match'])
  expect(run(tableOf('filter', '-A INPUT -j ACCEPT'), 'INPUT')).not.toHaveProperty('approximations')
})

test('too many rules cut the run', () => {
  const table = tableOf('filter', Array.from({ length: 20 }, (_, i) => `-A INPUT -s 10.0.0.${i} -j DROP`).join('\n'))
  expect(run(table, 'INPUT', {}, { limit: 20 })?.verdict).toEqual({ kind: 'ACCEPT' })
  expect(run(table, 'INPUT', {}, { limit: 19 })).toMatchObject({ verdict: { kind: 'cut' }, run: { verdict: 'DROP' } })
})

test('near misses say what failed and what the packet had; the nearest sixteen are listed', () => {
  const far = Array.from({ length: 20 }, (_, i) => `-A INPUT -s 10.0.0.${i} -j DROP`).join('\n')
  const table = tableOf(
    'filter',
    `${far}\n-A INPUT -d 10.96.0.10 -p tcp -m comment --comment x -m tcp --dport 443 -j DROP\n-A INPUT -j MARK --set-mark 1\n-A INPUT -m mark --mark 2 -j DROP`,
  )
  const steps = run(table, 'INPUT', {}, { detail: 'full' })?.run.rules
  expect(steps?.[0]).toMatchObject({ index: 21, skipped: 5, origin: ADMIN })
  expect(steps?.[0]?.considered).toHaveLength(16)
  expect(steps?.[0]?.considered?.at(-1)).toEqual({
    index: 20,
    rule: '-A INPUT -d 10.96.0.10/32 -p tcp -m comment --comment x -m tcp --dport 443 -j DROP',
    failed: '-m tcp --dport 443',
    actual: 'dport 80',
  })
  expect(steps?.[1]).toEqual({
    chain: 'INPUT',
    policy: true,
    verdict: 'ACCEPT',
    depth: 0,
    mark: 1,
    considered: [{ index: 22, rule: '-A INPUT -m mark --mark 0x2 -j DROP', failed: '-m mark --mark 0x2', actual: '0x1' }],
  })
  expect(run(table, 'INPUT')?.run.rules[0]).not.toHaveProperty('considered')
})

test.each([1, 2, 3, 5, 17])('%i endpoints behind statistic rules are equally likely', (n) => {
  const rules = Array.from(
    { length: n },
    (_, i) =>
      `-A PREROUTING${i === n - 1 ? '' : ` -m statistic --mode random --probability ${(1 / (n - i)).toFixed(10)}`} -j DNAT --to-destination 10.0.0.${i}`,
  )
  const table = tableOf('nat', rules.join('\n'))
  const { paths, complete } = enumerate((choose) => run(table, 'PREROUTING', {}, { choose, detail: 'full' })?.run.rules ?? [], 100)
  expect(complete).toBe(true)
  expect(paths).toHaveLength(n)
  for (const { probability } of paths) expect(probability).toBeCloseTo(1 / n, 8)
  expect(paths.reduce((sum, path) => sum + path.probability, 0)).toBeCloseTo(1, 9)
  const last = paths.at(-1)?.value.at(-1)
  expect(last?.considered?.length ?? 0).toBe(n - 1)
  if (n > 1) expect(last?.considered?.[0]).toMatchObject({ failed: expect.stringContaining('--probability'), actual: 'drawn otherwise' })
})

test('choices are recorded where they were made', () => {
  const table = tableOf(
    'nat',
    ':E - [0:0]\n-A PREROUTING -p tcp -j ACCEPT -s 1.1.1.1\n-A PREROUTING -m statistic --mode random --probability 0.25 -j E\n-A E -j DNAT --to-destination 10.0.0.1',
  )
  const choices: unknown[] = []
  const outcome = run(table, 'PREROUTING', {}, { record: (choice) => choices.push(choice) })
  expect(choices).toEqual([
    { why: { kind: 'statistic', netns: 'node-1', table: 'nat', chain: 'PREROUTING', index: 1, jump: 'E' }, taken: 0, probability: 0.25 },
  ])
  expect(outcome?.run.rules[0]?.probability).toBe(0.25)
})

/** An index as kube-proxy's chains have: rules for other destinations are left out. */
function indexed(table: Table): Table {
  const withIndex = (chain: Chain | undefined): Chain | undefined =>
    chain && {
      ...chain,
      candidates: ({ destination }) =>
        Array.from({ length: chain.length }, (_, i) => i).filter((i) =>
          chain.rule(i).matches.every((m) => m.kind !== 'destination' || m.not || m.prefix.length < 32 || m.prefix.ip === destination),
        ),
    }
  return { ...table, chain: (name) => withIndex(table.chain(name)) }
}

const line = fc
  .record({
    destination: fc.option(fc.constantFrom('10.96.0.10', '10.96.0.11', '10.96.0.0/24'), { nil: undefined }),
    not: fc.boolean(),
    mark: fc.option(fc.constantFrom('0x1/0x1', '0x2/0x2'), { nil: undefined }),
    chance: fc.boolean(),
    target: fc.constantFrom('-j ACCEPT', '-j DROP', '-j RETURN', '-j U', '-g V', '-j MARK --set-mark 1', '-j MARK --or-mark 2', ''),
  })
  .map(({ destination, not, mark, chance, target }) =>
    [
      destination && `${not ? '! ' : ''}-d ${destination}`,
      mark && `-m mark --mark ${mark}`,
      chance && '-m statistic --mode random --probability 0.5',
      target,
    ]
      .filter(Boolean)
      .join(' '),
  )

test('an index changes nothing but the time', () => {
  const lines = fc.array(line, { maxLength: 8 })
  fc.assert(
    fc.property(
      lines,
      lines,
      lines,
      fc.constantFrom('10.96.0.10', '10.96.0.11', '10.97.0.1'),
      fc.array(fc.constantFrom(0, 1), { minLength: 30, maxLength: 30 }),
      (base, u, v, to, draws) => {
        const inner = [
          ...u.filter((l) => !l.includes('-j U')).map((l) => `-A U ${l}`),
          ...v.filter((l) => !/-j U|-g V/.test(l)).map((l) => `-A V ${l}`),
        ]
        const table = tableOf(
          'filter',
          [':INPUT ACCEPT [0:0]', ':U - [0:0]', ':V - [0:0]', ...base.map((l) => `-A INPUT ${l}`), ...inner].join('\n'),
        )
        const outcome = (which: Table, walk: 'indexed' | 'linear') => {
          const left = [...draws]
          return run(which, 'INPUT', { packet: packet(to) }, { detail: 'full', walk, choose: () => left.shift() ?? 0 })
        }
        expect(outcome(indexed(table), 'indexed')).toEqual(outcome(table, 'linear'))
      },
    ),
    { seed: 7, numRuns: 300 },
  )
})

test('what was said of earlier packets is not said of others', () => {
  // None of them matches, and what the packet had instead differs.
  const byAddress = fc.constantFrom(
    '-d 10.96.0.12/32',
    '-p udp',
    '-m addrtype --dst-type BROADCAST',
    '-d 10.96.0.0/24 -m addrtype --dst-type BROADCAST',
  )
  const other = fc.constantFrom('-p tcp -m tcp --dport 8080', '-s 10.244.0.6/32', '-m mark --mark 0x4/0x4')
  const rule = fc.oneof({ weight: 12, arbitrary: byAddress }, { weight: 1, arbitrary: other })
  const asked = fc.record({
    to: fc.constantFrom('10.96.0.10', '10.96.0.11'),
    port: fc.constantFrom(80, 443),
    mark: fc.constantFrom(0, 1),
    type: fc.constantFrom('LOCAL', 'UNICAST'),
  })
  fc.assert(
    fc.property(fc.array(rule, { minLength: 16, maxLength: 24 }), fc.array(asked, { minLength: 2, maxLength: 12 }), (rules, packets) => {
      const table = tableOf('filter', rules.map((one) => `-A INPUT ${one}`).join('\n'))
      for (const { to, port, mark, type } of packets) {
        const outcome = (which: Table) =>
          run(which, 'INPUT', { packet: packet(to, port), mark }, { detail: 'full', addressType: () => type })?.run
        expect(outcome(table)).toEqual(outcome({ ...table }))
      }
    }),
    { seed: 5, numRuns: 200 },
  )
})

test('hooks run tables in the order of their priorities', () => {
  for (const tables of Object.values(PRIORITY))
    expect(tables.map(({ priority }) => priority)).toEqual(tables.map(({ priority }) => priority).toSorted((a, b) => a - b))
})
