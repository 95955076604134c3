import { isIcmp } from '../../core/net/packet.ts'
import { joinHostPort } from '../../core/net/ip.ts'
import { unreachable } from '../../core/base/assert.ts'
import type { Tuple } from '../../core/net/packet.ts'
import type { RouteStep, Step } from '../../core/kernel/step.ts'

export type BoxKind = 'socket' | 'device' | 'tunnel' | 'hook' | 'route'

/** What of a machine a step happens in. */
export interface Part {
  readonly kind: BoxKind
  readonly name: string
}

/** Undefined for steps that belong to whatever went before them. */
export function partOf(step: Step): Part | undefined {
  switch (step.kind) {
    case 'send':
    case 'socket':
      return { kind: 'socket', name: '' }
    case 'receive':
    case 'transmit':
    case 'neighbour':
      return { kind: 'device', name: step.dev }
    case 'bridge':
      return { kind: 'device', name: step.bridge }
    case 'encapsulate':
    case 'decapsulate':
      return { kind: 'tunnel', name: step.dev }
    case 'conntrack':
    case 'chain':
    case 'nat':
    case 'ipvs':
      return { kind: 'hook', name: step.hook }
    case 'forward':
      return { kind: 'hook', name: 'FORWARD' }
    case 'route':
      return { kind: 'route', name: '' }
    case 'confirm':
    case 'defragment':
    case 'fragment':
    case 'reject':
    case 'drop':
      return undefined
    default:
      return unreachable(step)
  }
}

/** In addresses and names only: nothing here needs a language. Short lines, for a lane is narrow. */
export function notesOf(step: Step): readonly string[] {
  switch (step.kind) {
    case 'nat':
      return natNotes(step)
    case 'ipvs':
      return step.realServer === undefined ? [] : [step.action === 'request' ? `→ ${step.realServer}` : step.virtualServer]
    case 'route':
      return routeNotes(step)
    case 'forward':
      return [`TTL ${step.ttl.from} → ${step.ttl.to}`]
    case 'encapsulate':
      return [`VXLAN ${step.vni} → ${step.remote}`]
    case 'decapsulate':
      return [`VXLAN ${step.vni}`]
    case 'bridge':
      return step.action === 'forward' || step.action === 'flood' ? [`→ ${step.ports.join(', ')}`] : []
    case 'chain':
      return step.rules.length > 0 || step.verdict === 'DROP' ? [`${step.table}: ${step.verdict}`] : []
    case 'conntrack':
      return [step.state]
    case 'neighbour':
      return [step.ip, step.mac ?? '–']
    case 'socket':
      return step.owner === undefined ? [] : [step.owner]
    case 'reject':
      return [step.with]
    case 'fragment':
      return [`MTU ${step.mtu}`]
    default:
      return []
  }
}

/** By a rule it is SNAT or DNAT; what conntrack undoes for a reply is neither. */
function natNotes({ manip, from, to, by }: Extract<Step, { kind: 'nat' }>): readonly string[] {
  const what = by === 'rule' ? (manip === 'destination' ? 'DNAT ' : 'SNAT ') : ''
  return [`${what}${end(from, manip)}`, `→ ${end(to, manip)}`]
}

const end = (tuple: Tuple, side: 'source' | 'destination'): string => {
  const [ip, port] = side === 'destination' ? [tuple.destination, tuple.destinationPort] : [tuple.source, tuple.sourcePort]
  return isIcmp(tuple.protocol) ? ip : joinHostPort(ip, port)
}

function routeNotes({ route, result }: RouteStep): readonly string[] {
  if (!route) return [result]
  const { ip, length } = route.destination
  const prefix = length === 0 ? 'default' : length === 32 ? ip : `${ip}/${length}`
  const way = [route.via === undefined ? '' : `via ${route.via}`, route.dev === undefined ? '' : `dev ${route.dev}`]
  return [prefix, way.filter((part) => part !== '').join(' ')].filter((note) => note !== '')
}

export function toneOf(steps: readonly Step[]): 'plain' | 'translated' | 'encapsulated' | 'bad' {
  if (steps.some((step) => step.kind === 'drop' || step.kind === 'reject')) return 'bad'
  if (steps.some((step) => step.kind === 'nat' || step.kind === 'ipvs')) return 'translated'
  return steps.some((step) => step.kind === 'encapsulate' || step.kind === 'decapsulate') ? 'encapsulated' : 'plain'
}
