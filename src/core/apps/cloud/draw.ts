/** Which of an upstream's targets a cloud's balancer takes: those that are well, as a check finds them, by lot, in turn, by the client or by what a cookie says. */
import { hash } from '../../base/choose.ts'
import type { Target } from '../../cluster/cloud/targets.ts'
import { joinHostPort } from '../../net/ip.ts'
import type { Balance, HealthCheck, Moment } from '../program.ts'

export interface Drawing {
  readonly program: string
  readonly upstream: string
  readonly targets: readonly Target[]
  /** Addresses that have failed this request. */
  readonly excluded: readonly string[]
  readonly moment: Moment
  /** The same text always comes to the same target. */
  readonly by?: string
  /** Whom a cookie names. */
  readonly sticky?: (address: string) => boolean
  /** Where none is well, all of them count as well. */
  readonly failOpen?: boolean
  /** What a target is asked; absent: objects alone tell. */
  readonly check?: (target: Target) => HealthCheck
  /** In turn, counted from the last one that was taken; absent: by lot. */
  readonly last?: number
}

export interface Draw {
  readonly target: Target
  /** Of the target among `candidates`. */
  readonly index: number
  readonly candidates: readonly Target[]
  /** A cookie decided. */
  readonly stuck: boolean
}

const addressOf = ({ address, port }: Target): string => joinHostPort(address, port)

export function drawn(drawing: Drawing): Draw | undefined {
  const { targets, excluded, by, sticky, failOpen } = drawing
  const candidates = targets.length > CHECKED ? targets : targets.map((target) => checked(target, drawing))
  const well = candidates.filter(({ healthy }) => healthy)
  const usable = (well.length === 0 && failOpen ? candidates : well).filter((each) => !excluded.includes(addressOf(each)))
  const [only] = usable
  if (!only) return undefined
  const made = (target: Target, stuck = false): Draw => ({ target, index: candidates.indexOf(target), candidates, stuck })
  const named = sticky && usable.find((each) => sticky(addressOf(each)))
  if (named) return made(named, true)
  if (by !== undefined) return made(usable[hash(by) % usable.length] ?? only)
  return made(usable[turn(drawing, usable)] ?? only)
}

/** A balancer with more targets than these goes by what objects say of them. */
const CHECKED = 50

function checked(target: Target, { check, moment }: Drawing): Target {
  if (!check || !moment.check || target.why === 'not-ready') return target
  const why = moment.check(check(target))
  const { why: _, ...rest } = target
  return why === undefined ? { ...rest, healthy: true } : { ...rest, healthy: false, why }
}

/** Health in the cloud's own words. */
export const stateOf = ({ healthy, why }: Target, words: Words): string => (healthy ? words.well : `${words.unwell} (${why ?? ''})`)

export interface Words {
  readonly well: string
  readonly unwell: string
}

/** What was drawn, as others are told of it. */
export const balanced = (
  { candidates, index }: Draw,
  how: { readonly algorithm: string; readonly upstream: string; readonly words: Words },
): Balance => ({
  algorithm: how.algorithm,
  upstream: how.upstream,
  endpoints: candidates.map((each) => ({
    address: addressOf(each),
    state: stateOf(each, how.words),
    ...(each.object && { object: each.object }),
  })),
  chosen: index,
  ...(candidates.every(({ healthy }) => !healthy) && { why: 'fail-open' }),
})

function turn({ last, moment, program, upstream }: Drawing, usable: readonly Target[]): number {
  if (last !== undefined) return (last + 1) % usable.length
  if (usable.length === 1) return 0
  const why = { kind: 'upstream', program, upstream, endpoints: usable.map(addressOf) } as const
  return moment.choose({ kind: 'branch', weights: usable.map(() => 1 / usable.length), why })
}
