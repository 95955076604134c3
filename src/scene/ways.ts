import { type Plan, hookBoxOf, vethPoints } from './chassis.ts'
import { type Place, type Spot, planOfMachine, spotPoint } from './places.ts'
import { type Point, type Scene, type Wire, podRect } from './scene.ts'

/** The roads inside a node: which spot leads to which, as net/ipv4 and drivers/net call each other. */
const ROADS: Readonly<Record<Spot, readonly Spot[]>> = {
  port: ['PREROUTING'],
  overlay: ['PREROUTING', 'route-out', 'OUTPUT'],
  bridge: ['PREROUTING'],
  lo: ['PREROUTING'],
  PREROUTING: ['route-in'],
  'route-in': ['FORWARD', 'INPUT'],
  FORWARD: ['POSTROUTING'],
  INPUT: ['sockets', 'overlay'],
  sockets: ['route-out'],
  'route-out': ['OUTPUT', 'sockets'],
  OUTPUT: ['POSTROUTING', 'route-out'],
  POSTROUTING: ['out'],
  out: ['port', 'overlay', 'bridge', 'lo'],
}

/** Points between two places, neither of them included. Straight where no road is known. */
export function wayBetween(scene: Scene, from: Place, to: Place): readonly Point[] {
  if (from.kind === 'veth' && to.kind === 'eth') return cable(scene, from, to.pod)
  if (from.kind === 'eth' && to.kind === 'veth') return [...cable(scene, to, from.pod)].reverse()
  if (from.kind === 'port' && to.kind === 'port' && from.machine !== to.machine) return across(scene, from, to)
  if (from.machine === undefined || from.machine !== to.machine) return []
  return within(scene, from, to)
}

function cable(scene: Scene, veth: Place, pod: number | undefined): readonly Point[] {
  if (veth.machine === undefined || pod === undefined) return []
  return vethPoints(planOfMachine(scene, veth.machine), podRect(scene, pod)).slice(1, -1)
}

/** Up one cable, along the segment's bars, down the other. */
function across(scene: Scene, from: Place, to: Place): readonly Point[] {
  const [a, b] = [from.wire, to.wire]
  if (!a || !b) return []
  return [...a.points.slice(1), ...along(scene, a, b), ...b.points.slice(1).reverse()]
}

function along(scene: Scene, a: Wire, b: Wire): readonly Point[] {
  const [p, q] = [a.points.at(-1), b.points.at(-1)]
  const segment = scene.segments.find((each) => each.name === a.segment)
  if (!p || !q || !segment || a.segment !== b.segment || p.y === q.y) return []
  return [
    { x: segment.trunk, y: p.y },
    { x: segment.trunk, y: q.y },
  ]
}

const SPOTS = new Set<string>(Object.keys(ROADS))
const isSpot = (kind: string): kind is Spot => SPOTS.has(kind)

function within(scene: Scene, from: Place, to: Place): readonly Point[] {
  // A veth hangs from the bridge: there is no other way off it.
  if (from.kind === 'veth' && to.kind === 'veth') return [aboveVeth(scene, from), aboveVeth(scene, to)]
  if (from.kind === 'veth') return to.kind === 'bridge' ? [] : [aboveVeth(scene, from), ...within(scene, aboveVeth(scene, from), to)]
  if (to.kind === 'veth')
    return from.kind === 'bridge' ? [aboveVeth(scene, to)] : [...within(scene, from, aboveVeth(scene, to)), aboveVeth(scene, to)]
  if (!isSpot(from.kind) || !isSpot(to.kind) || from.machine === undefined) return []
  if (from.kind === to.kind) return []
  const plan = planOfMachine(scene, from.machine)
  const spots = shortest(from.kind, to.kind)
  return spots.flatMap((spot, i) => {
    const next = spots[i + 1]
    if (next === undefined) return []
    const start = i === 0 ? from : spotPoint(plan, spot)
    const end = i + 2 === spots.length ? to : spotPoint(plan, next)
    const points = road(plan, spot, next, start, end)
    return i + 2 === spots.length ? points : [...points, end]
  })
}

/** The bridge right above one of its ports. */
function aboveVeth(scene: Scene, veth: Place): Place {
  const ring = planOfMachine(scene, veth.machine ?? 0).ring
  return { ...veth, kind: 'bridge', y: ring.y + ring.height }
}

const DEVICES: ReadonlySet<Spot> = new Set<Spot>(['port', 'overlay', 'bridge', 'lo'])

/** Breadth first over a map of 13 spots. No way leads through a device: a packet that passes one is seen there, which is a station. */
function shortest(from: Spot, to: Spot): readonly Spot[] {
  const ways: Spot[][] = [[from]]
  const seen = new Set<Spot>([from])
  for (const way of ways) {
    const last = way.at(-1) ?? from
    if (last === to) return way
    if (last !== from && DEVICES.has(last)) continue
    for (const next of ROADS[last]) {
      if (seen.has(next)) continue
      seen.add(next)
      ways.push([...way, next])
    }
  }
  return []
}

/** The bends of one road. */
function road(plan: Plan, from: Spot, to: Spot, start: Point, end: Point): readonly Point[] {
  const { ring } = plan
  const [left, right] = [ring.x, ring.x + ring.width]
  const middle = plan.routeIn.y - 29 * plan.zoom
  if (to === 'PREROUTING') {
    // From devices on the top side of the ring, or from the bridge at its bottom, by the left rail.
    const side =
      from === 'bridge'
        ? [{ x: left, y: start.y }]
        : [
            { x: start.x, y: ring.y },
            { x: left, y: ring.y },
          ]
    return [...side, { x: left, y: end.y }]
  }
  if (from === 'out') {
    if (to === 'bridge') return [{ x: right, y: end.y }]
    return [{ x: right, y: ring.y }, ...(to === 'lo' ? [] : [{ x: end.x, y: ring.y }])]
  }
  if (to === 'INPUT') {
    const entry = (hookBoxOf(plan, 'INPUT')?.rect.x ?? start.x) - 6 * plan.zoom
    return [
      { x: start.x, y: middle },
      { x: entry, y: middle },
      { x: entry, y: end.y },
    ]
  }
  if (from === 'OUTPUT' && to === 'POSTROUTING') {
    const output = hookBoxOf(plan, 'OUTPUT')?.rect
    const exit = output ? output.x + output.width + 5 * plan.zoom : start.x
    const entry = (hookBoxOf(plan, 'POSTROUTING')?.rect.x ?? end.x) - 8 * plan.zoom
    return [
      { x: exit, y: start.y },
      { x: exit, y: middle },
      { x: entry, y: middle },
      { x: entry, y: end.y },
    ]
  }
  if (from === 'INPUT' && to === 'overlay') {
    const x = plan.overlay.x - 3 * plan.zoom
    return [
      { x, y: start.y },
      { x, y: end.y },
    ]
  }
  if (from === 'overlay') {
    // The VXLAN device looked its route up itself: straight on to OUTPUT.
    const x = plan.overlay.x + plan.overlay.width + 3 * plan.zoom
    return [
      { x, y: start.y },
      { x, y: end.y },
    ]
  }
  return []
}
