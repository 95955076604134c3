import type { Census } from './census.ts'
import { podId } from './pod-names.ts'
import type { Scene } from './scene.ts'
import { assignSlots } from './slots.ts'

/** Which cell of its node's grid each pod has. */
export interface Houses {
  /** Per pod, in the order of the census; those that wait in theirs. */
  readonly slots: Uint32Array
  /** Per node, slots up to the highest in use. */
  readonly places: Uint32Array
}

export function housesOf(census: Census, previous: Scene | undefined): Houses {
  const { order, start, nodes } = census
  const slots = new Uint32Array(order.length)
  const places = new Uint32Array(nodes.length)
  const machines = previous && new Map(previous.machines.ids.map((id, machine) => [id, machine]))
  for (let room = 0; room <= nodes.length; room++) {
    const [from, to] = [start[room] ?? 0, start[room + 1] ?? 0]
    const machine = machines?.get(`node/${nodes[room]?.metadata.name}`)
    const kept = previous && machine !== undefined ? slotsAsBefore(census, from, to, previous, machine) : undefined
    for (let k = from; k < to; k++) {
      const slot = kept ? (kept[k - from] ?? 0) : k - from
      slots[k] = slot
      if (room < nodes.length && slot >= (places[room] ?? 0)) places[room] = slot + 1
    }
  }
  return { slots, places }
}

/** A node whose pods are the same as before needs no strings. */
function slotsAsBefore(census: Census, from: number, to: number, previous: Scene, machine: number): Uint32Array {
  const { slot } = previous.pods
  const [start, end] = [previous.machines.podStart[machine] ?? 0, previous.machines.podStart[machine + 1] ?? 0]
  let same = to - from === end - start
  for (let k = from; same && k < to; k++) same = isPod(previous, start + k - from, census, census.order[k] ?? 0)
  if (same) return slot.subarray(start, end)
  const before = new Map<string, number>()
  for (let pod = start; pod < end; pod++) before.set(podId(previous, pod), slot[pod] ?? 0)
  return assignSlots(
    Array.from(census.order.subarray(from, to), (pod) => idOf(census, pod)),
    before,
  )
}

const idOf = ({ pods }: Census, pod: number): string => `pod/${pods.namespaces[pods.namespace[pod] ?? 0] ?? ''}/${pods.names[pod] ?? ''}`

function isPod({ pods }: Scene, index: number, census: Census, pod: number): boolean {
  const start = pods.nameStart[index] ?? 0
  const name = census.pods.names[pod] ?? ''
  return (
    (pods.nameStart[index + 1] ?? 0) - start === name.length &&
    pods.names.startsWith(name, start) &&
    pods.namespaces[pods.namespace[index] ?? 0] === census.pods.namespaces[census.pods.namespace[pod] ?? 0]
  )
}
