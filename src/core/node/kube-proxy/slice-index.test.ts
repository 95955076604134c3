import fc from 'fast-check'
import { expect, test } from 'vitest'
import { PersistentMap } from '../../base/persistent-map.ts'
import { type EndpointSlice, SERVICE_NAME_LABEL } from '../../api/endpointslice.ts'
import { sliceIndex, type SliceShard } from './slice-index.ts'

const SERVICES = ['a', 'b', 'c']

function slice(name: string, service: string | undefined, headless = false): EndpointSlice {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name,
      namespace: 'default',
      labels: {
        ...(service !== undefined && { [SERVICE_NAME_LABEL]: service }),
        ...(headless && { 'service.kubernetes.io/headless': '' }),
      },
    },
    addressType: 'IPv4',
    endpoints: [],
  }
}

/** A new shard with one slice put or deleted, as a transaction leaves it. */
interface Edit {
  readonly name: string
  readonly kind: 'put' | 'delete'
  readonly service: string | undefined
  readonly headless: boolean
}

const edits = fc.array(
  fc.record<Edit>({
    name: fc.constantFrom('1', '2', '3', '4', '5'),
    kind: fc.constantFrom('put', 'put', 'put', 'delete'),
    service: fc.constantFrom(...SERVICES, undefined),
    headless: fc.constantFrom(false, false, true),
  }),
  { maxLength: 30 },
)

function edited(shard: SliceShard, { name, kind, service, headless }: Edit): SliceShard {
  return shard.with([kind === 'put' ? { key: name, value: slice(name, service, headless) } : { key: name }])
}

test('an index made from the one before, forwards or back in time, is the index made from nothing', () => {
  fc.assert(
    fc.property(edits, fc.boolean(), (all, back) => {
      let shard: SliceShard = new PersistentMap()
      sliceIndex(shard, undefined)
      for (const edit of all) {
        const next = edited(shard, edit)
        const index = sliceIndex(next, shard)
        const fresh = sliceIndex(PersistentMap.of(next), undefined)
        for (const service of SERVICES) expect(index.of(service)).toEqual(fresh.of(service))
        if (!back) shard = next
      }
    }),
    { seed: 1 },
  )
})

test('an index stays right when more Services changed than it keeps apart', () => {
  let shard: SliceShard = PersistentMap.of(Array.from({ length: 200 }, (_, i) => [`${i}`, slice(`${i}`, `service-${i}`)] as const))
  sliceIndex(shard, undefined)
  for (let i = 0; i < 200; i++) {
    const before = shard
    const changed = slice(`${i}`, `service-${i}`)
    shard = shard.with([{ key: `${i}`, value: changed }])
    expect(sliceIndex(shard, before).of(`service-${i}`)[0]).toBe(changed)
  }
  const last = sliceIndex(shard, undefined)
  for (const [name, one] of shard) expect(last.of(`service-${name}`)[0]).toBe(one)
})
