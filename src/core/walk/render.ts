import { isIcmp } from '../net/packet.ts'
import { printCidr } from '../net/cidr.ts'
import { endpointsOf, packetLine, transportText } from '../net/tcpdump.ts'
import type { Packet, Tuple } from '../net/packet.ts'
import type { NetnsId } from '../kernel/interface.ts'
import { TABLE_DEFAULT, TABLE_LOCAL, TABLE_MAIN } from '../kernel/netns.ts'
import type { ConntrackEntry } from '../kernel/netfilter/conntrack-entry.ts'
import type { Origin } from '../kernel/origin.ts'
import type { RouteStep, RuleStep, Step } from '../kernel/step.ts'
import { type Explanation, explain, explainEnd } from './explain.ts'
import { type Level, isToldAt } from './level.ts'
import { type Clause, storyOf } from './story.ts'
import type { PacketTrace } from './trace.ts'

/** The words and colours of a rendering: the text's shape is the core's, its language and ink the view's. */
export interface Words {
  readonly explain: (explanation: Explanation) => string
  /** One sentence out of the clauses of a hop. */
  readonly story: (clauses: readonly Clause[]) => string
  /** How a namespace is called: `default/web-1` for `p-default-web-1`. */
  readonly place: (netns: NetnsId) => string
  readonly paint: (ink: Ink, text: string) => string
}

export type Ink = 'title' | 'place' | 'dim' | 'good' | 'bad' | 'change' | 'match'

interface Page {
  readonly trace: PacketTrace
  readonly level: Level
  readonly words: Words
}

/** Width of the column that says which part of the kernel a line is about. */
const TAG = 16

/** One packet's way as lines of text, in the manner of ovn-trace: a heading, then namespace by namespace, then how it ended. */
export function renderTrace(trace: PacketTrace, level: Level, words: Words): string[] {
  const page = { trace, level, words }
  const story = level === 'story'
  const heading = words.paint('title', story ? `${endpointsOf(trace.sent)} ${transportText(trace.sent.transport)}` : packetLine(trace.sent))
  const lines = story ? storyLines(page) : trace.hops.flatMap((_, index) => ['', ...hopLines(page, index)])
  return [heading, ...lines, ...(story ? [] : ['']), endLine(page)]
}

function endLine({ trace, words }: Page): string {
  const delivered = trace.disposition.kind === 'delivered'
  return words.paint(delivered ? 'good' : 'bad', `${delivered ? '✓' : '✗'} ${words.explain(explainEnd(trace.disposition))}`)
}

function storyLines({ trace, words }: Page): string[] {
  const rows = trace.hops.map((hop, index) => [words.place(hop.netns), words.story(storyOf(hop, isDeliveredHere(trace, index)))] as const)
  const width = Math.max(0, ...rows.map(([place]) => place.length))
  return rows.map(([place, sentence], index) => `${number(index, words)}  ${words.paint('place', place.padEnd(width))}  ${sentence}`)
}

const number = (index: number, words: Words): string => words.paint('dim', String(index + 1).padStart(3))
const isDeliveredHere = ({ disposition, hops }: PacketTrace, index: number): boolean =>
  disposition.kind === 'delivered' && index === hops.length - 1

function hopLines(page: Page, index: number): string[] {
  const { trace, level, words } = page
  const hop = trace.hops[index]
  if (!hop) return []
  const ways = [hop.in, hop.out].map((dev) => dev ?? '·').join(' → ')
  const heading = `${number(index, words)}  ${words.paint('place', words.place(hop.netns))}  ${words.paint('dim', ways)}`
  return [heading, ...hop.steps.filter((step) => isToldAt(step, level)).flatMap((step) => stepLines(page, index, step))]
}

function stepLines(page: Page, index: number, step: Step): string[] {
  const { level, words } = page
  if (step.kind === 'send' && level === 'network') return []
  const text = mainText(step, page, isDeliveredHere(page.trace, index))
  const ink = inkOf(step)
  const line = `     ${words.paint('dim', tagOf(step).padEnd(TAG))} ${ink ? words.paint(ink, text) : text}`
  return level === 'kernel' ? [line, ...detailLines(step, words)] : [line]
}

/** The part of the kernel that acted, as an engineer would look for it. */
function tagOf(step: Step): string {
  switch (step.kind) {
    case 'receive':
      return `→ ${step.dev}`
    case 'transmit':
      return `  ${step.dev} →`
    case 'chain':
      return `${step.table} ${step.chain}`
    case 'encapsulate':
    case 'decapsulate':
      return 'vxlan'
    case 'confirm':
      return 'conntrack'
    case 'defragment':
      return 'fragment'
    default:
      return step.kind
  }
}

function inkOf(step: Step): Ink | undefined {
  switch (step.kind) {
    case 'nat':
    case 'ipvs':
      return 'change'
    case 'drop':
    case 'reject':
      return 'bad'
    case 'chain':
      return step.verdict === 'DROP' ? 'bad' : undefined
    case 'neighbour':
      return step.how === 'failed' ? 'bad' : undefined
    case 'bridge':
      return step.action === 'drop' ? 'bad' : undefined
    default:
      return undefined
  }
}

function mainText(step: Step, { level, words }: Page, delivered: boolean): string {
  if (step.kind === 'receive' || step.kind === 'transmit') return level === 'kernel' ? wireText(step) : shortText(step.packet)
  const explanation = explain(step, delivered)
  const byPolicy = step.kind === 'chain' && step.rules.at(-1)?.policy === true
  return words.explain(byPolicy ? { ...explanation, key: 'chain.passed' } : explanation)
}

