/** Upstream blocks and a canary's choice in nginx' own language: maps for header and cookie, `split_clients` for the weight. */
import type { ConfigText } from '../ingress/config-text.ts'
import { hostPort, quoted } from './directives.ts'
import type { Model, Upstream } from './model.ts'

export interface Canaries {
  /** The variable that holds the upstream's name, per primary upstream. */
  readonly variableOf: ReadonlyMap<string, string>
  readonly pairs: readonly { readonly primary: Upstream; readonly canary: Upstream; readonly index: number }[]
}

/** Only the first alternative of an upstream is ever used; one without endpoints is none. */
export function canariesOf({ upstreams }: Model): Canaries {
  const pairs = [...upstreams.values()]
    .flatMap((primary) => {
      const canary = upstreams.get(primary.alternatives[0] ?? '')
      return canary?.canary && canary.endpoints.length > 0 && primary.endpoints.length > 0 ? [{ primary, canary }] : []
    })
    .map((pair, index) => ({ ...pair, index }))
  return { pairs, variableOf: new Map(pairs.map(({ primary, index }) => [primary.name, `$upstream_${index}`])) }
}

export function upstreamBlocks(out: ConfigText, { upstreams }: Model, { pairs }: Canaries): void {
  for (const upstream of upstreams.values()) {
    if (upstream.endpoints.length === 0) continue
    out.place(`upstream ${upstream.name}`).block(`upstream ${upstream.name} {`, () => {
      if (upstream.affinity) out.line(`hash $cookie_${upstream.affinity.cookie} consistent;`)
      else if (upstream.hashBy) out.line(`hash ${quoted(upstream.hashBy)} consistent;`)
      else if (upstream.algorithm === 'ewma') out.line('least_conn;')
      out.lines(upstream.endpoints.map((endpoint) => `server ${hostPort(endpoint)} max_fails=0;`))
      out.line('keepalive 320;')
    })
  }
  for (const { primary, canary, index } of pairs) maps(out, primary, canary, index)
}

/** Outermost the header, then the cookie, then the lot. */
function maps(out: ConfigText, primary: Upstream, { name, canary }: Upstream, index: number): void {
  if (!canary) return
  const total = Math.max(canary.weightTotal, 100)
  const share = ((Math.min(canary.weight, total) / total) * 100).toFixed(2)
  out.block(`split_clients "$request_id" $lot_${index} {`, () => {
    if (canary.weight > 0) out.line(`${share}% ${name};`)
    if (canary.weight < total) out.line(`* ${primary.name};`)
  })
  const always = (rest: string): readonly string[] => [`always ${name};`, `never ${primary.name};`, `default ${rest};`]
  const byCookie = canary.cookie ? `$by_cookie_${index}` : `$lot_${index}`
  if (canary.cookie) out.block(`map $cookie_${canary.cookie} ${byCookie} {`, () => out.lines(always(`$lot_${index}`)))
  if (!canary.header) {
    out.block(`map "" $upstream_${index} {`, () => out.line(`default ${byCookie};`))
    return
  }
  const variable = `$http_${canary.header.toLowerCase().replaceAll('-', '_')}`
  out.block(`map ${variable} $upstream_${index} {`, () => {
    if (canary.headerValue) out.lines([`${quoted(canary.headerValue)} ${name};`, `default ${byCookie};`])
    else if (canary.headerPattern) out.lines([`${quoted(`~${canary.headerPattern}`)} ${name};`, `default ${byCookie};`])
    else out.lines(always(byCookie))
  })
}
