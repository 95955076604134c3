import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Cidr, cidr } from '../../net/cidr.ts'
import { type Ip, ipFromNumber } from '../../net/ip.ts'
import { applyRestore } from './apply.ts'
import { ADDRESS_TYPES, CT_STATES, CT_STATUSES, TCP_FLAGS } from './names.ts'
import { printRule } from './print.ts'
import { fixedPointText } from './probability.ts'
import { parseRule } from './restore.ts'
import type { MarkOperation, Match, NatRange, PortRange, Rule, Target } from './rule.ts'
import { EMPTY_RULESET } from './ruleset.ts'
import { saveRuleset } from './save.ts'
import { quoteWord, splitWords } from './words.ts'

const origin = { agent: 'admin' } as const

/** Leaves out fields that are undefined, as exact optional types want it. */
const optional = <T>(made: object): T => Object.fromEntries(Object.entries(made).filter(([, value]) => value !== undefined)) as T
type Model = Readonly<Record<string, fc.Arbitrary<unknown>>>
/** The models below are spelled out per kind; that they fit the unions is what the round trip shows. */
const build = <T>(model: Model): fc.Arbitrary<T> => fc.record(model).map((made) => optional<T>(made))
const match = (model: Model): fc.Arbitrary<Match> => build<Match>(model)
const maybe = <T>(of: fc.Arbitrary<T>) => fc.option(of, { nil: undefined })
const flag = maybe(fc.constant(true as const))
const some = <T>(of: readonly T[]) => fc.subarray([...of], { minLength: 1 })

const bits = fc.integer({ min: 0, max: 0xffffffff })
const ip: fc.Arbitrary<Ip> = bits.map(ipFromNumber)
const prefix: fc.Arbitrary<Cidr> = fc.tuple(bits, fc.integer({ min: 1, max: 32 })).map(([n, length]) => {
  const { network } = cidr(ipFromNumber(n), length)
  return cidr(ipFromNumber(network), length)
})
const port = fc.integer({ min: 1, max: 65535 })
const ports: fc.Arbitrary<PortRange> = fc.tuple(port, port).map(([a, b]) => ({ from: Math.min(a, b), to: Math.max(a, b) }))
const name = fc.stringMatching(/^[a-zA-Z][a-zA-Z0-9_.-]{0,13}$/)
const dev = fc.stringMatching(/^[a-z][a-z0-9.]{0,13}\+?$/)
const text = fc.string({
  maxLength: 40,
  unit: fc.constantFrom('a', 'b', 'z', '0', '9', ' ', '_', '-', ':', '/', '.', '"', "'", '\\', '#', '!', '>'),
})

const header: fc.Arbitrary<readonly Match[]> = fc
  .tuple(
    maybe(match({ kind: fc.constant('source'), prefix, not: flag })),
    maybe(match({ kind: fc.constant('destination'), prefix, not: flag })),
    maybe(match({ kind: fc.constant('in-interface'), name: dev, not: flag })),
    maybe(match({ kind: fc.constant('out-interface'), name: dev, not: flag })),
  )
  .map((matches) => matches.filter((match) => match !== undefined))

const joined = (...options: fc.Arbitrary<Match>[]): fc.Arbitrary<readonly Match[]> =>
  fc
    .tuple(...options.map(maybe))
    .map((matches) => matches.filter((match) => match !== undefined))
    .filter((matches) => matches.length > 0)
    .map((matches) => matches.map((match, i) => (i === 0 ? match : ({ ...match, and: true } as Match))))

const one = (model: Model): fc.Arbitrary<readonly Match[]> => match(model).map((made) => [made])
const kind = (of: string) => fc.constant(of)

