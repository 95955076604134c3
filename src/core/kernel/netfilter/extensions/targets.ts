import { REJECT_WITH, REJECT_WITH6 } from '../names.ts'
import type { MarkOperation, NatRange, PortRange, Target } from '../rule.ts'
import { quoteWord } from '../words.ts'
import { addressOf, type Arguments, decimal, INVALID, integer, markAndMask, natPorts } from './arguments.ts'
import { extension, type Option, type TargetExtension } from './module.ts'

/** Targets with options (libxt_MARK.c, libxt_NAT.c, libipt_REJECT.c and neighbours). */

interface MarkDraft {
  operation?: MarkOperation
  kind?: 'save-mark' | 'restore-mark'
  nfmask?: number
  ctmask?: number
}

function bits(args: Arguments, module: string, option: string): number {
  const value = integer(args.value(option))
  if (value === undefined) args.complain(`${module}: bad integer value for option "${option}", or out of range.`)
  return value ?? 0
}

/** All spellings become one stored form: new = (old & ~mask) ^ value. */
const xmark = (make: (args: Arguments, option: string) => { readonly value: number; readonly mask: number }): Option<MarkDraft> => ({
  read: (draft, args, _not, option) => {
    if (draft.operation || draft.kind) args.complain(`option "${option}" cannot be used together with another mark operation.`)
    draft.operation = { kind: 'set-xmark', ...make(args, option) }
  },
})

const markOptions = (module: string): Readonly<Record<string, Option<MarkDraft>>> => ({
  '--set-xmark': xmark((args, option) => markAndMask(args, module, option, args.value(option))),
  '--set-mark': xmark((args, option) => {
    const { value, mask } = markAndMask(args, module, option, args.value(option))
    return { value, mask: (mask | value) >>> 0 }
  }),
  '--or-mark': xmark((args, option) => {
    const value = bits(args, module, option)
    return { value, mask: value }
  }),
  '--and-mark': xmark((args, option) => ({ value: 0, mask: ~bits(args, module, option) >>> 0 })),
  '--xor-mark': xmark((args, option) => ({ value: bits(args, module, option), mask: 0 })),
})

const mark = extension<MarkDraft, Target | undefined>({
  name: 'MARK',
  begin: () => ({}),
  options: markOptions('MARK'),
  finish(draft, args) {
    if (!draft.operation) args.complain('MARK: One of the --set-xmark, --{and,or,xor,set}-mark options is required')
    return draft.operation && { kind: 'MARK', operation: draft.operation }
  },
})

const copyMark = (kind: 'save-mark' | 'restore-mark'): Option<MarkDraft> => ({
  read: (draft, args, _not, option) => {
    if (draft.operation || draft.kind) args.complain(`option "${option}" cannot be used together with another mark operation.`)
    draft.kind = kind
  },
})

const maskOption = (which: 'nfmask' | 'ctmask' | 'both'): Option<MarkDraft> => ({
  read: (draft, args, _not, option) => {
    const value = bits(args, 'CONNMARK', option)
    if (which !== 'ctmask') draft.nfmask = value
    if (which !== 'nfmask') draft.ctmask = value
  },
})

const connmark = extension<MarkDraft, Target | undefined>({
  name: 'CONNMARK',
  begin: () => ({}),
  options: {
    ...markOptions('CONNMARK'),
    '--save-mark': copyMark('save-mark'),
    '--restore-mark': copyMark('restore-mark'),
    '--nfmask': maskOption('nfmask'),
    '--ctmask': maskOption('ctmask'),
    '--mask': maskOption('both'),
  },
  finish(draft, args) {
    if (draft.operation) return { kind: 'CONNMARK', operation: draft.operation }
    if (!draft.kind) args.complain('CONNMARK target: No operation specified')
    const masks = { nfmask: draft.nfmask ?? 0xffffffff, ctmask: draft.ctmask ?? 0xffffffff }
    return draft.kind && { kind: 'CONNMARK', operation: { kind: draft.kind, ...masks } }
  },
})

interface NatDraft {
  to?: NatRange
  ports?: PortRange
  random?: true
  randomFully?: true
  persistent?: true
}