/** What tcpdump -e would show at a device. */
function wireText(step: Extract<Step, { kind: 'receive' | 'transmit' }>): string {
  const ethernet = step.frame ? `${step.frame.ethernet.source} > ${step.frame.ethernet.destination}, ` : ''
  return `${ethernet}${packetLine(step.packet)}`
}

/** Addresses and TTL: what changes on the way. Of a VXLAN packet, what is inside too. */
function shortText(packet: Packet): string {
  const inner = packet.transport.kind === 'udp' ? packet.transport.vxlan?.frame.packet : undefined
  return `${endpointsOf(packet)} ttl ${packet.ip.ttl}${inner ? ` [${shortText(inner)}]` : ''}`
}

function detailLines(step: Step, words: Words): string[] {
  switch (step.kind) {
    case 'chain':
      return step.rules.flatMap((rule) => ruleLines(rule, words))
    case 'ipvs':
      return ipvsLines(step).map((line) => detail(words.paint('dim', line)))
    case 'route':
      return routeLines(step).map((line) => detail(words.paint('dim', line)))
    case 'conntrack':
      return step.entry ? [detail(words.paint('dim', entryText(step.entry)))] : []
    case 'neighbour':
    case 'encapsulate':
      return step.origin ? [detail(words.paint('dim', originText(step.origin)))] : []
    default:
      return []
  }
}

/** Where the scheduler could choose, as `ipvsadm -Ln` lists real servers. */
function ipvsLines({ candidates = [], realServer, state, origin }: Extract<Step, { kind: 'ipvs' }>): string[] {
  const servers = candidates.map(
    (one) =>
      `${one.realServer === realServer ? '→' : '✗'} ${one.realServer}  weight ${one.weight}  active ${one.active}  inactive ${one.inactive}`,
  )
  return [...servers, ...(state === undefined ? [] : [`connection ${state}`]), ...(origin ? [originText(origin)] : [])]
}

const detail = (text: string): string => `${' '.repeat(TAG + 6)}${text}`

function ruleLines(step: RuleStep, words: Words): string[] {
  const indent = '  '.repeat(step.depth)
  const text = step.rule ?? (step.policy ? `${step.chain} policy` : `${step.chain} end`)
  const mark = step.mark ? `  mark 0x${step.mark.toString(16)}` : ''
  const chance = step.probability === undefined || step.probability === 1 ? '' : `  p=${Number(step.probability.toFixed(4))}`
  const origin = step.origin?.object ? `  ${originText(step.origin)}` : ''
  return [
    ...nearMiss(step).map((line) => detail(words.paint('dim', `${indent}${line}`))),
    detail(
      `${indent}${words.paint(step.rule === undefined ? 'dim' : 'match', text)}  ${words.paint(step.verdict === 'DROP' ? 'bad' : 'good', `⇒ ${step.verdict}`)}${words.paint('dim', `${mark}${chance}${origin}`)}`,
    ),
  ]
}

/** The rule just before that did not match, what of it failed, and how many more there were. */
function nearMiss({ considered = [], skipped = 0 }: RuleStep): string[] {
  const near = considered.at(-1)
  if (!near) return []
  const more = considered.length - 1 + skipped
  return [...(more > 0 ? [`✗ … ${more} more`] : []), `✗ ${near.rule}`, `    ${near.failed} ≠ ${near.actual}`]
}

const originText = ({ agent, object, field }: Origin): string =>
  `# ${[agent, object, field].filter((part) => part !== undefined).join(' ')}`

const TABLE_NAMES: ReadonlyMap<number, string> = new Map([
  [TABLE_LOCAL, 'local'],
  [TABLE_MAIN, 'main'],
  [TABLE_DEFAULT, 'default'],
])

/** The route taken, and those that lost to it. */
function routeLines({ route, table, rejected }: RouteStep): string[] {
  const from = table === undefined ? '' : `  table ${TABLE_NAMES.get(table) ?? table}`
  const losers = rejected.filter(({ why }) => why !== 'no-match').map(({ route: other, why }) => `✗ ${routeText(other)} (${why})`)
  return [...(route ? [`${routeText(route)}${from}  ${originText(route.origin)}`] : []), ...losers]
}

/** As `ip route` prints it. */
function routeText(route: NonNullable<RouteStep['route']>): string {
  const { destination } = route
  return [
    route.type === 'unicast' ? '' : route.type,
    destination.length === 0 ? 'default' : destination.length === 32 ? destination.ip : printCidr(destination),
    route.via ? `via ${route.via}` : '',
    route.dev ? `dev ${route.dev}` : '',
    route.scope === 'global' ? '' : `scope ${route.scope}`,
    route.preferredSource ? `src ${route.preferredSource}` : '',
    route.onlink ? 'onlink' : '',
    route.metric > 0 ? `metric ${route.metric}` : '',
  ]
    .filter(Boolean)
    .join(' ')
}

/** As `conntrack -L` prints it, without the timer. */
function entryText(entry: ConntrackEntry): string {
  return [
    entry.original.protocol,
    entry.state ?? '',
    tupleText(entry.original),
    entry.seenReply ? '' : '[UNREPLIED]',
    tupleText(entry.reply),
    entry.assured ? '[ASSURED]' : '',
    entry.mark ? `mark=${entry.mark}` : '',
  ]
    .filter(Boolean)
    .join(' ')
}

function tupleText(tuple: Tuple): string {
  const addresses = `src=${tuple.source} dst=${tuple.destination}`
  if (!isIcmp(tuple.protocol)) return `${addresses} sport=${tuple.sourcePort} dport=${tuple.destinationPort}`
  return `${addresses} type=${tuple.destinationPort >> 8} code=${tuple.destinationPort & 255} id=${tuple.sourcePort}`
}