const conntrack = joined(
  match({ kind: kind('ctstate'), states: some(CT_STATES), not: flag }),
  ...['ctorigsrc', 'ctorigdst', 'ctreplsrc', 'ctrepldst'].map((of) => match({ kind: kind(of), prefix, not: flag })),
  match({ kind: kind('ctorigdstport'), ports, not: flag }),
  match({ kind: kind('ctstatus'), statuses: some(CT_STATUSES), not: flag }),
  match({ kind: kind('ctdir'), direction: fc.constantFrom('ORIGINAL', 'REPLY') }),
)
const addrtype = fc
  .tuple(
    maybe(fc.constantFrom('in' as const, 'out' as const)),
    joined(...['src', 'dst'].map((side) => match({ kind: kind(`addrtype-${side}`), types: some(ADDRESS_TYPES), not: flag }))),
  )
  .map(([limitIface, matches]) => matches.map((match) => (limitIface ? ({ ...match, limitIface } as Match) : match)))
const range = fc.tuple(bits, bits).map(([a, b]) => ({ from: ipFromNumber(Math.min(a, b)), to: ipFromNumber(Math.max(a, b)) }))
const iprange = joined(
  ...['source', 'destination'].map((side) =>
    fc.tuple(range, flag).map(([of, not]) => optional<Match>({ kind: 'iprange', side, ...of, not })),
  ),
)
const physdev = joined(
  match({ kind: kind('physdev'), isIn: fc.constant(true), not: flag }),
  match({ kind: kind('physdev'), in: dev, not: flag }),
  match({ kind: kind('physdev'), isOut: fc.constant(true), not: flag }),
  match({ kind: kind('physdev'), out: dev, not: flag }),
  match({ kind: kind('physdev'), isBridged: fc.constant(true), not: flag }),
)
const random = fc.tuple(fc.integer({ min: 0, max: 0x80000000 }), flag).map(([stored, not]) => {
  const shown = fixedPointText(stored / 0x80000000)
  return [optional<Match>({ kind: 'statistic', mode: 'random', probability: Number(shown), text: shown, not })]
})
const nth = fc
  .tuple(fc.integer({ min: 1, max: 1000 }), fc.nat(), flag)
  .map(([every, n, not]) => [optional<Match>({ kind: 'statistic', mode: 'nth', every, packet: n % every, not })])
const recentLimits = fc
  .tuple(maybe(fc.integer({ min: 1, max: 99999 })), maybe(fc.integer({ min: 1, max: 255 })), flag)
  .map(([seconds, hitcount, reap]) => ({ seconds, hitcount, reap: seconds ? reap : undefined }))
const recent = fc
  .tuple(fc.constantFrom('set', 'rcheck', 'update', 'remove'), recentLimits, name, fc.constantFrom('rsource', 'rdest'), ip, flag)
  .map(([action, limits, list, side, mask, not]) => [
    optional({
      kind: 'recent',
      action,
      name: list,
      side,
      mask,
      not,
      ...(action === 'rcheck' || action === 'update' ? limits : {}),
    }) as Match,
  ])

const modules: fc.Arbitrary<readonly Match[]> = fc.oneof(
  one({ kind: kind('comment'), text }),
  one({ kind: kind('mark'), value: bits, mask: bits, not: flag }),
  one({ kind: kind('connmark'), value: bits, mask: bits, not: flag }),
  one({ kind: kind('ctstate'), states: some(CT_STATES.slice(0, 5)), module: kind('state'), not: flag }),
  conntrack,
  addrtype,
  iprange,
  physdev,
  random,
  nth,
  recent,
  one({ kind: kind('set'), name, directions: fc.array(fc.constantFrom('src', 'dst'), { minLength: 1, maxLength: 3 }), not: flag }),
  one({ kind: kind('pkttype'), type: fc.constantFrom('unicast', 'broadcast', 'multicast'), not: flag }),
  ports.chain(({ from, to }) => one({ kind: kind('length'), from: fc.constant(from), to: fc.constant(to), not: flag })),
  one({ kind: kind('ttl'), compare: kind('eq'), value: fc.integer({ min: 0, max: 255 }), not: flag }),
  one({ kind: kind('ttl'), compare: fc.constantFrom('gt', 'lt'), value: fc.integer({ min: 0, max: 255 }) }),
  one({ kind: kind('mac'), source: fc.constant('0a:58:0a:f4:00:05'), not: flag }),
  one({
    kind: kind('limit'),
    rate: fc.constantFrom('1/sec', '5/min', '3/hour', '1/day', '90/min'),
    burst: fc.integer({ min: 1, max: 10000 }),
  }),
)

