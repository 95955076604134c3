import type { Choice } from '../core/base/choose.ts'
import type { Step } from '../core/kernel/step.ts'
import type { Disposition, PacketTrace } from '../core/walk/trace.ts'
import { type Fork, type StationOf, forksOf } from './forks.ts'
import { type PacketLabel, labelOf } from './packet-label.ts'
import { type Locator, createLocator } from './locate.ts'
import type { Place } from './places.ts'
import type { Point, Scene } from './scene.ts'
import { wayBetween } from './ways.ts'

/**
 * The way of packets over the map. One station per step of the trace, in order, so that a position is a number: station 3 is `t = 3`, and
 * between 3 and 4 the packet is on its way along `stations[4].via`.
 */
export interface PacketPath {
  readonly stations: readonly Station[]
  /** Per packet, the stations that are its own. Empty packets (never sent) have one. */
  readonly packets: readonly PacketSpan[]
  /** In order of stations. */
  readonly forks: readonly Fork[]
}

export interface PacketSpan {
  readonly first: number
  readonly last: number
  readonly direction: PacketTrace['direction']
}

export interface Station extends Point {
  /** Where in `traces[packet].hops[hop].steps[step]` this is. */
  readonly packet: number
  readonly hop: number
  readonly step: number
  readonly kind: Step['kind']
  /** What it stands on: `node/node-1#cni0`, `node/node-1#PREROUTING/nat`, `pod/default/web-1`. */
  readonly place: string
  readonly label: PacketLabel
  /** What each end of the header was called right before this step changed it. */
  readonly changed?: { readonly source?: string; readonly destination?: string }
  /** Which ends no longer read as they were sent. */
  readonly notched: { readonly source: boolean; readonly destination: boolean }
  /** What matched in a chain, for the nearest view. */
  readonly match?: RuleMatch
  /** Bends between the station before and this one. */
  readonly via: readonly Point[]
  /** Milliseconds at normal speed: on the way here, and looking at it. */
  readonly travel: number
  readonly pause: number
  /** How the packet ended; only on its last station. */
  readonly end?: Ending
}

export interface RuleMatch {
  /** Chains that the packet went through, the base chain first. */
  readonly chains: readonly string[]
  /** The last rule that matched, as iptables-save prints it without its chain and comment. */
  readonly rule: string
}

export interface Ending {
  readonly kind: Disposition['kind']
  /** The DropReason, REJECT's type, errno, or what is not supported: words of the trace, for the views to translate. */
  readonly reason?: string
}

/**
 * The way of one packet, or of several one after another (a connection: SYN, SYN-ACK, ACK). With the conversation's `choices`, what chance did not
 * take is in `forks`.
 */
export function packetPath(scene: Scene, traces: readonly PacketTrace[], choices: readonly Choice[] = []): PacketPath {
  const stations: Station[] = []
  const packets: PacketSpan[] = []
  const locate = createLocator(scene, traces)
  for (const [packet, trace] of traces.entries()) {
    const first = stations.length
    stations.push(...stationsOf(scene, locate, trace, packet))
    packets.push({ first, last: stations.length - 1, direction: trace.direction })
  }
  const stationOf: StationOf = (packet, hop, step) => stationAt({ stations, packets }, packet, hop, step)
  return { stations, packets, forks: choices.length === 0 ? [] : forksOf(traces, choices, stationOf) }
}

function stationsOf(scene: Scene, locate: Locator, trace: PacketTrace, packet: number): readonly Station[] {
  const stations: Station[] = []
  const sent = labelOf(trace.sent)
  let label = sent
  let before: Place | undefined
  for (const [h, hop] of trace.hops.entries()) {
    let here: Place | undefined
    for (const [s, step] of hop.steps.entries()) {
      const now = packetAfter(step)
      const next = now ? labelOf(now) : label
      const place = locate(trace, h, s, here)
      here = place
      const changed = changes(label, next)
      const via = before && place ? wayBetween(scene, before, place) : []
      stations.push({
        packet,
        hop: h,
        step: s,
        kind: step.kind,
        place: place?.id ?? before?.id ?? '',
        x: place?.x ?? before?.x ?? 0,
        y: place?.y ?? before?.y ?? 0,
        label: next,
        ...(changed ? { changed } : {}),
        ...matchOf(step),
        notched: { source: next.source !== sent.source, destination: next.destination !== sent.destination },
        via,
        travel: before && place ? travelTime(before, place) : 0,
        pause: pauseAt(step),
      })
      before = place ?? before
      label = next
    }
  }
  if (stations.length === 0) stations.push(unsent(trace, packet, sent, locate))
  return ended(stations, trace.disposition)
}

