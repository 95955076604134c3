/** Which of an upstream's targets a cloud's balancer takes: those that are well, by lot, in turn, by the client or by what a cookie says. */
import { hash } from '../../base/choose.ts'
import type { Target } from '../../cluster/cloud/targets.ts'
import { joinHostPort } from '../../net/ip.ts'
import type { Moment } from '../program.ts'

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
  const { targets: candidates, excluded, by, sticky, failOpen } = drawing
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

function turn({ last, moment, program, upstream }: Drawing, usable: readonly Target[]): number {
  if (last !== undefined) return (last + 1) % usable.length
  if (usable.length === 1) return 0
  const why = { kind: 'upstream', program, upstream, endpoints: usable.map(addressOf) } as const
  return moment.choose({ kind: 'branch', weights: usable.map(() => 1 / usable.length), why })
}
