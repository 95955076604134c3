/**
 * Weighted round robin by earliest deadline (pkg/server/service/loadbalancer/wrr, v3) and the cookie that keeps a client where it was. Approximate: servers are in the order of the configuration,
 * where Traefik shuffles them once; between equal deadlines the first in that order goes.
 */
import { sha256Hex } from '../../base/sha256.ts'
import type { StickyConfig } from '../../api/traefik.ts'
import { cookiesOf, type Header, type HttpRequest } from '../http.ts'
import type { Moment, Remember } from '../program.ts'

export interface Candidate {
  readonly name: string
  readonly weight: number
  readonly fenced?: boolean
}

export interface Picked {
  readonly index: number
  readonly remember: Remember
  readonly cookie?: Header
  readonly why?: string
}

/** Undefined: nobody is there. */
export function pick(
  key: string,
  candidates: readonly Candidate[],
  sticky: StickyConfig | undefined,
  request: HttpRequest,
  { memory }: Pick<Moment, 'memory'>,
): Picked | undefined {
  const usable = candidates.filter(({ weight }) => weight > 0)
  const cookie = sticky?.cookie
  const name = cookie && (cookie.name ?? `_${sha256Hex(key, 5)}`)
  if (name !== undefined) {
    const value = cookiesOf(request).get(name)
    const stuck = candidates.findIndex((each) => each.weight > 0 && (hashOf(each.name) === value || each.name === value))
    if (stuck >= 0) return { index: stuck, remember: [], why: 'cookie' }
  }
  if (usable.every(({ fenced }) => fenced)) return undefined
  const state = stateOf(String(memory.get(key) ?? ''), usable)
  for (;;) {
    const at = state.deadlines.indexOf(Math.min(...state.deadlines))
    const chosen = usable[at]
    if (!chosen) return undefined
    state.deadlines[at] = (state.deadlines[at] ?? 0) + 1 / chosen.weight
    if (chosen.fenced) continue
    return {
      index: candidates.indexOf(chosen),
      remember: [[key, `${signature(usable)}#${rebased(state.deadlines).join(' ')}`]],
      ...(name !== undefined && { cookie: setCookie(name, hashOf(chosen.name), cookie) }),
    }
  }
}

const signature = (candidates: readonly Candidate[]): string => candidates.map(({ name, weight }) => `${name}*${weight}`).join(',')

/** A changed configuration begins anew. */
function stateOf(text: string, candidates: readonly Candidate[]): { readonly deadlines: number[] } {
  const at = text.lastIndexOf('#')
  if (at >= 0 && text.slice(0, at) === signature(candidates))
    return {
      deadlines: text
        .slice(at + 1)
        .split(' ')
        .map(Number),
    }
  return { deadlines: candidates.map(({ weight }) => 1 / weight) }
}

/** Only differences count; small numbers stay exact longer. */
const rebased = (deadlines: readonly number[]): readonly number[] => {
  const least = Math.floor(Math.min(...deadlines))
  return deadlines.map((each) => Number((each - least).toFixed(9)))
}

const hashOf = (name: string): string => sha256Hex(name, 16)

function setCookie(name: string, value: string, cookie: StickyConfig['cookie']): Header {
  const { path = '/', domain, maxAge, httpOnly, secure, sameSite } = cookie ?? {}
  const site = sameSite && sameSite[0] ? `${sameSite[0].toUpperCase()}${sameSite.slice(1).toLowerCase()}` : ''
  const parts = [
    `${name}=${value}`,
    `Path=${path}`,
    ...(domain ? [`Domain=${domain}`] : []),
    ...(maxAge ? [`Max-Age=${maxAge}`] : []),
    ...(httpOnly ? ['HttpOnly'] : []),
    ...(secure ? ['Secure'] : []),
    ...(site ? [`SameSite=${site}`] : []),
  ]
  return ['Set-Cookie', parts.join('; ')]
}
