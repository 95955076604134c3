import { isIcmp } from '../net/packet.ts'
import { joinHostPort } from '../net/ip.ts'
import { endpointsOf } from '../net/tcpdump.ts'
import type { Origin } from '../kernel/origin.ts'
import type { Step } from '../kernel/step.ts'
import type { Hop } from './trace.ts'

/**
 * What one namespace did to a packet, in clauses that make one sentence together: what it was changed into, and where it went. Keys and parameters
 * like those of explain.ts; the words are the view's.
 */
export interface Clause {
  readonly key: ClauseKey
  readonly params: Readonly<Record<string, string | number>>
}

export type ClauseKey =
  | 'sends'
  | 'answers'
  | 'decapsulates'
  | 'translates'
  | 'translates-back'
  | 'masquerades'
  | 'restores-source'
  | 'bridges'
  | 'floods'
  | 'routes-via'
  | 'routes'
  | 'encapsulates'
  | 'fragments'
  | 'listens'
  | 'receives'
  | 'nobody-listens'
  | 'balances'
  | 'answers-as-service'
  | 'has-no-server'
  | 'rejects'
  | 'drops'

/** `delivered`: whether the packet's way ended here as it should, so that a socket without a listener's name is the client's own. */
export function storyOf(hop: Hop, delivered: boolean): readonly Clause[] {
  const clauses = hop.steps.flatMap((step, index) => clauseOf(step, hop, index, delivered))
  return clauses.filter((clause) => !isSwitchedAfterRouting(clause, clauses))
}

/** What is routed into a bridge is switched there: told once. */
function isSwitchedAfterRouting({ key, params }: Clause, clauses: readonly Clause[]): boolean {
  return (
    key === 'bridges' &&
    clauses.some((other) => (other.key === 'routes' || other.key === 'routes-via') && other.params['dev'] === params['bridge'])
  )
}

function clauseOf(step: Step, hop: Hop, index: number, delivered: boolean): readonly Clause[] {
  switch (step.kind) {
    case 'send':
      return [{ key: step.by === 'socket' ? 'sends' : 'answers', params: { packet: endpointsOf(step.packet), dev: hop.out ?? '' } }]
    case 'nat':
      return [natClause(step, hop, index)]
    case 'ipvs':
      return [ipvsClause(step)]
    case 'bridge':
      if (step.action !== 'forward' && step.action !== 'flood') return []
      return [{ key: step.action === 'flood' ? 'floods' : 'bridges', params: { bridge: step.bridge, port: step.ports.join(', ') } }]
    case 'forward':
      return [routeClause(hop, index)]
    case 'encapsulate':
      return [{ key: 'encapsulates', params: { vni: step.vni, remote: step.remote } }]
    case 'decapsulate':
      return [{ key: 'decapsulates', params: { vni: step.vni, dev: step.dev } }]
    case 'fragment':
      return [{ key: 'fragments', params: { mtu: step.mtu, fragments: step.fragments } }]
    case 'socket':
      return [socketClause(step, delivered)]
    case 'reject':
      return [{ key: 'rejects', params: { with: step.with, to: step.reply.ip.destination } }]
    case 'drop':
      return [{ key: 'drops', params: { reason: step.reason, detail: step.detail ?? '' } }]
    case 'receive':
    case 'transmit':
    case 'defragment':
    case 'conntrack':
    case 'confirm':
    case 'chain':
    case 'route':
    case 'neighbour':
      return []
  }
}

function ipvsClause({ action, virtualServer, realServer, scheduler, origin }: Extract<Step, { kind: 'ipvs' }>): Clause {
  const key = action === 'request' ? 'balances' : action === 'nobody' || action === 'gone' ? 'has-no-server' : 'answers-as-service'
  const because = { agent: origin?.agent ?? '', object: origin?.object ?? '' }
  return { key, params: { virtualServer, realServer: realServer ?? '', scheduler: scheduler ?? '', ...because } }
}

function socketClause(step: Extract<Step, { kind: 'socket' }>, delivered: boolean): Clause {
  const params = { owner: step.owner ?? '', protocol: step.protocol, port: step.port, ip: step.ip }
  return { key: step.owner !== undefined ? 'listens' : delivered ? 'receives' : 'nobody-listens', params }
}

function natClause(step: Extract<Step, { kind: 'nat' }>, hop: Hop, index: number): Clause {
  const destination = step.manip === 'destination'
  const address = (tuple: typeof step.from) => {
    const [ip, port] = destination ? [tuple.destination, tuple.destinationPort] : [tuple.source, tuple.sourcePort]
    return isIcmp(tuple.protocol) ? ip : joinHostPort(ip, port)
  }
  const because = step.by === 'rule' ? ruleOrigin(hop, index) : undefined
  const key = step.by === 'rule' ? (destination ? 'translates' : 'masquerades') : destination ? 'translates-back' : 'restores-source'
  return { key, params: { from: address(step.from), to: address(step.to), agent: because?.agent ?? '', object: because?.object ?? '' } }
}

/** Who wrote the last rule that matched in the chain run before this step: the one that set the mapping up. */
function ruleOrigin(hop: Hop, index: number): Origin | undefined {
  for (let i = index - 1; i >= 0; i--) {
    const step = hop.steps[i]
    if (step?.kind === 'chain') return step.rules.findLast((rule) => rule.origin)?.origin
  }
  return undefined
}

/** Forwarding is told with the route that it follows: the last one looked up before it. */
function routeClause(hop: Hop, index: number): Clause {
  const looked = hop.steps.slice(0, index).findLast((step) => step.kind === 'route')
  const route = looked?.kind === 'route' ? looked.route : undefined
  const dev = route?.dev ?? hop.out ?? ''
  return route?.via === undefined ? { key: 'routes', params: { dev } } : { key: 'routes-via', params: { dev, via: route.via } }
}
