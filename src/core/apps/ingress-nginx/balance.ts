/**
 * The Lua balancer (rootfs/etc/nginx/lua/balancer.lua and balancer/*.lua): which upstream, primary or canary, and which endpoint of it. Approximate: one worker process stands for all, each of which
 * has a counter of its own; endpoints are in the order of their slices, where Lua has that of a hash table; latencies are not measured, so ewma draws; and consistent hashing is another function.
 */
import { hash } from '../../base/choose.ts'
import { cookiesOf, headerOf, type HttpRequest, queryOf } from '../http.ts'
import type { Balance, Moment, Remember } from '../program.ts'
import { hostPort } from './directives.ts'
import type { Canary } from './annotations.ts'
import type { Model, Upstream } from './model.ts'

export interface Picked {
  readonly upstream: Upstream
  readonly index: number
  readonly balance: Balance
  readonly remember: Remember
  /** The value of the affinity cookie, where a new one is given. */
  readonly cookie?: string
}

const PROGRAM = 'ingress-nginx'

/** `failed`: endpoints that were tried for this request. Undefined: nobody is there (503). */
export function pick(
  model: Model,
  primary: Upstream,
  request: HttpRequest,
  remote: string,
  moment: Moment,
  failed: readonly string[],
): Picked | undefined {
  if (primary.endpoints.length === 0) return undefined
  const canary = model.upstreams.get(primary.alternatives[0] ?? '')
  const upstream = canary && canary.endpoints.length > 0 && toCanary(primary, canary, request, moment, failed) ? canary : primary
  return pickEndpoint(upstream, request, remote, moment, failed)
}

/** route_to_alternative_balancer. What was decided for a request stays for its further tries. */
function toCanary(primary: Upstream, canary: Upstream, request: HttpRequest, moment: Moment, failed: readonly string[]): boolean {
  if (failed.length > 0) return canary.endpoints.some((each) => failed.includes(hostPort(each)))
  if (belongsTo(primary, request)) return false
  if (belongsTo(canary, request)) return true
  const { canary: policy } = canary
  if (!policy) return false
  return byHeaderOrCookie(policy, request) ?? byWeight(policy, primary, canary, moment)
}

function byHeaderOrCookie(policy: Canary, request: HttpRequest): boolean | undefined {
  const header = policy.header ? headerOf(request.headers, policy.header) : undefined
  if (header !== undefined) {
    if (policy.headerValue) {
      if (header === policy.headerValue) return true
    } else if (policy.headerPattern) {
      const found = matches(policy.headerPattern, header)
      if (found !== false) return found ?? false
    } else if (header === 'always' || header === 'never') return header === 'always'
  }
  const cookie = policy.cookie ? cookiesOf(request).get(policy.cookie) : undefined
  return cookie === 'always' || cookie === 'never' ? cookie === 'always' : undefined
}

