import type { Cidr } from '../../../net/cidr.ts'
import { ADDRESS_TYPES, PROTOCOL_NUMBERS } from '../names.ts'
import { fixedPointText } from '../probability.ts'
import type { AddressType, Match } from '../rule.ts'
import { addressArgument, addressOf, type Arguments, decimal, INVALID, listOf, portRange } from './arguments.ts'
import { extension, joined, type MatchExtension, negated, type Option } from './module.ts'
import { normalRate } from './rate.ts'

/** Matches on what the namespace knows besides the packet and its connection: its addresses, chance, memory, sets, bridge ports. */

interface AddrtypeDraft {
  source?: { readonly types: readonly AddressType[]; readonly not?: boolean }
  destination?: { readonly types: readonly AddressType[]; readonly not?: boolean }
  limitIface?: 'in' | 'out'
}

const typesOption = (side: 'source' | 'destination'): Option<AddrtypeDraft> => ({
  invert: true,
  read: (draft, args, not, option) => {
    draft[side] = { types: listOf(args, args.value(option), ADDRESS_TYPES, (word) => `addrtype: bad type "${word}"`), ...negated(not) }
  },
})

const limitIface = (side: 'in' | 'out'): Option<AddrtypeDraft> => ({
  read: (draft, args) => {
    if (draft.limitIface) args.complain('addrtype: both --limit-iface-in and --limit-iface-out can not be used')
    draft.limitIface = side
  },
})

const addrtype = extension<AddrtypeDraft, readonly Match[]>({
  name: 'addrtype',
  begin: () => ({}),
  options: {
    '--dst-type': typesOption('destination'),
    '--src-type': typesOption('source'),
    '--limit-iface-in': limitIface('in'),
    '--limit-iface-out': limitIface('out'),
  },
  finish(draft, args) {
    if (!draft.source && !draft.destination) args.complain('addrtype: you must specify --src-type or --dst-type')
    const limit = draft.limitIface ? { limitIface: draft.limitIface } : {}
    const matches: Match[] = []
    if (draft.source) matches.push({ kind: 'addrtype-src', ...draft.source, ...limit })
    if (draft.destination) matches.push({ kind: 'addrtype-dst', ...draft.destination, ...limit })
    return joined(matches)
  },
})

interface StatisticDraft {
  mode?: string
  probability?: number
  every?: number
  packet?: number
  not?: boolean
}

function readProbability(draft: StatisticDraft, args: Arguments, not: boolean, option: string): void {
  const text = args.value(option)
  const value = /^(\d+\.?\d*|\.\d+)(e-?\d+)?$/i.test(text) ? Number(text) : Number.NaN
  if (!(value >= 0 && value <= 1)) args.complain('statistic: bad value for option "--probability", or out of range (0-1).')
  draft.probability = value
  draft.not = not
}

const statistic = extension<StatisticDraft, readonly Match[]>({
  name: 'statistic',
  begin: () => ({}),
  options: {
    '--mode': {
      read: (draft, args, _not, option) => {
        draft.mode = args.value(option)
        if (draft.mode !== 'random' && draft.mode !== 'nth') args.complain(`Bad mode "${draft.mode}"`)
      },
    },
    '--probability': { invert: true, read: readProbability },
    '--every': {
      invert: true,
      read: (draft, args, not, option) => {
        draft.every = decimal(args, 'statistic', option, args.value(option), 1, 4294967295)
        draft.not = not
      },
    },
    '--packet': {
      read: (draft, args, _not, option) => {
        draft.packet = decimal(args, 'statistic', option, args.value(option), 0, 4294967295)
      },
    },
  },
  finish: finishStatistic,
})

function finishStatistic(draft: StatisticDraft, args: Arguments): readonly Match[] {
  const { mode, probability, every, packet } = draft
  if (mode === undefined) args.complain('statistic: option "--mode" must be specified')
  if (mode === 'random') {
    if (probability === undefined) args.complain('--probability must be specified when using random mode')
    else return [{ kind: 'statistic', mode, probability, text: fixedPointText(probability), ...negated(draft.not) }]
  }
  if (mode === 'nth') {
    if (every === undefined) args.complain('--every must be specified when using nth mode')
    else if (packet === undefined) args.complain('statistic: option "--every" also requires "--packet".')
    else if (packet >= every) args.complain('the --packet p must be 0 <= p <= n-1')
    else return [{ kind: 'statistic', mode, every, packet, ...negated(draft.not) }]
  }
  return []
}

interface RecentDraft {
  action?: 'set' | 'rcheck' | 'update' | 'remove'
  not?: boolean
  name?: string
  seconds?: number
  hitcount?: number
  reap?: boolean
  mask?: string
  side?: 'rsource' | 'rdest'
}

const recentAction = (action: 'set' | 'rcheck' | 'update' | 'remove'): Option<RecentDraft> => ({
  invert: true,
  read: (draft, args, not, option) => {
    if (draft.action) args.complain(`recent: option "--${draft.action}" cannot be used together with "${option}".`)
    draft.action = action
    draft.not = not
  },
})

const recentSide = (side: 'rsource' | 'rdest'): Option<RecentDraft> => ({
  read: (draft) => {
    draft.side = side
  },
})

