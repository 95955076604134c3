import { type EndpointSlice, SERVICE_NAME_LABEL } from '../../api/endpointslice.ts'
import type { Shard } from '../../cluster/cluster.ts'
import { isIgnored } from './service-port.ts'

export type SliceShard = Shard<'EndpointSlice'>

const NO_SLICES: readonly EndpointSlice[] = []
/** So many Services may differ from an index before a new one is made. */
const OVERRIDES = 64

/** One namespace's slices by the Service that their label names, in the order of the shard. Made from the index before where few slices changed. */
export class SliceIndex {
  private readonly base: ReadonlyMap<string, readonly EndpointSlice[]>
  /** What changed since `base`, by Service. */
  private readonly overrides: ReadonlyMap<string, readonly EndpointSlice[]>

  constructor(base: ReadonlyMap<string, readonly EndpointSlice[]>, overrides: ReadonlyMap<string, readonly EndpointSlice[]>) {
    this.base = base
    this.overrides = overrides
  }

  of(service: string): readonly EndpointSlice[] {
    return this.overrides.get(service) ?? this.base.get(service) ?? NO_SLICES
  }

  /** Undefined: so much has changed that starting anew is less work. */
  with(changes: readonly Replaced[]): SliceIndex | undefined {
    if (this.overrides.size + changes.length > OVERRIDES) return undefined
    const overrides = new Map(this.overrides)
    for (const { service, from, to } of changes) {
      const slices = overrides.get(service) ?? this.base.get(service) ?? NO_SLICES
      overrides.set(
        service,
        slices.map((slice) => (slice === from ? to : slice)),
      )
    }
    return new SliceIndex(this.base, overrides)
  }
}

/** A slice of a Service that is now another one, in the same place. */
interface Replaced {
  readonly service: string
  readonly from: EndpointSlice
  readonly to: EndpointSlice
}

const indexes = new WeakMap<SliceShard, SliceIndex>()

/** `before`: a shard that may differ in little. */
export function sliceIndex(shard: SliceShard, before: SliceShard | undefined): SliceIndex {
  let index = indexes.get(shard)
  if (!index) {
    const changes = before && replaced(before, shard)
    index = (changes && indexes.get(before)?.with(changes)) ?? new SliceIndex(byService(shard), new Map())
    indexes.set(shard, index)
  }
  return index
}

function byService(shard: SliceShard): ReadonlyMap<string, readonly EndpointSlice[]> {
  const index = new Map<string, EndpointSlice[]>()
  for (const slice of shard.values()) {
    const name = serviceOf(slice)
    if (name === undefined) continue
    const list = index.get(name)
    if (list) list.push(slice)
    else index.set(name, [slice])
  }
  return index
}

function serviceOf({ metadata: { labels } }: EndpointSlice): string | undefined {
  const name = labels?.[SERVICE_NAME_LABEL]
  return name && !isIgnored(labels) ? name : undefined
}

/** The slices that changed, where nothing else did: none came, went or moved to another Service, and not too many. Undefined otherwise. */
export function replaced(before: SliceShard, after: SliceShard): readonly Replaced[] | undefined {
  const changes: Replaced[] = []
  for (const { from, to } of before.differences(after)) {
    if (!from || !to || changes.length > OVERRIDES) return undefined
    const service = serviceOf(to)
    if (serviceOf(from) !== service) return undefined
    if (service !== undefined) changes.push({ service, from, to })
  }
  return changes
}
