import type { Cidr } from '../../net/cidr.ts'
import type { Origin } from '../origin.ts'
import { addressArgument, type Arguments, INVALID } from './extensions/arguments.ts'
import type { MatchExtension, Open } from './extensions/module.ts'
import { CONNECTION_MATCHES } from './extensions/connection.ts'
import { NAMESPACE_MATCHES } from './extensions/namespace.ts'
import { PACKET_MATCHES } from './extensions/packet.ts'
import { TARGETS } from './extensions/targets.ts'
import { PROTOCOL_NUMBERS } from './names.ts'
import type { Match, Rule, Target } from './rule.ts'

/**
 * The rule part of an iptables command: everything but command, table and chain (iptables/xshared.c, do_parse). Options may stand in any
 * order; matches keep the order in which their modules were loaded.
 */
const MATCHES: ReadonlyMap<string, MatchExtension> = new Map(
  [...PACKET_MATCHES, ...CONNECTION_MATCHES, ...NAMESPACE_MATCHES].map((match) => [match.name, match]),
)
/** Modules that `-p NAME` loads by itself as soon as one of their options appears. */
const PROTOCOL_MODULES: readonly string[] = ['tcp', 'udp', 'sctp', 'icmp', 'icmp6']

type OpenMatch = Open<readonly Match[]>
type OpenTarget = Open<Target | undefined>

/** What is known of a rule while its words are read. */
class Draft {
  readonly args: Arguments
  readonly others: OtherOptions | undefined
  sources: readonly Cidr[] | undefined
  destinations: readonly Cidr[] | undefined
  notSource = false
  notDestination = false
  input: Match | undefined
  output: Match | undefined
  protocol: (Match & { kind: 'protocol' }) | undefined
  fragment: Match | undefined
  readonly matches: OpenMatch[] = []
  target: OpenTarget | undefined
  /** How many matches were open when the target was named: options of later modules win. */
  targetAt = 0
  plainTarget: Target | undefined
  constructor(args: Arguments, others: OtherOptions | undefined) {
    this.args = args
    this.others = others
  }
}

const LONG: ReadonlyMap<string, string> = new Map([
  ['--source', '-s'],
  ['--src', '-s'],
  ['--destination', '-d'],
  ['--dst', '-d'],
  ['--in-interface', '-i'],
  ['--out-interface', '-o'],
  ['--protocol', '-p'],
  ['--proto', '-p'],
  ['--match', '-m'],
  ['--jump', '-j'],
  ['--goto', '-g'],
  ['--fragment', '-f'],
  ['--fragments', '-f'],
  ['--set-counters', '-c'],
])

/** Options that are not the rule's: the command itself and its table. Says whether it took the word. */
export type OtherOptions = (word: string, not: boolean) => boolean

/** Reads all words that are left. More than one rule comes of `-s a,b` lists; none if there is a complaint. */
export function readRules(args: Arguments, chain: () => string, origin: Origin, others?: OtherOptions): readonly Rule[] {
  const draft = new Draft(args, others)
  while (!args.done) {
    const word = args.next()
    if (word !== '!') {
      readOption(draft, word, false)
      continue
    }
    if (args.peek() === '!') args.complain('multiple consecutive ! not allowed')
    else if (args.peek() === undefined) args.complain('nothing appropriate following !')
    else readOption(draft, args.next(), true)
  }
  return args.complaint ? [] : finish(draft, chain(), origin)
}

function readOption(draft: Draft, word: string, not: boolean): void {
  const { args } = draft
  switch (LONG.get(word) ?? word) {
    case '-s':
      if (draft.sources) args.complain('multiple -s flags not allowed')
      draft.sources = addresses(args, args.value(word), not)
      draft.notSource = not
      return
    case '-d':
      if (draft.destinations) args.complain('multiple -d flags not allowed')
      draft.destinations = addresses(args, args.value(word), not)
      draft.notDestination = not
      return
    case '-i':
      if (draft.input) args.complain('multiple -i flags not allowed')
      draft.input = { kind: 'in-interface', name: interfaceName(args, args.value(word)), ...(not && { not }) }
      return
    case '-o':
      if (draft.output) args.complain('multiple -o flags not allowed')
      draft.output = { kind: 'out-interface', name: interfaceName(args, args.value(word)), ...(not && { not }) }
      return
    case '-p':
      readProtocol(draft, args.value(word), not)
      return
    case '-m':
      if (not) args.complain('unexpected ! flag before --match')
      openMatch(draft, args.value(word))
      return
    case '-j':
    case '-g':
      readTarget(draft, LONG.get(word) ?? word, not, word)
      return
    case '-f':
      if (args.family === 'ip6') args.complain(`unknown option "${word}"`)
      draft.fragment = { kind: 'fragment', ...(not && { not }) }
      return
    case '-c':
      if (!/^\d+$/.test(args.value(word)) || !/^\d+$/.test(args.value(word))) args.complain('-c packet counter not numeric')
      return
    default:
      if (!draft.others?.(word, not)) readExtensionOption(draft, word, not)
  }
}

