import type { DispatchIndex } from '../dispatch-index.ts'
import type { PortSet } from '../service-map.ts'
import type { ServicePortInfo } from '../service-port.ts'
import { portKey } from './names.ts'
import { elementKey, SHARED_SETS, type ServiceElement, serviceElements, type SharedSet } from './service-elements.ts'

/** Elements of the shared maps by their key, and ports by what their chains are called after. Shared by all nodes that have the same ports. */
export interface ElementIndex {
  /** In the order of ports. Several ports of a Service have one cluster IP. */
  readonly sets: Readonly<Record<SharedSet, ReadonlyMap<string, ServiceElement>>>
  portOf(key: string): ServicePortInfo | undefined
}

const indexes = new WeakMap<DispatchIndex, ElementIndex>()

/** As long as nobody's reach changed, the same index is good: it is remembered with the other index of which that is true. */
export function elementIndex(set: PortSet): ElementIndex {
  let index = indexes.get(set.dispatch)
  if (!index) indexes.set(set.dispatch, (index = makeIndex(set)))
  return index
}

function makeIndex(set: PortSet): ElementIndex {
  const sets = Object.fromEntries(SHARED_SETS.map((name) => [name, new Map<string, ServiceElement>()])) as Record<
    SharedSet,
    Map<string, ServiceElement>
  >
  const ports: ServicePortInfo[] = []
  for (const { port, reach } of set.programs()) {
    ports.push(port)
    for (const element of serviceElements(port, reach)) {
      const key = elementKey(element)
      if (!sets[element.set].has(key)) sets[element.set].set(key, element)
    }
  }
  let byKey: ReadonlyMap<string, ServicePortInfo> | undefined
  return { sets, portOf: (key) => (byKey ??= new Map(ports.map((port) => [portKey(port), port]))).get(key) }
}
