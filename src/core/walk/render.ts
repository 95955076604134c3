import { unreachable } from '../base/assert.ts'
import { printCidr } from '../net/cidr.ts'
import { packetLine, transportText } from '../net/tcpdump.ts'
import type { Tuple } from '../net/packet.ts'
import type { NetnsId } from '../kernel/interface.ts'
import type { ConntrackEntry } from '../kernel/netfilter/conntrack-entry.ts'
import type { Origin } from '../kernel/origin.ts'
import type { RouteStep, RuleStep, Step } from '../kernel/step.ts'
import { type Explanation, explain, explainEnd } from './explain.ts'
import { type Level, isToldAt } from './level.ts'
import { type Clause, storyOf } from './story.ts'
import type { Disposition, Hop, PacketTrace } from './trace.ts'

/** The words and colours of a rendering: the text's shape is the core's, its language and ink the view's. */
export interface Words {
  readonly explain: (explanation: Explanation) => string
  /** One sentence out of the clauses of a hop. */
  readonly story: (clauses: readonly Clause[]) => string
  /** How a namespace is called: `pod default/web-1` for `p-default-web-1`. */
  readonly place: (netns: NetnsId) => string
  readonly paint: (ink: Ink, text: string) => string
}

export type Ink = 'title' | 'place' | 'dim' | 'good' | 'bad' | 'change' | 'match'

/** Width of the column that says what kind of step a line is. */
const TAG = 14

/** One packet's way as lines of text, in the manner of ovn-trace: a heading, then namespace by namespace. */
export function renderTrace(trace: PacketTrace, level: Level, words: Words): string[] {
  const heading = words.paint('title', packetLine(trace.sent))
  const lines =
    level === 'story' ? storyLines(trace, words) : trace.hops.flatMap((hop, index) => ['', ...hopLines(hop, index, level, words)])
  return [heading, ...lines, ...(level === 'story' ? [] : ['']), endLine(trace.disposition, words)]
}

function endLine(end: Disposition, words: Words): string {
  return words.paint(end.kind === 'delivered' ? 'good' : 'bad', `${end.kind === 'delivered' ? '✓' : '✗'} ${words.explain(explainEnd(end))}`)
}

function storyLines(trace: PacketTrace, words: Words): string[] {
  const rows = trace.hops.map((hop) => [words.place(hop.netns), words.story(storyOf(hop))] as const)
  const width = Math.max(0, ...rows.map(([place]) => place.length))
  return rows.map(
    ([place, sentence], index) =>
      `  ${words.paint('dim', String(index + 1).padStart(2))}  ${words.paint('place', place.padEnd(width))}  ${sentence}`,
  )
}

function hopLines(hop: Hop, index: number, level: Level, words: Words): string[] {
  const ways = [hop.in === undefined ? '' : `in ${hop.in}`, hop.out === undefined ? '' : `out ${hop.out}`].filter(Boolean).join('  ')
  const heading = `${words.paint('dim', String(index + 1).padStart(2))}  ${words.paint('place', words.place(hop.netns))}  ${words.paint('dim', ways)}`
  return [heading.trimEnd(), ...hop.steps.filter((step) => isToldAt(step, level)).flatMap((step) => stepLines(step, level, words))]
}

function stepLines(step: Step, level: Level, words: Words): string[] {
  const line = `    ${words.paint('dim', tagOf(step).padEnd(TAG))} ${mainText(step, words)}`
  return level === 'kernel' ? [line, ...detailLines(step, words)] : [line]
}

/** The subsystem that acted, as an engineer would look for it. */
function tagOf(step: Step): string {
  switch (step.kind) {
    case 'receive':
      return '→ in'
    case 'transmit':
      return 'out →'
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

function mainText(step: Step, words: Words): string {
  const sentence = words.explain(explain(step))
  switch (step.kind) {
    case 'receive':
    case 'transmit':
      return `${step.dev}  ${words.paint('dim', wireText(step))}`
    case 'send':
      return `${sentence} ${words.paint('dim', transportText(step.packet.transport))}`
    case 'nat':
      return words.paint('change', sentence)
    case 'chain':
      return step.verdict === 'DROP' ? words.paint('bad', sentence) : sentence
    case 'drop':
    case 'reject':
      return words.paint('bad', sentence)
    case 'neighbour':
      return step.how === 'failed' ? words.paint('bad', sentence) : sentence
    case 'bridge':
      return step.action === 'drop' ? words.paint('bad', sentence) : sentence
    case 'socket':
      return words.paint(step.owner === undefined ? 'bad' : 'good', sentence)
    case 'defragment':
    case 'fragment':
    case 'conntrack':
    case 'confirm':
    case 'route':
    case 'forward':
    case 'encapsulate':
    case 'decapsulate':
      return sentence
    default:
      return unreachable(step)
  }
}

/** What tcpdump -e would show at a device. */
function wireText(step: Extract<Step, { kind: 'receive' | 'transmit' }>): string {
  const ethernet = step.frame ? `${step.frame.ethernet.source} > ${step.frame.ethernet.destination}  ` : ''
  return `${ethernet}${packetLine(step.packet)}`
}

function detailLines(step: Step, words: Words): string[] {
  switch (step.kind) {
    case 'chain':
      return step.rules.flatMap((rule) => ruleLines(rule, words))
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

const detail = (text: string): string => `${' '.repeat(TAG + 5)}${text}`

function ruleLines(step: RuleStep, words: Words): string[] {
  const indent = '  '.repeat(step.depth)
  const mark = step.mark ? `  mark 0x${step.mark.toString(16)}` : ''
  const chance = step.probability === undefined || step.probability === 1 ? '' : `  p=${Number(step.probability.toFixed(4))}`
  const text = step.rule ?? (step.policy ? `${step.chain} policy` : `${step.chain} ends`)
  const verdict = words.paint(step.verdict === 'DROP' ? 'bad' : 'match', `⇒ ${step.verdict}`)
  const missed = (step.considered?.length ?? 0) + (step.skipped ?? 0)
  return [
    ...(missed > 0 ? [detail(words.paint('dim', `${indent}${missed} × no match`))] : []),
    ...(step.considered ?? [])
      .slice(-1)
      .map((near) => detail(words.paint('dim', `${indent}  last: ${near.rule}  (${near.failed}: ${near.actual})`))),
    detail(
      `${indent}${words.paint(step.rule === undefined ? 'dim' : 'match', text)}  ${verdict}${words.paint('dim', `${mark}${chance}${step.origin?.object ? `  ${originText(step.origin)}` : ''}`)}`,
    ),
  ]
}

const originText = ({ agent, object, field }: Origin): string =>
  `# ${[agent, object, field].filter((part) => part !== undefined).join(' ')}`

function routeLines(step: RouteStep): string[] {
  const { route } = step
  const chosen = route && `${routeText(route)}${step.table === undefined ? '' : ` table ${step.table}`}  ${originText(route.origin)}`
  return [
    ...(chosen ? [chosen] : []),
    ...step.rejected.filter(({ why }) => why !== 'no-match').map(({ route: other, why }) => `not ${routeText(other)} (${why})`),
  ]
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
  if (tuple.protocol !== 'icmp') return `${addresses} sport=${tuple.sourcePort} dport=${tuple.destinationPort}`
  return `${addresses} type=${tuple.destinationPort >> 8} code=${tuple.destinationPort & 255} id=${tuple.sourcePort}`
}