function addresses(args: Arguments, text: string, not: boolean): readonly Cidr[] {
  if (!text.includes(',')) {
    const prefix = addressArgument(args, text)
    return prefix ? [prefix] : []
  }
  if (not) args.complain('! not allowed with multiple source or destination IP addresses')
  return text
    .split(',')
    .map((part) => addressArgument(args, part))
    .filter((prefix) => prefix !== undefined)
}

function interfaceName(args: Arguments, name: string): string {
  if (name.length > 15) args.complain(`interface name \`${name}' must be shorter than IFNAMSIZ (15)`)
  if (name === '') args.complain('Empty interface is likely to be undesired')
  return name
}

function readProtocol(draft: Draft, text: string, not: boolean): void {
  const { args } = draft
  if (draft.protocol) args.complain('multiple -p flags not allowed')
  const name = text.toLowerCase()
  const number =
    name === 'icmpv6'
      ? 58
      : name === 'all' || name === '0'
        ? 0
        : (PROTOCOL_NUMBERS.get(name) ?? (/^\d{1,3}$/.test(name) && Number(name) < 256 ? Number(name) : undefined))
  if (number === undefined) args.complain(`unknown protocol "${text}" specified`)
  if (number === 0 && not) args.complain('rule would never match protocol')
  draft.protocol = { kind: 'protocol', protocol: protocolOf(number ?? 0), ...(not && { not }) }
}

function protocolOf(number: number): 'tcp' | 'udp' | 'sctp' | 'icmp' | 'icmp6' | number {
  switch (number) {
    case 1:
      return 'icmp'
    case 6:
      return 'tcp'
    case 17:
      return 'udp'
    case 58:
      return 'icmp6'
    case 132:
      return 'sctp'
    default:
      return number
  }
}

/** Matches of one family only. */
const OF_FAMILY = { ip: ['icmp', 'ttl'], ip6: ['icmp6', 'hl'] } as const
const isForeign = (name: string, { family }: Arguments): boolean =>
  (OF_FAMILY[family === 'ip' ? 'ip6' : 'ip'] as readonly string[]).includes(name)

function openMatch(draft: Draft, name: string): void {
  const found = MATCHES.get(name)
  if (found && !isForeign(name, draft.args)) draft.matches.push(found.open(draft.args))
  else draft.args.complain(`Couldn't load match \`${name}':No such file or directory`)
}

function readTarget(draft: Draft, option: string, not: boolean, word: string): void {
  const { args } = draft
  if (not) args.complain(`cannot have ! before ${word}`)
  if (draft.plainTarget || draft.target) args.complain('multiple -j flags not allowed')
  const name = args.value(word)
  if (option === '-g') {
    draft.plainTarget = { kind: 'goto', chain: name }
    return
  }
  if (name === 'ACCEPT' || name === 'DROP' || name === 'RETURN') {
    draft.plainTarget = { kind: name }
    return
  }
  const found = TARGETS.get(name)
  if (!found) {
    if (name.length > 28) args.complain(`Invalid target name \`${name}' (28 chars max)`)
    draft.plainTarget = { kind: 'jump', chain: name }
    return
  }
  draft.target = found.open(args)
  draft.targetAt = draft.matches.length
}

