/** limit_req of nginx (ngx_http_limit_req_module.c): a bucket per client that leaks at the rate allowed; what would make it overflow is refused. Counted in thousandths of a request. */
import type { Ip } from '../../net/ip.ts'
import { isWithin } from '../ingress/source-range.ts'
import type { Moment, Remember } from '../program.ts'
import type { Limits } from './annotations.ts'
import type { Location } from './model.ts'

export interface Zone {
  readonly name: string
  /** Thousandths of a request per second. */
  readonly rate: number
  readonly text: string
  readonly burst: number
}

/** The zones of a location: per second first. They are the Ingress', so all of its paths share them. */
export function zonesOf({ annotations: { limits }, ingress }: Pick<Location, 'annotations' | 'ingress'>): readonly Zone[] {
  if (!limits || !ingress) return []
  const { namespace = '', name, uid = '' } = ingress.metadata
  const zone = (unit: 'rps' | 'rpm', limit: number, scale: number): readonly Zone[] =>
    limit > 0
      ? [
          {
            name: `${namespace}_${name}_${uid}_${unit}`,
            rate: Math.floor((limit * 1000) / scale),
            text: `${limit}r/${unit === 'rps' ? 's' : 'm'}`,
            burst: limit * limits.burst,
          },
        ]
      : []
  return [...zone('rps', limits.perSecond, 1), ...zone('rpm', limits.perMinute, 60)]
}

export type Limited =
  | { readonly kind: 'passes'; readonly remember: Remember }
  | { readonly kind: 'refused'; readonly zone: string; readonly excess: number }

/** Nothing is counted where one of the zones refuses. */
export function limit(zones: readonly Zone[], limits: Limits | undefined, remote: Ip, { now, memory }: Moment): Limited {
  const remember: (readonly [string, string])[] = []
  if (limits && isWithin(remote, limits.except)) return { kind: 'passes', remember }
  const at = Math.round(now * 1000)
  for (const { name, rate, burst } of zones) {
    const key = `limit_req ${name} ${remote}`
    const [before, last] = String(memory.get(key) ?? '').split(' ')
    const elapsed = Math.max(0, at - Number(last ?? at))
    const excess = before ? Math.max(0, Number(before) - Math.floor((rate * elapsed) / 1000) + 1000) : 0
    if (excess > burst * 1000) return { kind: 'refused', zone: name, excess }
    remember.push([key, `${excess} ${elapsed > 0 || !last ? at : last}`])
  }
  return { kind: 'passes', remember }
}
