import type { Pod } from '../core/api/pod.ts'
import { type Cluster, get } from '../core/cluster/cluster.ts'
import { diff } from '../core/cluster/diff.ts'
import { type NetnsOf, longNamesOf } from './build.ts'
import { namespaceOf, podFlags, podRank } from './census.ts'
import { machineIndex } from './hit-test.ts'
import { appOf, hueOf } from './hue.ts'
import { type Room, type ScenePatch, runsBetween } from './patch.ts'
import { placed } from './placement.ts'
import { ipv4Number, podAddress, podId, podName, podNamespace } from './pod-names.ts'
import { type Residents, emptyResidents } from './residents.ts'
import type { Scene } from './scene.ts'
import { assignSlots } from './slots.ts'

/** More pods than these are laid out anew. */
const MOST = 5000

/** Undefined when more changed than some nodes' pods: then the scene is built. `before` is the cluster that `previous` shows. */
export function patchOf(previous: Scene, before: Cluster, cluster: Cluster, netnsOf?: NetnsOf): ScenePatch | undefined {
  if (before.config !== cluster.config || before.objects.Node !== cluster.objects.Node) return undefined
  const touched = touchedRooms(previous, before, cluster)
  if (!touched) return undefined
  const namespaces = [...previous.pods.namespaces]
  const rooms = [...touched]
    .toSorted(([a], [b]) => a - b)
    .map(([machine, change]): Room => ({ machine, pods: roomNow(previous, machine, change, namespaces) }))
  const start = startsAfter(previous, rooms)
  const { count } = runsBetween(previous, rooms)
  return {
    revision: cluster.revision,
    rooms,
    namespaces,
    longNames: longNamesAfter(previous, rooms, namespaces, netnsOf),
    placed: placed(cluster.config, {
      places: placesAfter(previous, rooms),
      slots: previous.machines.slot.subarray(0, start.length - 1),
      start,
      count,
      columns: previous.chassis.podColumns,
    }),
  }
}

interface Change {
  readonly gone: Set<string>
  readonly here: Map<string, Pod>
}

/** Nodes that some pod left, joined or changed on. Undefined when a pod waits or waited: they stand in the order of the cluster. */
function touchedRooms(previous: Scene, before: Cluster, cluster: Cluster): ReadonlyMap<number, Change> | undefined {
  // Of pods alone: of all other kinds the one before has what there is now.
  const changes = diff({ ...before, objects: { ...cluster.objects, Pod: before.objects.Pod } }, cluster)
  if (changes.length > MOST) return undefined
  const rooms = new Map<number, Change>()
  const roomOf = (pod: Pod): Change | undefined => {
    const machine = pod.spec.nodeName === undefined ? undefined : machineIndex(previous, `node/${pod.spec.nodeName}`)
    if (machine === undefined) return undefined
    const room = rooms.get(machine) ?? { gone: new Set(), here: new Map() }
    rooms.set(machine, room)
    return room
  }
  for (const change of changes) {
    const now = change.op === 'put' ? (change.object as Pod) : undefined
    const [namespace, name] =
      change.op === 'put' ? [change.object.metadata.namespace ?? '', change.object.metadata.name] : [change.namespace, change.name]
    const was = get(before, 'Pod', namespace, name)
    const [left, joined] = [was && roomOf(was), now && roomOf(now)]
    if ((was && !left) || (now && !joined)) return undefined
    const id = `pod/${namespace || 'default'}/${name}`
    left?.gone.add(id)
    if (now) joined?.here.set(id, now)
  }
  return rooms
}

/** Who stayed keeps order and slot, newcomers come after them; then by address, as in a census. */
function roomNow(previous: Scene, machine: number, { gone, here }: Change, namespaces: string[]): Residents {
  const { podStart } = previous.machines
  const before = new Map<string, number>()
  const facts: Fact[] = []
  const news = new Map(here)
  for (let pod = podStart[machine] ?? 0; pod < (podStart[machine + 1] ?? 0); pod++) {
    const id = podId(previous, pod)
    before.set(id, previous.pods.slot[pod] ?? 0)
    const now = news.get(id)
    if (now) facts.push(factOf(now))
    else if (!gone.has(id)) facts.push(knownFact(previous, pod))
    news.delete(id)
  }
  const all = [...facts, ...Array.from(news.values(), factOf)].toSorted((a, b) => (rankOf(a) === rankOf(b) ? 0 : rankOf(a) - rankOf(b)))
  const slots = assignSlots(
    all.map(({ namespace, name }) => `pod/${namespace}/${name}`),
    before,
  )
  return columnsOf(all, slots, namespaces)
}

