import type { BranchReason, Choice } from '../core/base/choose.ts'
import type { ChainRun } from '../core/kernel/step.ts'
import type { PacketTrace } from '../core/walk/trace.ts'

/** Where chance decided, and the ways that it did not take. */
export interface Fork {
  /** Index into the path's stations. */
  readonly station: number
  readonly ghosts: readonly Ghost[]
}

export interface Ghost {
  /** How likely this way was when the packet came here, 0..1. */
  readonly probability: number
  /** The address that a rule's comment names, else the chain it jumps to; absent for all ways that nobody looked at any more. */
  readonly to?: string
}

/** Which station shows a step of a trace. */
export type StationOf = (packet: number, hop: number, step: number) => number | undefined

/** Below this a way is a rounding of kube-proxy's ten digits. */
const NEGLIGIBLE = 1e-6

/** Choices are in the order in which they were asked, which is the order of the traces. */
export function forksOf(traces: readonly PacketTrace[], choices: readonly Choice[], stationOf: StationOf): readonly Fork[] {
  const forks: Fork[] = []
  let next = 0
  // A name resolved to one of several addresses before there was a packet.
  for (; choices[next]?.why.kind === 'address'; next++) addOther(forks, choices[next], stationOf(0, 0, 0))
  for (const [packet, trace] of traces.entries()) {
    // A proxy drew an upstream before it sent this packet.
    for (; choices[next]?.why.kind === 'upstream'; next++) addOther(forks, choices[next], stationOf(packet, 0, 0))
    for (const [h, hop] of trace.hops.entries()) {
      for (const [s, step] of hop.steps.entries()) {
        const why = choices[next]?.why
        if (step.kind === 'route' && why?.kind === 'nexthop' && why.netns === hop.netns)
          addOther(forks, choices[next++], stationOf(packet, h, s))
        if (step.kind === 'ipvs' && why?.kind === 'real-server-order' && why.netns === hop.netns)
          addOther(forks, choices[next++], stationOf(packet, h, s))
        if (step.kind !== 'chain') continue
        const count = drawnIn(step, hop.netns, choices, next)
        const station = stationOf(packet, h, s)
        const ghosts = ghostsOf(step, choices.slice(next, next + count))
        next += count
        if (station !== undefined && ghosts.length > 0) forks.push({ station, ghosts })
      }
    }
  }
  return forks
}

function addOther(forks: Fork[], choice: Choice | undefined, station: number | undefined): void {
  const rest = 1 - (choice?.probability ?? 1)
  if (station !== undefined && rest > NEGLIGIBLE) forks.push({ station, ghosts: [{ probability: rest }] })
}

type Drawn = Extract<BranchReason, { kind: 'statistic' }>
type Numbered = Extract<BranchReason, { kind: 'numgen' }>

/** How many of the next choices were made by rules of the chains that this run went through. */
function drawnIn(run: ChainRun, netns: string, choices: readonly Choice[], from: number): number {
  const chains = new Set(run.rules.map((rule) => rule.chain))
  let count = 0
  for (let i = from; i < choices.length; i++, count++) {
    const why = choices[i]?.why
    if (why?.kind !== 'statistic' && why?.kind !== 'numgen') break
    if (why.netns !== netns || why.table !== run.table || !chains.has(why.chain)) break
  }
  return count
}

/** `rest` is what is left of certainty after the draws before. */
function ghostsOf(run: ChainRun, choices: readonly Choice[]): readonly Ghost[] {
  const ghosts: Ghost[] = []
  let rest = 1
  let chain = ''
  for (const choice of choices) {
    if (choice.why.kind === 'numgen') {
      ghosts.push(...otherNumbers(choice.why, choice))
      continue
    }
    const why = choice.why as Drawn
    if (why.chain !== chain) rest = 1
    chain = why.chain
    const missed = choice.taken === 1 ? 1 - choice.probability : 0
    const left = choice.taken === 1 ? missed : 1 - choice.probability
    const probability = rest * left
    if (probability > NEGLIGIBLE) {
      const to = choice.taken === 1 ? targetOf(run, why) : undefined
      ghosts.push({ probability, ...(to === undefined ? {} : { to }) })
    }
    rest *= choice.probability
  }
  return ghosts
}

/** So many ways are told apart; the others are one. */
const MOST_GHOSTS = 16

/** nftables draws one number, and every other would have been as likely. */
function otherNumbers({ jumps }: Numbered, { taken, probability }: Choice): readonly Ghost[] {
  const others = jumps.flatMap((to, number) => (number === taken ? [] : [{ probability, ...(to !== undefined && { to: addressIn(to) }) }]))
  if (others.length <= MOST_GHOSTS) return others
  return [...others.slice(0, MOST_GHOSTS), { probability: probability * (others.length - MOST_GHOSTS) }]
}

/** kube-proxy calls the chain of an endpoint after it: `endpoint-HGNPOIJ5-default/web/tcp/http__10.244.1.5/8080`. */
function addressIn(chain: string): string {
  const [, ip, port] = /__(\d+\.\d+\.\d+\.\d+)\/(\d+)$/.exec(chain) ?? []
  return ip === undefined ? chain : `${ip}:${port}`
}

/** kube-proxy's comment on a rule says where it leads: `default/web:http -> 10.244.0.3:8080`. */
function targetOf(run: ChainRun, why: Drawn): string | undefined {
  for (const rule of run.rules) {
    if (rule.chain !== why.chain) continue
    const seen = rule.considered?.find((each) => each.index === why.index)
    const address = seen && / -> ([^"\s]+)"/.exec(seen.rule)?.[1]
    if (address !== undefined) return address
  }
  return why.jump
}
