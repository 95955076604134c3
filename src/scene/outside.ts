import type { Site, SiteHost } from '../core/cluster/site.ts'
import type { Point, Rect, Segment } from './scene.ts'

/**
 * The world outside the cluster, drawn above the node network: what is on the node network stands on the first floor, what lies behind its
 * routers on the floors above. Coordinates have the node network's bar at y = 0 and the middle of the first floor at x = 0.
 */
export interface Outside {
  readonly hosts: readonly PlacedHost[]
  readonly cables: readonly Cable[]
  /** Networks other than the nodes' own. */
  readonly segments: readonly Segment[]
  readonly bounds: Rect
  /** How far the hosts on the node network reach, for its bar to reach as far. */
  readonly reach: { readonly x1: number; readonly x2: number } | undefined
}
export interface PlacedHost {
  readonly host: SiteHost
  readonly rect: Rect
}
export interface Cable {
  readonly host: number
  readonly dev: string
  readonly network: string
  readonly points: readonly Point[]
}

export const HOST_WIDTH = 148
export const HOST_HEIGHT = 48
const GAP_X = 40
const GAP_Y = 34
const BAR_OVERHANG = 36

export function planOutside(site: Site, scale: number): Outside {
  const floors = floorsOf(site)
  const xs = middlesOf(site, floors)
  const pitch = HOST_HEIGHT + 2 * GAP_Y
  const hosts = site.hosts.map((host, i) => {
    const floor = floors.hosts[i] ?? 1
    const x = (xs[i] ?? 0) - HOST_WIDTH / 2
    const y = -floor * pitch + GAP_Y
    return { host, rect: scaled({ x, y, width: HOST_WIDTH, height: HOST_HEIGHT }, scale) }
  })
  const barY = (network: string): number => barHeight(site, floors, network, pitch) * scale
  const cables = hosts.flatMap((placed, i) => cablesOf(placed, i, floors.hosts[i] ?? 1, floors.networks, barY))
  const bars = site.networks.filter((network) => network.name !== site.nodeNetwork).flatMap((network) => barOf(network, cables, scale))
  const segments = aligned(bars, floors.networks)
  return { hosts, cables, segments, bounds: boundsOf(hosts, segments), reach: reachOf(cables, site.nodeNetwork) }
}

interface Floors {
  readonly networks: ReadonlyMap<string, number>
  readonly hosts: readonly number[]
}

/** Breadth first from the node network: a host stands above the lowest network that it is plugged into. */
function floorsOf(site: Site): Floors {
  const networks = new Map<string, number>([[site.nodeNetwork, 0]])
  const hosts: number[] = site.hosts.map(() => 0)
  for (let floor = 1; floor <= site.hosts.length + 1; floor++) {
    const reached: number[] = []
    for (const [i, host] of site.hosts.entries()) {
      if (hosts[i] === 0 && host.interfaces.some((port) => (networks.get(port.network) ?? Infinity) < floor)) reached.push(i)
    }
    for (const i of reached) {
      hosts[i] = floor
      for (const port of site.hosts[i]?.interfaces ?? []) if (!networks.has(port.network)) networks.set(port.network, floor)
    }
  }
  const top = Math.max(1, ...hosts)
  for (const network of site.networks) if (!networks.has(network.name)) networks.set(network.name, top + 1)
  return { networks, hosts: hosts.map((floor, i) => (floor > 0 || !site.hosts[i] ? floor : top + 1)) }
}

/** Routers in the middle, the other hosts beside them, left first; upper floors above what connects them. */
function middlesOf(site: Site, floors: Floors): readonly number[] {
  const xs: number[] = site.hosts.map(() => 0)
  const pitch = HOST_WIDTH + GAP_X
  const top = Math.max(0, ...floors.hosts)
  for (let floor = 1; floor <= top; floor++) {
    const here = site.hosts.map((_, i) => i).filter((i) => floors.hosts[i] === floor)
    if (floor === 1) {
      const routers = here.filter((i) => site.hosts[i]?.role === 'router')
      const others = here.filter((i) => site.hosts[i]?.role !== 'router')
      const order = [...others.filter((_, k) => k % 2 === 0).reverse(), ...routers, ...others.filter((_, k) => k % 2 === 1)]
      const firstRouter = Math.ceil(others.length / 2)
      const axis = routers.length > 0 ? firstRouter + (routers.length - 1) / 2 : (order.length - 1) / 2
      for (const [k, i] of order.entries()) xs[i] = (k - axis) * pitch
      continue
    }
    let edge = -Infinity
    const wanted = here.map((i) => ({ i, x: wantedX(site, floors, xs, i, floor) })).sort((a, b) => a.x - b.x || a.i - b.i)
    for (const { i, x } of wanted) {
      xs[i] = Math.max(x, edge)
      edge = xs[i] + pitch
    }
  }
  return xs
}