const recent = extension<RecentDraft, readonly Match[]>({
  name: 'recent',
  begin: () => ({}),
  options: {
    '--set': recentAction('set'),
    '--rcheck': recentAction('rcheck'),
    '--update': recentAction('update'),
    '--remove': recentAction('remove'),
    '--rsource': recentSide('rsource'),
    '--rdest': recentSide('rdest'),
    '--name': {
      read: (draft, args, _not, option) => {
        draft.name = args.value(option)
      },
    },
    '--seconds': {
      read: (draft, args, _not, option) => {
        draft.seconds = decimal(args, 'recent', option, args.value(option), 1, 4294967295)
      },
    },
    '--hitcount': {
      read: (draft, args, _not, option) => {
        draft.hitcount = decimal(args, 'recent', option, args.value(option), 1, 255)
      },
    },
    '--reap': {
      read: (draft) => {
        draft.reap = true
      },
    },
    '--mask': {
      read: (draft, args, _not, option) => {
        draft.mask = args.value(option)
        if (!addressOf(args, draft.mask)) args.complain(`recent: Bad value for "--mask" option: "${draft.mask}"`)
      },
    },
    '--rttl': { read: (_draft, args) => args.complain('recent: option "--rttl" is not modelled') },
  },
  finish: finishRecent,
})

const FULL_MASK = { ip: '255.255.255.255', ip6: 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff' } as const

function finishRecent(draft: RecentDraft, args: Arguments): readonly Match[] {
  const { action, seconds, hitcount, reap } = draft
  if (!action) {
    args.complain("recent: you must specify one of `--set', `--rcheck' `--update' or `--remove'")
    return []
  }
  if (reap && !seconds) args.complain('recent: option "--reap" also requires "--seconds".')
  if ((seconds || hitcount) && action !== 'rcheck' && action !== 'update') args.complain(INVALID)
  const limits = { ...(seconds && { seconds }), ...(reap && { reap }), ...(hitcount && { hitcount }) }
  const whom = { name: draft.name ?? 'DEFAULT', mask: draft.mask ?? FULL_MASK[args.family], side: draft.side ?? 'rsource' } as const
  return [{ kind: 'recent', action, ...whom, ...limits, ...negated(draft.not) }]
}

const set = extension<{ match?: Match }, readonly Match[]>({
  name: 'set',
  begin: () => ({}),
  options: {
    '--match-set': {
      invert: true,
      read: (draft, args, not, option) => {
        const name = args.value(option)
        const directions = args.value(option).split(',')
        if (name.length > 31) args.complain(`setname \`${name}' too long, max 31 characters.`)
        const known = directions.filter((word) => word === 'src' || word === 'dst')
        if (known.length !== directions.length) args.complain("You must spefify (the comma separated list of) `src' or `dst'.")
        draft.match = { kind: 'set', name, directions: known, ...negated(not) }
      },
    },
  },
  finish(draft, args) {
    if (!draft.match) args.complain("You must specify `--match-set' with proper arguments")
    return draft.match ? [draft.match] : []
  },
})

/** In the order in which physdev_save prints them. */
const PHYSDEV_ORDER = ['isIn', 'in', 'isOut', 'out', 'isBridged'] as const
type PhysdevDraft = Partial<Record<(typeof PHYSDEV_ORDER)[number], Match>>
const physdevFlag = (field: 'isIn' | 'isOut' | 'isBridged'): Option<PhysdevDraft> => ({
  invert: true,
  read: (draft, _args, not) => {
    draft[field] = { kind: 'physdev', [field]: true, ...negated(not) }
  },
})
const physdevName = (field: 'in' | 'out'): Option<PhysdevDraft> => ({
  invert: true,
  read: (draft, args, not, option) => {
    draft[field] = { kind: 'physdev', [field]: args.value(option), ...negated(not) }
  },
})

const physdev = extension<PhysdevDraft, readonly Match[]>({
  name: 'physdev',
  begin: () => ({}),
  options: {
    '--physdev-in': physdevName('in'),
    '--physdev-out': physdevName('out'),
    '--physdev-is-in': physdevFlag('isIn'),
    '--physdev-is-out': physdevFlag('isOut'),
    '--physdev-is-bridged': physdevFlag('isBridged'),
  },
  finish(draft, args) {
    const matches = PHYSDEV_ORDER.map((field) => draft[field]).filter((match) => match !== undefined)
    if (matches.length === 0) args.complain('PHYSDEV: no physdev option specified')
    return joined(matches)
  },
})

const limit = extension<{ rate: string; burst: number }, readonly Match[]>({
  name: 'limit',
  begin: () => ({ rate: '3/hour', burst: 5 }),
  options: {
    '--limit': {
      read: (draft, args, _not, option) => {
        const text = args.value(option)
        const rate = normalRate(text)
        if (!rate.ok) args.complain(rate.error)
        else draft.rate = rate.value
      },
    },
    '--limit-burst': {
      read: (draft, args, _not, option) => {
        draft.burst = decimal(args, 'limit', option, args.value(option), 0, 10000) || 5
      },
    },
  },
  finish: (draft) => [{ kind: 'limit', rate: draft.rate, burst: draft.burst }],
})

interface IpvsDraft {
  vproto?: number
  vaddr?: Cidr
  vport?: number
}

const ipvs = extension<IpvsDraft, readonly Match[]>({
  name: 'ipvs',
  begin: () => ({}),
  options: {
    '--vproto': {
      read: (draft, args, _not, option) => {
        const text = args.value(option)
        draft.vproto = PROTOCOL_NUMBERS.get(text) ?? decimal(args, 'ipvs', option, text, 1, 255)
      },
    },
    '--vaddr': {
      read: (draft, args, _not, option) => {
        const prefix = addressArgument(args, args.value(option))
        if (prefix) draft.vaddr = prefix
      },
    },
    '--vport': {
      read: (draft, args, _not, option) => {
        draft.vport = portRange(args, args.value(option)).from
      },
    },
  },
  finish(draft, args) {
    if (Object.keys(draft).length === 0) args.complain('IPVS: At least one option is required')
    return [{ kind: 'ipvs', ...draft }]
  },
})

export const NAMESPACE_MATCHES: readonly MatchExtension[] = [ipvs, addrtype, statistic, recent, set, physdev, limit]
