import type { Census } from './census.ts'
import type { PodColumns } from './scene.ts'

/** Columns of pods that have a place in a node's grid but none on the map yet. */
export type Residents = Omit<PodColumns, 'machine' | 'x' | 'y' | 'width' | 'height'>

/** Those of the census, in its order. `slots` has the cell of each. */
export function residentsOf(census: Census, slots: Uint32Array): Residents {
  const { order, pods } = census
  const columns = emptyResidents(order.length)
  const names: string[] = []
  let end = 0
  for (let i = 0; i < order.length; i++) {
    const pod = order[i] ?? 0
    const name = pods.names[pod] ?? ''
    names.push(name)
    end += name.length
    columns.nameStart[i + 1] = end
    columns.namespace[i] = pods.namespace[pod] ?? 0
    columns.address[i] = pods.address[pod] ?? 0
    columns.hue[i] = pods.hue[pod] ?? 0
    columns.flags[i] = pods.flags[pod] ?? 0
    columns.containers[i] = pods.containers[pod] ?? 0
  }
  return { ...columns, slot: slots, names: names.join(''), namespaces: pods.namespaces, oddAddresses: oddAddresses(census) }
}

function oddAddresses({ order, pods }: Census): PodColumns['oddAddresses'] {
  const found: { pod: number; address: string }[] = []
  if (pods.odd.size === 0) return found
  for (const [i, pod] of order.entries()) {
    const address = pods.odd.get(pod)
    if (address !== undefined) found.push({ pod: i, address })
  }
  return found
}

export function emptyResidents(count: number): Omit<Residents, 'names' | 'namespaces' | 'oddAddresses'> {
  return {
    count,
    nameStart: new Uint32Array(count + 1),
    namespace: new Uint32Array(count),
    address: new Uint32Array(count),
    hue: new Uint16Array(count),
    flags: new Uint8Array(count),
    containers: new Uint8Array(count),
    slot: new Uint32Array(count),
  }
}
