import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Pod } from '../api/pod.ts'
import { type Cluster, emptyCluster, list, transact } from '../cluster/cluster.ts'
import { defaultConfig } from '../cluster/config.ts'
import { diff } from '../cluster/diff.ts'
import { withNodes } from '../cluster/nodes.ts'
import { storeManifests } from '../cluster/store.ts'
import type { Controller } from './controller.ts'
import { settle } from './settle.ts'

const NAMES = ['a', 'b', 'c'] as const

/** One thing that a person may do to a cluster. */
type Act =
  | { readonly kind: 'deploy'; readonly name: string; readonly replicas: number; readonly image: string; readonly tier: string }
  | { readonly kind: 'daemon' | 'stateful'; readonly name: string; readonly replicas: number }
  | { readonly kind: 'service'; readonly name: string; readonly type: string; readonly tier: string }
  | { readonly kind: 'delete'; readonly of: 'Deployment' | 'Service' | 'DaemonSet' | 'StatefulSet' | 'Node'; readonly name: string }
  | { readonly kind: 'kill'; readonly index: number }

const name = fc.constantFrom(...NAMES)
const tier = fc.constantFrom('web', 'db')
const act: fc.Arbitrary<Act> = fc.oneof(
  fc.record({ kind: fc.constant('deploy' as const), name, replicas: fc.nat(5), image: fc.constantFrom('x', 'y'), tier }),
  fc.record({ kind: fc.constantFrom('daemon' as const, 'stateful' as const), name, replicas: fc.nat(3) }),
  fc.record({ kind: fc.constant('service' as const), name, type: fc.constantFrom('ClusterIP', 'NodePort', 'LoadBalancer'), tier }),
  fc.record({
    kind: fc.constant('delete' as const),
    of: fc.constantFrom('Deployment' as const, 'Service' as const, 'DaemonSet' as const, 'StatefulSet' as const, 'Node' as const),
    name: fc.constantFrom(...NAMES, 'node-2'),
  }),
  fc.record({ kind: fc.constant('kill' as const), index: fc.nat(20) }),
)

const pods = (labels: object, image = 'x') => ({
  metadata: { labels },
  spec: { containers: [{ name: 'c', image, ports: [{ containerPort: 80 }] }] },
})

function textOf(act: Extract<Act, { name: string }>): string {
  const object = (apiVersion: string, kind: string, spec: object): string =>
    JSON.stringify({ apiVersion, kind, metadata: { name: act.name, namespace: 'shop' }, spec })
  switch (act.kind) {
    case 'deploy':
      return object('apps/v1', 'Deployment', {
        replicas: act.replicas,
        selector: { matchLabels: { app: act.name } },
        template: pods({ app: act.name, tier: act.tier }, act.image),
      })
    case 'daemon':
      return object('apps/v1', 'DaemonSet', {
        selector: { matchLabels: { daemon: act.name } },
        template: pods({ daemon: act.name, tier: 'web' }),
      })
    case 'stateful':
      return object('apps/v1', 'StatefulSet', {
        replicas: act.replicas,
        selector: { matchLabels: { set: act.name } },
        template: pods({ set: act.name, tier: 'db' }),
      })
    case 'service':
      return object('v1', 'Service', { type: act.type, selector: { tier: act.tier }, ports: [{ port: 80 }] })
    case 'delete':
      return ''
  }
}

function done(cluster: Cluster, act: Act): Cluster {
  if (act.kind === 'kill') {
    const victim = [...list(cluster, 'Pod')][act.index]
    return victim ? transact(cluster, [{ op: 'delete', kind: 'Pod', namespace: 'shop', name: victim.metadata.name }]) : cluster
  }
  if (act.kind === 'delete')
    return transact(cluster, [{ op: 'delete', kind: act.of, namespace: act.of === 'Node' ? '' : 'shop', name: act.name }])
  return storeManifests(cluster, [{ name: 'x', text: textOf(act) }]).cluster
}

const copy = (cluster: Cluster): Cluster =>
  transact(emptyCluster(cluster.config), structuredClone(diff(emptyCluster(cluster.config), cluster)))
/** All objects by kind, namespace and name, whatever their order. */
const objectsOf = ({ objects }: Cluster): ReadonlyMap<string, unknown> =>
  new Map(
    Object.entries(objects).flatMap(([kind, shards]) =>
      [...shards].flatMap(([namespace, shard]) => [...shard].map(([name, object]) => [`${kind}/${namespace}/${name}`, object] as const)),
    ),
  )

test('after any acts, settling what changed gives what settling everything anew gives', { timeout: 60_000 }, () => {
  fc.assert(
    fc.property(fc.array(act, { minLength: 1, maxLength: 8 }), (acts) => {
      let cluster = settle(withNodes(emptyCluster(defaultConfig('kubeadm')), 3))
      for (const each of acts) {
        const changed = done(cluster, each)
        const anew = settle(copy(changed))
        cluster = settle(changed)
        expect(objectsOf(cluster)).toEqual(objectsOf(anew))
        expect(objectsOf(settle(copy(cluster)))).toEqual(objectsOf(cluster))
        checkPods([...list(cluster, 'Pod')])
      }
    }),
    { seed: 11, numRuns: 25 },
  )
})

/** No address twice, and nothing runs without one. */
function checkPods(all: readonly Pod[]): void {
  const addresses = all.flatMap(({ status }) => status.podIP ?? [])
  expect(new Set(addresses).size).toBe(addresses.length)
  for (const { status } of all) expect(status.phase === 'Running').toBe(status.podIP !== undefined)
}

test('controllers that undo each other are named', () => {
  const flip = (name: string, value: string): Controller => ({
    name,
    reads: ['Namespace'],
    scope: 'cluster',
    reconcile: (cluster) => {
      const before = cluster.objects.Namespace.get('')?.get('n')
      return before?.metadata.labels?.v === value
        ? []
        : [{ op: 'put', object: { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'n', labels: { v: value } } } }]
    },
  })
  expect(() => settle(emptyCluster(defaultConfig('kubeadm')), [flip('tick', '1'), flip('tock', '2')])).toThrow(
    /not settled after 20 rounds: tick/,
  )
})