const negatable = fc.tuple(ports, flag).map(([of, not]) => optional<object>({ ...of, not }))
const flags = fc
  .tuple(fc.subarray([...TCP_FLAGS]), fc.subarray([...TCP_FLAGS]), flag)
  .map(([mask, set, not]) => optional<object>({ mask, set, not }))
const multiport = one({
  kind: kind('multiport'),
  field: fc.constantFrom('source', 'destination', 'either'),
  ports: fc.array(ports, { minLength: 1, maxLength: 7 }),
  not: flag,
})
const withPorts = fc.constantFrom('tcp' as const, 'udp' as const, 'sctp' as const).chain((protocol) =>
  fc
    .tuple(
      one({
        kind: kind('transport'),
        protocol: fc.constant(protocol),
        source: maybe(negatable),
        destination: maybe(negatable),
        ...(protocol === 'tcp' && { flags: maybe(flags) }),
      }),
      fc.oneof(multiport, fc.constant([])),
    )
    .map(([transport, multi]) => ({ protocol, matches: [...transport, ...multi] })),
)
const withoutPorts = fc
  .constantFrom<readonly { protocol: string | number; matches: readonly Match[] }[]>([
    { protocol: 'icmp', matches: [{ kind: 'icmp', type: 3, code: 4 }] },
    { protocol: 'icmp', matches: [{ kind: 'icmp', type: 255, not: true }] },
    { protocol: 47, matches: [] },
    { protocol: 200, matches: [] },
  ])
  .chain((of) => fc.constantFrom(...of))

const natRange: fc.Arbitrary<NatRange> = fc
  .tuple(range, fc.boolean(), fc.boolean(), ports)
  .map(([{ from, to }, single, hasPorts, of]) => ({ from, ...(!single && to !== from && { to }), ...(hasPorts && { ports: of }) }))
const operation: fc.Arbitrary<MarkOperation> = fc.oneof(
  build<MarkOperation>({ kind: kind('set-xmark'), value: bits, mask: bits }),
  build<MarkOperation>({ kind: fc.constantFrom('save-mark', 'restore-mark'), nfmask: bits, ctmask: bits }),
)
const target = (model: Model): fc.Arbitrary<Target> => build<Target>(model)
const portless = fc.oneof(
  target({ kind: fc.constantFrom('ACCEPT', 'DROP', 'RETURN') }),
  target({ kind: fc.constantFrom('jump', 'goto'), chain: name.map((of) => `C-${of}`) }),
  operation.filter((of) => of.kind === 'set-xmark').map((of): Target => ({ kind: 'MARK', operation: of })),
  operation.map((of): Target => ({ kind: 'CONNMARK', operation: of })),
  target({ kind: kind('REJECT'), with: fc.constantFrom('icmp-port-unreachable', 'icmp-admin-prohibited', 'icmp-net-unreachable') }),
  target({ kind: kind('NOTRACK'), module: maybe(kind('CT')) }),
  target({ kind: kind('LOG'), arguments: text.filter((of) => of.length < 30).map((of) => `--log-prefix ${quoteWord(of)} --log-level 6`) }),
  target({ kind: kind('NFLOG'), arguments: fc.constantFrom('', '--nflog-group 100', '--nflog-prefix "a b" --nflog-group 3') }),
)
const portful = fc.oneof(
  target({ kind: kind('DNAT'), to: natRange, random: flag, persistent: flag }),
  target({ kind: kind('SNAT'), to: natRange, random: flag, randomFully: flag, persistent: flag }),
  target({ kind: kind('MASQUERADE'), ports: maybe(ports), random: flag, randomFully: flag }),
  target({ kind: kind('REDIRECT'), ports: maybe(ports), random: flag }),
)
const tcpOnly = fc.oneof(
  target({ kind: kind('REJECT'), with: kind('tcp-reset') }),
  target({ kind: kind('TCPMSS'), clampToPmtu: fc.constant(true) }),
  target({ kind: kind('TCPMSS'), clampToPmtu: fc.constant(false), mss: port }),
)

