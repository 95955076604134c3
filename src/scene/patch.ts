import { podColumnsOf } from './pod-columns.ts'
import type { Placed } from './placement.ts'
import { type Residents, emptyResidents } from './residents.ts'
import type { PodColumns, Scene } from './scene.ts'

/**
 * What turns one scene into the next when pods of a few nodes changed: those nodes' pods, and where everything stands. It is small, so that an edit of a
 * very large cluster goes from worker to page at once, and both ends make the same scene of it.
 */
export interface ScenePatch {
  readonly revision: number
  /** By node, ascending. */
  readonly rooms: readonly Room[]
  readonly namespaces: readonly string[]
  readonly longNames: Scene['longNames']
  readonly placed: Omit<Placed, 'pods'>
}

/** All pods of one node, as they are now. */
export interface Room {
  readonly machine: number
  readonly pods: Residents
}

/** The next scene. Columns that no pod of it changed are shared with the one before. */
export function patched(previous: Scene, patch: ScenePatch): Scene {
  const { revision, longNames, placed: rest } = patch
  const { tray: _, ...before } = previous
  return { ...before, ...rest, revision, longNames, machines: { ...previous.machines, ...rest.machines }, pods: podsAfter(previous, patch) }
}

/** Pods that stand where they stood, on machines that do, need no new places. */
function podsAfter(previous: Scene, { rooms, namespaces, placed: rest }: ScenePatch): PodColumns {
  const residents = staysInPlace(previous, rooms)
    ? residentsInPlace(previous, rooms, namespaces)
    : residentsAfter(previous, rooms, namespaces)
  const { machines, pods } = previous
  const still =
    same(machines.x, rest.machines.x) && same(machines.y, rest.machines.y) && previous.chassis.podColumns === rest.chassis.podColumns
  if (!still || residents.slot !== pods.slot || rest.tray?.y !== previous.tray?.y || rest.tray?.x !== previous.tray?.x)
    return podColumnsOf(residents, rest.machines, rest.chassis, rest.tray)
  const { machine, x, y, width, height } = pods
  return { ...residents, machine, x, y, width, height }
}

type Numbers = Uint32Array | Uint16Array | Uint8Array | Float32Array
const same = (a: Numbers, b: Numbers): boolean => a.length === b.length && a.every((value, i) => value === b[i])

/** Of pods in a row of the previous scene, where they begin there and where now. */
interface Run {
  readonly from: number
  readonly to: number
  readonly at: number
}

/** What lies between the rooms, in order; rooms themselves are given where they begin. */
export function runsBetween(
  previous: Scene,
  rooms: readonly Room[],
): { readonly runs: readonly Run[]; readonly begins: readonly number[]; readonly count: number } {
  const { podStart } = previous.machines
  const runs: Run[] = []
  const begins: number[] = []
  let [from, at] = [0, 0]
  for (const { machine, pods } of rooms) {
    const to = podStart[machine] ?? 0
    runs.push({ from, to, at })
    at += to - from
    begins.push(at)
    at += pods.count
    from = podStart[machine + 1] ?? 0
  }
  runs.push({ from, to: previous.pods.count, at })
  return { runs, begins, count: at + previous.pods.count - from }
}

function residentsAfter(previous: Scene, rooms: readonly Room[], namespaces: readonly string[]): Residents {
  const { runs, begins, count } = runsBetween(previous, rooms)
  const columns = emptyResidents(count)
  const names: string[] = []
  const odd: { pod: number; address: string }[] = []
  let end = 0
  const copy = (source: Residents, { from, to, at }: Run): void => {
    const first = source.nameStart[from] ?? 0
    for (const column of COPIED) columns[column].set(source[column].subarray(from, to), at)
    names.push(source.names.slice(first, source.nameStart[to] ?? 0))
    for (let i = from; i < to; i++) columns.nameStart[at + i - from + 1] = end - first + (source.nameStart[i + 1] ?? 0)
    end = columns.nameStart[at + to - from] ?? end
    for (const each of source.oddAddresses) if (each.pod >= from && each.pod < to) odd.push({ ...each, pod: at + each.pod - from })
  }
  for (const [i, run] of runs.entries()) {
    copy(previous.pods, run)
    const room = rooms[i]
    if (room) copy(room.pods, { from: 0, to: room.pods.count, at: begins[i] ?? 0 })
  }
  return { ...columns, names: names.join(''), namespaces, oddAddresses: odd }
}

const COPIED = ['namespace', 'address', 'hue', 'flags', 'containers', 'slot'] as const

/** Whether as many pods as before are on every node, with the same names in the same order. */
function staysInPlace(previous: Scene, rooms: readonly Room[]): boolean {
  const { names, nameStart } = previous.pods
  return rooms.every(({ machine, pods }) => {
    const [from, to] = [previous.machines.podStart[machine] ?? 0, previous.machines.podStart[machine + 1] ?? 0]
    const first = nameStart[from] ?? 0
    return (
      pods.count === to - from &&
      pods.names.length === (nameStart[to] ?? 0) - first &&
      names.startsWith(pods.names, first) &&
      pods.nameStart.every((end, i) => end === (nameStart[from + i] ?? 0) - first)
    )
  })
}

function residentsInPlace(previous: Scene, rooms: readonly Room[], namespaces: readonly string[]): Residents {
  const { count, names, nameStart, namespace, address, hue, flags, containers, slot } = previous.pods
  const columns = { namespace, address, hue, flags, containers, slot }
  const owned = new Set<string>()
  const { podStart } = previous.machines
  const isIn = (pod: number, { machine }: Room): boolean => pod >= (podStart[machine] ?? 0) && pod < (podStart[machine + 1] ?? 0)
  const odd = previous.pods.oddAddresses.filter(({ pod }) => !rooms.some((room) => isIn(pod, room)))
  for (const { machine, pods } of rooms) {
    const from = podStart[machine] ?? 0
    for (const name of COPIED) {
      const fresh = pods[name]
      if (same(columns[name].subarray(from, from + pods.count), fresh)) continue
      if (!owned.has(name)) Object.assign(columns, { [name]: columns[name].slice() })
      owned.add(name)
      columns[name].set(fresh, from)
    }
    odd.push(...pods.oddAddresses.map((each) => ({ ...each, pod: from + each.pod })))
  }
  return { count, names, nameStart, ...columns, namespaces, oddAddresses: odd.toSorted((a, b) => a.pod - b.pod) }
}