/** An expression that cannot be compiled decides against the canary, whatever cookie and weight say. */
function matches(pattern: string, text: string): boolean | undefined {
  try {
    return new RegExp(pattern).test(text)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

function byWeight(policy: Canary, primary: Upstream, canary: Upstream, { choose }: Moment): boolean {
  const share = Math.min(1, policy.weight / Math.max(100, policy.weightTotal))
  if (share <= 0 || share >= 1) return share >= 1
  const why = { kind: 'upstream', program: PROGRAM, upstream: primary.name, endpoints: [primary.name, canary.name] } as const
  return choose({ kind: 'branch', weights: [1 - share, share], why }) === 1
}

const backendKey = ({ name }: Upstream): string => [1, 2, 3, 4].map((seed) => hash(name, seed).toString(16).padStart(8, '0')).join('')

/** Key and backend of an affinity cookie. */
function cookieOf({ affinity }: Upstream, request: HttpRequest): readonly string[] {
  const value = affinity && cookiesOf(request).get(affinity.cookie)
  return value ? value.split('|') : []
}

const belongsTo = (upstream: Upstream, request: HttpRequest): boolean =>
  upstream.affinity !== undefined && cookieOf(upstream, request)[1] === backendKey(upstream)

function pickEndpoint(upstream: Upstream, request: HttpRequest, remote: string, moment: Moment, failed: readonly string[]): Picked {
  if (upstream.affinity) return sticky(upstream, request, moment, failed)
  if (upstream.hashBy) {
    const value = variables(upstream.hashBy, request, remote)
    return picked(upstream, nodeOf(upstream, value), 'chash', [], value)
  }
  if (upstream.algorithm === 'ewma') return picked(upstream, draw(upstream, moment, []), 'ewma', [])
  return roundRobin(upstream, moment)
}

const addresses = ({ endpoints }: Upstream): readonly string[] => endpoints.map(hostPort)

/** resty.roundrobin: starts anywhere, then one after the other; anew when the endpoints have changed. */
function roundRobin(upstream: Upstream, moment: Moment): Picked {
  const key = `round_robin ${upstream.name}`
  const nodes = addresses(upstream).join(' ')
  const [before, count] = String(moment.memory.get(key) ?? '').split('#')
  const index = before === nodes ? (Number(count) + 1) % upstream.endpoints.length : draw(upstream, moment, [])
  return picked(upstream, index, 'round_robin', [[key, `${nodes}#${index}`]])
}

function draw(upstream: Upstream, { choose }: Moment, failed: readonly string[]): number {
  const nodes = addresses(upstream)
  const usable = nodes.flatMap((node, index) => (failed.includes(node) ? [] : [index]))
  const from = usable.length > 0 ? usable : nodes.map((_, index) => index)
  if (from.length === 1) return from[0] ?? 0
  const why = { kind: 'upstream', program: PROGRAM, upstream: upstream.name, endpoints: from.map((index) => nodes[index] ?? '') } as const
  return from[choose({ kind: 'branch', weights: from.map(() => 1 / from.length), why })] ?? 0
}

/** The node of a key: the highest hash of key and node, which moves as few keys as a ring does when nodes come and go. */
function nodeOf(upstream: Upstream, key: string): number {
  let [best, index] = [-1, 0]
  addresses(upstream).forEach((node, i) => {
    const weight = hash(`${key} ${node}`)
    if (weight > best) [best, index] = [weight, i]
  })
  return index
}

/** sticky.lua: `balanced` hashes the cookie's key over the nodes there are, `persistent` names one node. */
function sticky(upstream: Upstream, request: HttpRequest, moment: Moment, failed: readonly string[]): Picked {
  const { affinity } = upstream
  const persistent = affinity?.mode === 'persistent'
  const algorithm = persistent ? 'sticky_persistent' : 'sticky_balanced'
  const [key] = cookieOf(upstream, request)
  const keys = addresses(upstream).map((node) =>
    hash(node + upstream.name)
      .toString(16)
      .padStart(8, '0'),
  )
  const found = key === undefined ? -1 : persistent ? keys.indexOf(key) : nodeOf(upstream, key)
  if (found >= 0 && !(failed.length > 0 && affinity?.changeOnFailure)) return picked(upstream, found, algorithm, [], 'cookie')
  const index = draw(upstream, moment, failed)
  const own = persistent ? (keys[index] ?? '') : keyFor(upstream, index, moment.now)
  return { ...picked(upstream, index, algorithm, []), cookie: `${own}|${backendKey(upstream)}` }
}

/** A key that hashes to the node that was drawn: time, worker and a number. */
function keyFor(upstream: Upstream, index: number, now: number): string {
  for (let n = 0; n < 100_000; n++) {
    const key = `${now.toFixed(3)}.31.${n}`
    if (nodeOf(upstream, key) === index) return key
  }
  return `${now.toFixed(3)}.31.0`
}

function picked(upstream: Upstream, chosen: number, algorithm: string, remember: Remember, why?: string): Picked {
  const endpoints = upstream.endpoints.map((each) => ({ address: hostPort(each), ...(each.object && { object: each.object }) }))
  const balance: Balance = { algorithm, upstream: upstream.name, endpoints, chosen, ...(why !== undefined && { why }) }
  return { upstream, index: chosen, balance, remember }
}

/** Variables of nginx in upstream-hash-by, as far as a request has them. */
function variables(text: string, request: HttpRequest, remote: string): string {
  return text.replace(/\$\{?(\w+)\}?/g, (_, name: string) => {
    if (name === 'request_uri' || name === 'uri') return request.target
    if (name === 'remote_addr' || name === 'binary_remote_addr') return remote
    if (name === 'host' || name === 'http_host') return headerOf(request.headers, 'Host') ?? ''
    if (name.startsWith('http_')) return headerOf(request.headers, name.slice(5).replaceAll('_', '-')) ?? ''
    if (name.startsWith('cookie_')) return cookiesOf(request).get(name.slice(7)) ?? ''
    if (name.startsWith('arg_'))
      return (
        new Map((queryOf(request) ?? '').split('&').map((pair) => [pair.split('=')[0], pair.split('=')[1] ?? ''])).get(name.slice(4)) ?? ''
      )
    return ''
  })
}