/** `10.0.0.1`, `10.0.0.1-10.0.0.9`, `:80`, `10.0.0.1:80-90`, `[fd00::1]:80`. */
function natRange(args: Arguments, text: string): NatRange {
  // With a port an IPv6 address stands in brackets; without one it may.
  const bracket = args.family === 'ip6' ? text.lastIndexOf(']') : -1
  // Without brackets one colon is taken for that before ports, and of several none.
  const first = text.indexOf(':', Math.max(bracket, 0))
  const colon = args.family === 'ip6' && bracket < 0 && text.includes(':', first + 1) ? -1 : first
  const hosts = (colon < 0 ? text : text.slice(0, colon)).replaceAll(/[[\]]/g, '')
  const ports = colon < 0 ? {} : { ports: natPorts(args, text.slice(colon + 1)) }
  if (hosts === '') return ports
  const dash = hosts.indexOf('-')
  const from = addressOf(args, dash < 0 ? hosts : hosts.slice(0, dash))
  const to = dash < 0 ? from : addressOf(args, hosts.slice(dash + 1))
  if (!from || !to) args.complain(`Bad IP address "${from ? hosts.slice(dash + 1) : dash < 0 ? hosts : hosts.slice(0, dash)}"`)
  return { ...(from && { from }), ...(to && to !== from && { to }), ...ports }
}

const flag = (field: 'random' | 'randomFully' | 'persistent'): Option<NatDraft> => ({
  read: (draft) => {
    draft[field] = true
  },
})
const rangeTo: Option<NatDraft> = {
  read: (draft, args, _not, option) => {
    draft.to = natRange(args, args.value(option))
  },
}
const toPorts: Option<NatDraft> = {
  read: (draft, args, _not, option) => {
    draft.ports = natPorts(args, args.value(option))
  },
}

const WITH_PORTS: readonly (string | number | undefined)[] = ['tcp', 'udp', 'sctp', 33]
function checkPorts(args: Arguments, ports: PortRange | undefined, protocol: string | number | undefined): void {
  if (ports && !WITH_PORTS.includes(protocol)) args.complain('Need TCP, UDP, SCTP or DCCP with port specification')
}

const rangeTarget = (kind: 'DNAT' | 'SNAT', option: string): TargetExtension =>
  extension<NatDraft, Target | undefined>({
    name: kind,
    begin: () => ({}),
    options: {
      [option]: rangeTo,
      '--random': flag('random'),
      '--persistent': flag('persistent'),
      ...(kind === 'SNAT' && { '--random-fully': flag('randomFully') }),
    },
    finish(draft, args, protocol) {
      const { to, ...flags } = draft
      if (!to) args.complain(`${kind}: option "${option}" must be specified`)
      checkPorts(args, to?.ports, protocol)
      return to && { kind, to, ...flags }
    },
  })

const portTarget = (kind: 'MASQUERADE' | 'REDIRECT'): TargetExtension =>
  extension<NatDraft, Target | undefined>({
    name: kind,
    begin: () => ({}),
    options: { '--to-ports': toPorts, '--random': flag('random'), ...(kind === 'MASQUERADE' && { '--random-fully': flag('randomFully') }) },
    finish(draft, args, protocol) {
      checkPorts(args, draft.ports, protocol)
      return { kind, ...draft }
    },
  })

const reject = extension<{ text?: string }, Target | undefined>({
  name: 'REJECT',
  begin: () => ({}),
  options: {
    '--reject-with': {
      read: (draft, args, _not, option) => {
        draft.text = args.value(option)
      },
    },
  },
  finish(draft, args, protocol) {
    const v6 = args.family === 'ip6'
    const text = draft.text ?? (v6 ? 'icmp6-port-unreachable' : 'icmp-port-unreachable')
    const answer = (v6 ? REJECT_WITH6 : REJECT_WITH).get(text)
    if (!answer) args.complain(`unknown reject type "${text}"`)
    else if (answer === 'tcp-reset' && protocol !== 'tcp') args.complain(INVALID)
    return answer && { kind: 'REJECT', with: answer }
  },
})

const notrack = extension<object, Target | undefined>({
  name: 'NOTRACK',
  begin: () => ({}),
  options: {},
  finish: () => ({ kind: 'NOTRACK' }),
})

