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
  | 'nobody-listens'
  | 'rejects'
  | 'drops'

export function storyOf(hop: Hop): readonly Clause[] {
  return hop.steps.flatMap((step, index) => clauseOf(step, hop, index))
}

function clauseOf(step: Step, hop: Hop, index: number): readonly Clause[] {
  switch (step.kind) {
    case 'send':
      return [{ key: step.by === 'socket' ? 'sends' : 'answers', params: { packet: endpointsOf(step.packet), dev: hop.out ?? '' } }]
    case 'nat':
      return [natClause(step, hop, index)]
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
      return [
        {
          key: step.owner === undefined ? 'nobody-listens' : 'listens',
          params: { owner: step.owner ?? '', protocol: step.protocol, port: step.port, ip: step.ip },
        },
      ]
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

function natClause(step: Extract<Step, { kind: 'nat' }>, hop: Hop, index: number): Clause {
  const destination = step.manip === 'destination'
  const address = (tuple: typeof step.from) => {
    const [ip, port] = destination ? [tuple.destination, tuple.destinationPort] : [tuple.source, tuple.sourcePort]
    return tuple.protocol === 'icmp' ? ip : `${ip}:${port}`
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