/** One pod as a census sees it. */
interface Fact {
  readonly name: string
  readonly namespace: string
  readonly address: number
  readonly odd: string
  readonly hue: number
  readonly flags: number
  readonly containers: number
}

const rankOf = ({ flags, address }: Fact): number => podRank(flags, address)

function factOf(pod: Pod): Fact {
  const { metadata, spec, status } = pod
  const address = (status.podIP && ipv4Number(status.podIP)) || 0
  return {
    name: metadata.name,
    namespace: namespaceOf(pod),
    address,
    odd: address === 0 ? (status.podIP ?? '') : '',
    hue: hueOf(appOf(metadata)),
    flags: podFlags(pod),
    containers: Math.min(255, spec.containers.length),
  }
}

function knownFact(scene: Scene, pod: number): Fact {
  const { address, hue, flags, containers } = scene.pods
  return {
    name: podName(scene, pod),
    namespace: podNamespace(scene, pod),
    address: address[pod] ?? 0,
    odd: address[pod] ? '' : podAddress(scene, pod),
    hue: hue[pod] ?? 0,
    flags: flags[pod] ?? 0,
    containers: containers[pod] ?? 0,
  }
}

function columnsOf(facts: readonly Fact[], slot: Uint32Array, namespaces: string[]): Residents {
  const columns = emptyResidents(facts.length)
  for (const [i, fact] of facts.entries()) {
    let namespace = namespaces.indexOf(fact.namespace)
    if (namespace < 0) namespace = namespaces.push(fact.namespace) - 1
    columns.nameStart[i + 1] = (columns.nameStart[i] ?? 0) + fact.name.length
    columns.namespace[i] = namespace
    columns.address[i] = fact.address
    columns.hue[i] = fact.hue
    columns.flags[i] = fact.flags
    columns.containers[i] = fact.containers
  }
  return {
    ...columns,
    slot,
    names: facts.map(({ name }) => name).join(''),
    namespaces: [],
    oddAddresses: facts.flatMap(({ odd }, pod) => (odd === '' ? [] : [{ pod, address: odd }])),
  }
}

/** Per node its first pod; then the first that waits. */
function startsAfter({ machines }: Scene, rooms: readonly Room[]): Uint32Array {
  const nodes = machines.kinds.filter((kind) => kind === 'node').length
  const sizes = new Map(rooms.map(({ machine, pods }) => [machine, pods.count]))
  const start = new Uint32Array(nodes + 1)
  for (let node = 0; node < nodes; node++)
    start[node + 1] = (start[node] ?? 0) + (sizes.get(node) ?? (machines.podStart[node + 1] ?? 0) - (machines.podStart[node] ?? 0))
  return start
}

/** Per node, cells up to the highest in use. */
function placesAfter({ machines, pods }: Scene, rooms: readonly Room[]): Uint32Array {
  const places = new Uint32Array(machines.kinds.filter((kind) => kind === 'node').length)
  for (let node = 0; node < places.length; node++) {
    let highest = 0
    const end = machines.podStart[node + 1] ?? 0
    for (let pod = machines.podStart[node] ?? 0; pod < end; pod++) highest = Math.max(highest, (pods.slot[pod] ?? 0) + 1)
    places[node] = highest
  }
  for (const room of rooms) places[room.machine] = room.pods.slot.reduce((highest, slot) => Math.max(highest, slot + 1), 0)
  return places
}

function longNamesAfter(
  previous: Scene,
  rooms: readonly Room[],
  namespaces: readonly string[],
  netnsOf: NetnsOf | undefined,
): Scene['longNames'] {
  const { runs, begins } = runsBetween(previous, rooms)
  return runs.flatMap((run, i) => {
    const room = rooms[i]
    const kept = previous.longNames.flatMap((each) =>
      each.pod >= run.from && each.pod < run.to ? [{ ...each, pod: run.at + each.pod - run.from }] : [],
    )
    return room ? [...kept, ...longNamesOf({ ...room.pods, namespaces }, begins[i] ?? 0, netnsOf)] : kept
  })
}