const ct = extension<{ notrack?: true }, Target | undefined>({
  name: 'CT',
  begin: () => ({}),
  options: {
    '--notrack': {
      read: (draft) => {
        draft.notrack = true
      },
    },
  },
  finish(draft, args) {
    if (!draft.notrack) args.complain('CT: only --notrack is modelled')
    return { kind: 'NOTRACK', module: 'CT' }
  },
})

/** Options of LOG and NFLOG, kept as the text that iptables-save prints. */
type LogDraft = Map<string, string>
const logText = (max: number): Option<LogDraft> => ({
  read: (draft, args, _not, option) => {
    const text = args.value(option)
    if (text.length > max) args.complain(`Maximum prefix length ${max} for ${option}`)
    draft.set(option, `${option} ${quoteWord(text)}`)
  },
})
const logNumber = (module: string, omitted: number): Option<LogDraft> => ({
  read: (draft, args, _not, option) => {
    const value = decimal(args, module, option, args.value(option), 0, 65535)
    draft.set(option, value === omitted ? '' : `${option} ${value}`)
  },
})
const logFlag: Option<LogDraft> = { read: (draft, _args, _not, option) => void draft.set(option, option) }

const LEVELS: readonly (readonly string[])[] = [
  ['emerg', 'panic'],
  ['alert'],
  ['crit'],
  ['error', 'err'],
  ['warning', 'warn'],
  ['notice'],
  ['info'],
  ['debug'],
]
const logLevel: Option<LogDraft> = {
  read: (draft, args, _not, option) => {
    const text = args.value(option).toLowerCase()
    const level = /^[0-7]$/.test(text) ? Number(text) : LEVELS.findIndex((names) => names.includes(text))
    if (level < 0) args.complain(`log-level \`${text}' unknown`)
    draft.set(option, level === 4 ? '' : `${option} ${level}`)
  },
}

const logging = (kind: 'LOG' | 'NFLOG', options: Readonly<Record<string, Option<LogDraft>>>): TargetExtension =>
  extension<LogDraft, Target | undefined>({
    name: kind,
    begin: () => new Map(),
    options,
    finish: (draft) => ({
      kind,
      arguments: Object.keys(options)
        .map((option) => draft.get(option) ?? '')
        .filter((text) => text !== '')
        .join(' '),
    }),
  })

const log = logging('LOG', {
  '--log-prefix': logText(29),
  '--log-level': logLevel,
  '--log-tcp-sequence': logFlag,
  '--log-tcp-options': logFlag,
  '--log-ip-options': logFlag,
  '--log-uid': logFlag,
  '--log-macdecode': logFlag,
})
const nflog = logging('NFLOG', {
  '--nflog-prefix': logText(63),
  '--nflog-group': logNumber('NFLOG', 0),
  '--nflog-size': logNumber('NFLOG', -1),
  '--nflog-threshold': logNumber('NFLOG', 1),
})

const tcpmss = extension<{ target?: Target }, Target | undefined>({
  name: 'TCPMSS',
  begin: () => ({}),
  options: {
    '--set-mss': {
      read: (draft, args, _not, option) => {
        if (draft.target) args.complain('TCPMSS: option "--set-mss" cannot be used together with "--clamp-mss-to-pmtu".')
        draft.target = { kind: 'TCPMSS', clampToPmtu: false, mss: decimal(args, 'TCPMSS', option, args.value(option), 0, 65535) }
      },
    },
    '--clamp-mss-to-pmtu': {
      read: (draft, args) => {
        if (draft.target) args.complain('TCPMSS: option "--clamp-mss-to-pmtu" cannot be used together with "--set-mss".')
        draft.target = { kind: 'TCPMSS', clampToPmtu: true }
      },
    },
  },
  finish(draft, args, protocol) {
    if (!draft.target) args.complain('TCPMSS target: At least one parameter is required')
    else if (protocol !== 'tcp') args.complain(INVALID)
    return draft.target
  },
})

export const TARGETS: ReadonlyMap<string, TargetExtension> = new Map(
  [
    mark,
    connmark,
    rangeTarget('DNAT', '--to-destination'),
    rangeTarget('SNAT', '--to-source'),
    portTarget('MASQUERADE'),
    portTarget('REDIRECT'),
    reject,
    notrack,
    ct,
    log,
    nflog,
    tcpmss,
  ].map((target) => [target.name, target]),
)