const rule: fc.Arbitrary<Rule> = fc
  .tuple(
    header,
    fc.oneof(fc.constant(undefined), withPorts, withoutPorts),
    flag,
    fc.array(modules, { maxLength: 3 }),
    maybe(portless),
    portful,
    tcpOnly,
    fc.nat(2),
  )
  .map(([head, transport, fragment, rest, plain, nat, tcp, choice]) => {
    const protocol: Match[] = transport ? [{ kind: 'protocol', protocol: transport.protocol } as Match] : []
    const matches = [
      ...head,
      ...protocol,
      ...(fragment ? [{ kind: 'fragment' } as Match] : []),
      ...(transport?.matches ?? []),
      ...rest.flat(),
    ]
    const hasPorts = transport?.protocol === 'tcp' || transport?.protocol === 'udp' || transport?.protocol === 'sctp'
    const chosen = choice === 1 && hasPorts ? nat : choice === 2 && transport?.protocol === 'tcp' ? tcp : plain
    return chosen ? { matches, target: chosen, origin } : { matches, origin }
  })

test('reading a printed rule gives the rule', () => {
  fc.assert(
    fc.property(rule, (made) => {
      const parsed = parseRule(printRule('U', made), origin)
      expect(parsed).toEqual({ ok: true, value: { chain: 'U', rule: made } })
    }),
    { seed: 11, numRuns: 2000 },
  )
})

test('a saved ruleset restores to the same text', () => {
  fc.assert(
    fc.property(fc.array(rule, { maxLength: 5 }), (rules) => {
      const filter = rules.filter(
        ({ target: of, matches }) =>
          !['DNAT', 'SNAT', 'MASQUERADE', 'REDIRECT', 'NOTRACK', 'jump', 'goto'].includes(of?.kind ?? '') &&
          matches.every((match) => match.kind !== 'set'),
      )
      const text = [
        '*filter',
        ':INPUT ACCEPT [0:0]',
        ':FORWARD DROP [0:0]',
        ':OUTPUT ACCEPT [0:0]',
        ':U - [0:0]',
        '-A FORWARD -j U',
        ...filter.map((made) => printRule('U', made)),
        'COMMIT',
        '',
      ].join('\n')
      const restored = applyRestore(EMPTY_RULESET, text, origin, { flush: true })
      expect(restored.ok ? saveRuleset(restored.value) : restored.error).toBe(text)
    }),
    { seed: 12, numRuns: 200 },
  )
})

test('quoted words split back to themselves', () => {
  fc.assert(
    fc.property(fc.array(text, { minLength: 1 }), (words) => {
      expect(splitWords(words.map(quoteWord).join(' ')).texts).toEqual(words)
    }),
    { seed: 13 },
  )
})

test.each([
  [0.5, '0.50000000000'],
  [0.3333333333, '0.33333333349'],
  [0.2, '0.20000000019'],
  [0.1428571429, '0.14285714272'],
  [0.0384615385, '0.03846153850'],
  [1 / 4096, '0.00024414062'],
  [3 / 4096, '0.00073242188'],
  [1, '1.00000000000'],
  [0, '0.00000000000'],
])('probability %d prints as %s', (probability, printed) => {
  expect(fixedPointText(probability)).toBe(printed)
})
