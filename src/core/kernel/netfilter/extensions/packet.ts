import { ICMP6_TYPES, ICMP_TYPES, TCP_FLAGS } from '../names.ts'
import type { Match, PortRange, TcpFlag } from '../rule.ts'
import { addressRange, type Arguments, decimal, INVALID, listOf, portRange } from './arguments.ts'
import { extension, joined, type MatchExtension, negated, type Option } from './module.ts'

/** Matches on what a packet itself says: ports, flags, types, sizes (libxt_tcp.c, libxt_multiport.c, libipt_icmp.c and neighbours). */

type Ports = PortRange & { readonly not?: boolean }
interface TransportDraft {
  source?: Ports
  destination?: Ports
  flags?: { readonly not?: boolean; readonly mask: readonly TcpFlag[]; readonly set: readonly TcpFlag[] }
}

const ports = (side: 'source' | 'destination'): Option<TransportDraft> => ({
  invert: true,
  repeat: true,
  read: (draft, args, not, option) => {
    const once = side === 'source' ? draft.source : draft.destination
    if (once) args.complain(`Only one \`--${side}-port' allowed`)
    const range = { ...portRange(args, args.value(option)), ...negated(not) }
    if (side === 'source') draft.source = range
    else draft.destination = range
  },
})

const flagList = (args: Arguments, text: string): readonly TcpFlag[] => {
  if (text === 'ALL') return TCP_FLAGS
  if (text === 'NONE') return []
  return listOf(args, text, TCP_FLAGS, (word) => `Unknown TCP flag \`${word}'`)
}

const SYN_MASK: readonly TcpFlag[] = ['FIN', 'SYN', 'RST', 'ACK']
const tcpFlags: Readonly<Record<string, Option<TransportDraft>>> = {
  '--tcp-flags': {
    invert: true,
    read: (draft, args, not, option) => {
      const mask = flagList(args, args.value(option))
      if (args.peek() === undefined || args.peek()?.startsWith('-')) args.complain('--tcp-flags requires two args.')
      draft.flags = { mask, set: flagList(args, args.next()), ...negated(not) }
    },
  },
  '--syn': {
    invert: true,
    read: (draft, _args, not) => {
      draft.flags = { mask: SYN_MASK, set: ['SYN'], ...negated(not) }
    },
  },
}

/** A range that all ports satisfy says nothing; nft turns "not from 0 to n" into "from n + 1" (nft.c, add_nft_tcpudp), for TCP and UDP. */
function stored(range: Ports | undefined, protocol: 'tcp' | 'udp' | 'sctp'): Ports | undefined {
  if (!range || protocol === 'sctp' || range.from !== 0 || range.to === 0) return range
  if (range.to === 65535) return undefined
  return range.not ? { from: range.to + 1, to: 65535 } : range
}

const transport = (protocol: 'tcp' | 'udp' | 'sctp'): MatchExtension =>
  extension<TransportDraft, readonly Match[]>({
    name: protocol,
    begin: () => ({}),
    options: {
      '--dport': ports('destination'),
      '--destination-port': ports('destination'),
      '--sport': ports('source'),
      '--source-port': ports('source'),
      ...(protocol === 'tcp' ? tcpFlags : {}),
    },
    onceComplaint: (option) => `Only one \`${option}' allowed`,
    finish(draft, args, rule) {
      if (rule !== protocol) args.complain(`${protocol === 'tcp' ? 'TCP' : protocol} match requires '-p ${protocol}'`)
      const source = stored(draft.source, protocol)
      const destination = stored(draft.destination, protocol)
      const vacuous = !source && !destination && !draft.flags && (draft.source || draft.destination)
      if (vacuous) return []
      return [
        {
          kind: 'transport',
          protocol,
          ...(source && { source }),
          ...(destination && { destination }),
          ...(draft.flags && { flags: draft.flags }),
        },
      ]
    },
  })

const icmp = (name: 'icmp' | 'icmp6'): MatchExtension => {
  const v6 = name === 'icmp6'
  const option = v6 ? '--icmpv6-type' : '--icmp-type'
  const family = v6 ? 'ICMPv6' : 'ICMP'
  return extension<{ match?: Match }, readonly Match[]>({
    name,
    begin: () => ({}),
    options: {
      [option]: {
        invert: true,
        read: (draft, args, not, word) => {
          const text = args.value(word)
          const named = (v6 ? ICMP6_TYPES : ICMP_TYPES).get(text)
          const numbers = /^(\d{1,3})(?:\/(\d{1,3}))?$/.exec(text)
          const type = named?.type ?? (numbers ? Number(numbers[1]) : 256)
          const code = named ? named.code : numbers?.[2] === undefined ? undefined : Number(numbers[2])
          if (type > 255) args.complain(`Unknown ${family} type \`${text}'`)
          if (code !== undefined && code > 255) args.complain(`Unknown ${family} code \`${text}'`)
          draft.match = { kind: 'icmp', ...(v6 && { v6 }), type, ...(code === undefined ? {} : { code }), ...negated(not) }
        },
      },
    },
    finish(draft, args, protocol) {
      if (!draft.match) args.complain(`${name}: option "${option}" must be specified`)
      else if (protocol !== name) args.complain(INVALID)
      return draft.match ? [draft.match] : []
    },
  })
}