function matchOf(step: Step): { readonly match?: RuleMatch } {
  const matched = step.kind === 'chain' ? step.rules.filter((rule) => rule.rule !== undefined) : []
  const last = matched.at(-1)
  if (last?.rule === undefined) return {}
  const rule = last.rule.replace(/^-A \S+ /, '').replace(/-m comment --comment ("[^"]*"|\S+) ?/, '')
  return { match: { chains: [...new Set(matched.map((each) => each.chain))], rule } }
}

/** The packet that a step leaves behind; undefined when it is as it was. */
function packetAfter(step: Step): PacketTrace['sent'] | undefined {
  return 'packet' in step ? step.packet : undefined
}

function changes(before: PacketLabel, after: PacketLabel): Station['changed'] {
  const source = before.source !== after.source
  const destination = before.destination !== after.destination
  if (!source && !destination) return undefined
  return { ...(source ? { source: before.source } : {}), ...(destination ? { destination: before.destination } : {}) }
}

function unsent(trace: PacketTrace, packet: number, label: PacketLabel, locate: Locator): Station {
  const place = locate(trace, 0, 0, undefined)
  const at = { place: place?.id ?? '', x: place?.x ?? 0, y: place?.y ?? 0 }
  return {
    ...at,
    packet,
    hop: 0,
    step: 0,
    kind: 'send',
    label,
    notched: { source: false, destination: false },
    via: [],
    travel: 0,
    pause: 400,
  }
}

function ended(stations: readonly Station[], disposition: Disposition): readonly Station[] {
  const last = stations.at(-1)
  return last ? [...stations.slice(0, -1), { ...last, pause: Math.max(last.pause, 700), end: endingOf(disposition) }] : stations
}

function endingOf(disposition: Disposition): Ending {
  switch (disposition.kind) {
    case 'delivered':
      return { kind: 'delivered' }
    case 'dropped':
      return { kind: 'dropped', reason: disposition.by }
    case 'rejected':
      return { kind: 'rejected', reason: disposition.with }
    case 'not-sent':
      return { kind: 'not-sent', reason: disposition.errno }
    case 'loop':
      return { kind: 'loop' }
    case 'unsupported':
      return { kind: 'unsupported', reason: disposition.what }
    case 'cut':
      return { kind: 'cut', reason: disposition.limit }
  }
}

/** Short moves within a machine are quick, long ones over the wire take their time, but never with distance alone. */
function travelTime(from: Place, to: Place): number {
  if (from.x === to.x && from.y === to.y) return 0
  if (from.kind === 'port' && to.kind === 'port' && from.machine !== to.machine) return 560
  if (from.kind === 'veth' || to.kind === 'veth' || from.kind === 'eth' || to.kind === 'eth') return 230
  if (from.id.split('/')[0] === to.id.split('/')[0] && from.kind === to.kind) return 90
  return 190
}

/** As long as there is something to see: a rewritten header holds the eye, a chain without a matching rule does not. */
function pauseAt(step: Step): number {
  switch (step.kind) {
    case 'nat':
    case 'ipvs':
      return 600
    case 'encapsulate':
    case 'decapsulate':
      return 480
    case 'chain':
      return step.rules.length > 1 ? 130 : 30
    case 'route':
    case 'bridge':
      return 110
    case 'drop':
    case 'reject':
      return 700
    case 'send':
    case 'socket':
      return 260
    case 'fragment':
    case 'defragment':
      return 260
    case 'receive':
    case 'transmit':
    case 'conntrack':
    case 'confirm':
    case 'forward':
    case 'neighbour':
      return 30
  }
}

/** The station of a step of a trace; undefined when the path has none. */
export function stationAt(path: Pick<PacketPath, 'stations' | 'packets'>, packet: number, hop: number, step: number): number | undefined {
  const span = path.packets[packet]
  if (!span) return undefined
  for (let i = span.first; i <= span.last; i++) {
    const station = path.stations[i]
    if (station && station.hop === hop && station.step === step) return i
  }
  return undefined
}

/** The station where the next hop (+1) or the hop before (-1) begins, from station `t`; the ends of the path hold. */
export function nextHop(path: PacketPath, t: number, by: 1 | -1): number {
  const at = Math.min(path.stations.length - 1, Math.max(0, by === 1 ? Math.floor(t) : Math.ceil(t)))
  const startsHop = (i: number): boolean => {
    const [station, before] = [path.stations[i], path.stations[i - 1]]
    return !station || !before || station.hop !== before.hop || station.packet !== before.packet
  }
  let next = at + by
  while (next > 0 && next < path.stations.length - 1 && !startsHop(next)) next += by
  return Math.min(path.stations.length - 1, Math.max(0, next))
}