function wantedX(site: Site, floors: Floors, xs: readonly number[], host: number, floor: number): number {
  const networks = new Set(site.hosts[host]?.interfaces.map((port) => port.network))
  const below = site.hosts.flatMap((other, i) => {
    const joined = (floors.hosts[i] ?? 0) < floor && other.interfaces.some((port) => networks.has(port.network))
    return joined ? [xs[i] ?? 0] : []
  })
  return below.length === 0 ? 0 : below.reduce((sum, x) => sum + x, 0) / below.length
}

/** Networks on one floor run at different heights, so that two bars never lie on each other. */
function barHeight(site: Site, floors: Floors, network: string, pitch: number): number {
  const floor = floors.networks.get(network) ?? 0
  const peers = site.networks.filter((other) => floors.networks.get(other.name) === floor)
  const index = Math.max(
    0,
    peers.findIndex((other) => other.name === network),
  )
  return -floor * pitch - (index - (peers.length - 1) / 2) * Math.min(20, (2 * GAP_Y - 16) / peers.length)
}

function cablesOf(
  placed: PlacedHost,
  host: number,
  floor: number,
  networks: ReadonlyMap<string, number>,
  barY: (network: string) => number,
): readonly Cable[] {
  const { rect } = placed
  const ports = placed.host.interfaces.map((port) => ({ port, up: (networks.get(port.network) ?? 0) >= floor }))
  return ports.map(({ port, up }) => {
    const edge = ports.filter((other) => other.up === up)
    const x = rect.x + (rect.width * (edge.findIndex((other) => other.port === port) + 1)) / (edge.length + 1)
    const y = up ? rect.y : rect.y + rect.height
    return {
      host,
      dev: port.name,
      network: port.network,
      points: [
        { x, y },
        { x, y: barY(port.network) },
      ],
    }
  })
}

function barOf(network: { readonly name: string; readonly cidr: string }, cables: readonly Cable[], scale: number): readonly Segment[] {
  const ends = cables.filter((cable) => cable.network === network.name).flatMap((cable) => cable.points.slice(-1))
  const [first] = ends
  if (!first) return []
  const xs = ends.map((point) => point.x)
  const overhang = BAR_OVERHANG * scale
  const bar = { x1: Math.min(...xs) - overhang, x2: Math.max(...xs) + overhang, y: first.y }
  return [{ name: network.name, cidr: network.cidr, bars: [bar], trunk: bar.x1 }]
}

/** Bars on one floor end at the same place, where their names stand, so that no name lies on another's bar. */
function aligned(segments: readonly Segment[], floors: ReadonlyMap<string, number>): readonly Segment[] {
  const ends = new Map<number | undefined, number>()
  for (const { name, bars } of segments)
    for (const { x2 } of bars) ends.set(floors.get(name), Math.max(x2, ends.get(floors.get(name)) ?? -Infinity))
  return segments.map((segment) => ({
    ...segment,
    bars: segment.bars.map((bar) => ({ ...bar, x2: ends.get(floors.get(segment.name)) ?? bar.x2 })),
  }))
}

function reachOf(cables: readonly Cable[], nodeNetwork: string): Outside['reach'] {
  const xs = cables.filter((cable) => cable.network === nodeNetwork).flatMap((cable) => cable.points.map((point) => point.x))
  return xs.length === 0 ? undefined : { x1: Math.min(...xs), x2: Math.max(...xs) }
}

function boundsOf(hosts: readonly PlacedHost[], segments: readonly Segment[]): Rect {
  let [left, right, top] = [0, 0, 0]
  for (const { rect } of hosts) {
    left = Math.min(left, rect.x)
    right = Math.max(right, rect.x + rect.width)
    top = Math.min(top, rect.y)
  }
  for (const bar of segments.flatMap((segment) => segment.bars)) {
    left = Math.min(left, bar.x1)
    right = Math.max(right, bar.x2)
    top = Math.min(top, bar.y - 16)
  }
  return { x: left, y: top, width: right - left, height: -top }
}

const scaled = (rect: Rect, scale: number): Rect => ({
  x: rect.x * scale,
  y: rect.y * scale,
  width: rect.width * scale,
  height: rect.height * scale,
})