/** Options belong to the module that was loaded last and knows them, else to the protocol's own module, which is then loaded. */
function readExtensionOption(draft: Draft, word: string, not: boolean): void {
  const { args } = draft
  if (!word.startsWith('-') || word === '-') {
    args.complain(`Bad argument \`${word}'`)
    return
  }
  const owner = ownerOf(draft, (open) => open.has(word)) ?? protocolModule(draft, word)
  if (owner) {
    owner.read(word, not)
    return
  }
  const full = abbreviated(draft, word)
  const general = full && LONG.has(full)
  if (general) readOption(draft, full, not)
  else if (full) ownerOf(draft, (open) => open.has(full))?.read(full, not)
  else args.complain(`unknown option "${word}"`)
}

function ownerOf(draft: Draft, knows: (open: OpenMatch | OpenTarget) => boolean): OpenMatch | OpenTarget | undefined {
  for (let i = draft.matches.length - 1; i >= draft.targetAt; i--) {
    const open = draft.matches[i]
    if (open && knows(open)) return open
  }
  if (draft.target && knows(draft.target)) return draft.target
  for (let i = Math.min(draft.targetAt, draft.matches.length) - 1; i >= 0; i--) {
    const open = draft.matches[i]
    if (open && knows(open)) return open
  }
  return undefined
}

function protocolModule(draft: Draft, word: string): OpenMatch | undefined {
  const name = draft.protocol && !draft.protocol.not ? draft.protocol.protocol : undefined
  if (
    typeof name !== 'string' ||
    !PROTOCOL_MODULES.includes(name) ||
    isForeign(name, draft.args) ||
    draft.matches.some((open) => open.name === name)
  )
    return undefined
  const open = MATCHES.get(name)?.open(draft.args)
  if (!open?.has(word)) return undefined
  draft.matches.push(open)
  return open
}

/** getopt_long takes any beginning that only one known option has: `--to` for `--to-destination`. */
function abbreviated(draft: Draft, word: string): string | undefined {
  if (!word.startsWith('--') || word.length < 4) return undefined
  const known = new Set([...LONG.keys(), ...draft.matches.flatMap((open) => open.optionNames()), ...(draft.target?.optionNames() ?? [])])
  const fitting = [...known].filter((name) => name.startsWith(word))
  const meanings = new Set(fitting.map((name) => LONG.get(name) ?? name))
  return meanings.size === 1 ? fitting[0] : undefined
}

function finish(draft: Draft, chain: string, origin: Origin): readonly Rule[] {
  const { args } = draft
  if (draft.input && (chain === 'OUTPUT' || chain === 'POSTROUTING')) args.complain(`Can't use -i with ${chain}`)
  if (draft.output && (chain === 'INPUT' || chain === 'PREROUTING')) args.complain(`Can't use -o with ${chain}`)
  const protocol = draft.protocol && !draft.protocol.not ? draft.protocol.protocol : undefined
  const tail: Match[] = []
  if (draft.input && !isAny(draft.input)) tail.push(draft.input)
  if (draft.output && !isAny(draft.output)) tail.push(draft.output)
  if (draft.protocol && draft.protocol.protocol !== 0) tail.push(draft.protocol)
  if (draft.fragment) tail.push(draft.fragment)
  for (const open of draft.matches) tail.push(...open.close(protocol))
  const target = draft.target ? draft.target.close(protocol) : draft.plainTarget
  const rules: Rule[] = []
  for (const source of draft.sources ?? [undefined]) {
    for (const destination of draft.destinations ?? [undefined]) {
      const matches: Match[] = []
      addAddress(matches, args, 'source', source, draft.notSource)
      addAddress(matches, args, 'destination', destination, draft.notDestination)
      for (const match of tail) matches.push(match)
      rules.push(target ? { matches, target, origin } : { matches, origin })
    }
  }
  if (args.complaint?.message === INVALID)
    args.complaint = { ...args.complaint, message: ` RULE_APPEND failed (${INVALID}): rule in chain ${chain}` }
  return args.complaint ? [] : rules
}

const isAny = (match: Match): boolean => 'name' in match && match.name === '+' && !('not' in match)

/** `-s 0.0.0.0/0` says nothing and is not stored; its negation is refused by the kernel. */
function addAddress(matches: Match[], args: Arguments, kind: 'source' | 'destination', prefix: Cidr | undefined, not: boolean): void {
  if (!prefix) return
  if (prefix.length > 0) matches.push({ kind, prefix, ...(not && { not }) })
  else if (not) args.complain(INVALID)
}