type Field = 'source' | 'destination' | 'either'
const multiportOption = (field: Field): Option<{ match?: Match }> => ({
  invert: true,
  read: (draft, args, not, option) => {
    if (draft.match) args.complain('multiport can only have one option')
    const list = args.value(option).split(',')
    const slots = list.reduce((sum, text) => sum + (text.includes(':') ? 2 : 1), 0)
    if (slots > 15) args.complain('too many ports specified')
    draft.match = { kind: 'multiport', field, ports: list.map((text) => portRange(args, text)), ...negated(not) }
  },
})

const WITH_PORTS: readonly (string | number | undefined)[] = ['tcp', 'udp', 'sctp', 136, 33]
const multiport = extension<{ match?: Match }, readonly Match[]>({
  name: 'multiport',
  begin: () => ({}),
  options: {
    '--dports': multiportOption('destination'),
    '--destination-ports': multiportOption('destination'),
    '--sports': multiportOption('source'),
    '--source-ports': multiportOption('source'),
    '--ports': multiportOption('either'),
  },
  finish(draft, args, protocol) {
    if (!draft.match) args.complain('multiport expection an option')
    if (!WITH_PORTS.includes(protocol)) args.complain("multiport needs `-p tcp', `-p udp', `-p udplite', `-p sctp' or `-p dccp'")
    return draft.match ? [draft.match] : []
  },
})

const rangeOption = (side: 'source' | 'destination'): Option<{ source?: Match; destination?: Match }> => ({
  invert: true,
  read: (draft, args, not, option) => {
    const range = addressRange(args, 'iprange', option, args.value(option))
    if (range) draft[side] = { kind: 'iprange', side, ...range, ...negated(not) }
  },
})

const iprange = extension<{ source?: Match; destination?: Match }, readonly Match[]>({
  name: 'iprange',
  begin: () => ({}),
  options: { '--src-range': rangeOption('source'), '--dst-range': rangeOption('destination') },
  finish(draft, args) {
    if (!draft.source && !draft.destination) args.complain("iprange match: You must specify `--src-range' or `--dst-range'")
    return joined([draft.source, draft.destination].filter((match) => match !== undefined))
  },
})

/** An extension with one option that makes one match. */
function single(name: string, option: string, read: (args: Arguments, text: string) => Match | undefined, invert = true): MatchExtension {
  const reader: Option<{ match?: Match }> = {
    read: (draft, args, not) => {
      const match = read(args, args.value(option))
      if (match) draft.match = not ? ({ ...match, not } as Match) : match
    },
    ...(invert && { invert: true as const }),
  }
  return extension<{ match?: Match }, readonly Match[]>({
    name,
    begin: () => ({}),
    options: { [option]: reader },
    finish(draft, args) {
      if (!draft.match) args.complain(`${name}: option "${option}" must be specified`)
      return draft.match ? [draft.match] : []
    },
  })
}

const comment = single('comment', '--comment', (_args, text) => ({ kind: 'comment', text: text.slice(0, 255) }), false)

const pkttype = single('pkttype', '--pkt-type', (args, text) => {
  const type = text.toLowerCase() === 'host' ? 'unicast' : text.toLowerCase()
  if (type === 'unicast' || type === 'broadcast' || type === 'multicast') return { kind: 'pkttype', type }
  args.complain(`Bad packet type '${text}'`)
  return undefined
})

const length = single('length', '--length', (args, text) => {
  const [low = '', high = low] = text.split(':')
  const from = low === '' ? 0 : decimal(args, 'length', '--length', low, 0, 65535)
  return { kind: 'length', from, to: high === '' ? 65535 : decimal(args, 'length', '--length', high, 0, 65535) }
})

const mac = single('mac', '--mac-source', (args, text) => {
  if (/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/i.test(text)) return { kind: 'mac', source: text.toLowerCase() }
  args.complain('Invalid MAC address specified.')
  return undefined
})

const ttlOption = (compare: 'eq' | 'gt' | 'lt', v6: boolean): Option<{ match?: Match }> => ({
  ...(compare === 'eq' && { invert: true as const }),
  read: (draft, args, not, option) => {
    if (draft.match) args.complain(`${v6 ? 'hl' : 'ttl'}: option "${option}" can only be used once.`)
    const value = decimal(args, v6 ? 'hl' : 'ttl', option, args.value(option), 0, 255)
    draft.match = { kind: 'ttl', ...(v6 && { v6 }), compare, value, ...negated(not) }
  },
})

const ttl = (name: 'ttl' | 'hl'): MatchExtension =>
  extension<{ match?: Match }, readonly Match[]>({
    name,
    begin: () => ({}),
    options: {
      [`--${name}-eq`]: ttlOption('eq', name === 'hl'),
      ...(name === 'ttl' && { '--ttl': ttlOption('eq', false) }),
      [`--${name}-gt`]: ttlOption('gt', name === 'hl'),
      [`--${name}-lt`]: ttlOption('lt', name === 'hl'),
    },
    finish(draft, args) {
      if (!draft.match)
        args.complain(`${name.toUpperCase()} match: You must specify one of \`--${name}-eq', \`--${name}-lt', \`--${name}-gt'`)
      return draft.match ? [draft.match] : []
    },
  })

export const PACKET_MATCHES: readonly MatchExtension[] = [
  transport('tcp'),
  transport('udp'),
  transport('sctp'),
  comment,
  icmp('icmp'),
  icmp('icmp6'),
  multiport,
  iprange,
  pkttype,
  length,
  mac,
  ttl('ttl'),
  ttl('hl'),
]
