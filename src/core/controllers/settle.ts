/**
 * Runs the controllers until none has anything left to do. Real controllers run at once and race; run in a fixed order over immutable values they come to
 * one of the states that the race could have come to, always the same.
 */
import { CLUSTER_SCOPED, type Kind } from '../api/object.ts'
import { assert } from '../base/assert.ts'
import { type Change, type Cluster, transact } from '../cluster/cluster.ts'
import { cloudIngress } from './cloud-ingress.ts'
import { cloudLoadBalancer } from './cloud-load-balancer.ts'
import type { Controller } from './controller.ts'
import { daemonset } from './daemonset.ts'
import { deployment } from './deployment.ts'
import { endpoints } from './endpoints.ts'
import { endpointslice } from './endpointslice.ts'
import { endpointsliceMirroring } from './endpointslice-mirroring.ts'
import { garbageCollector } from './garbage-collector.ts'
import { gatewayProvisioner } from './gateway-provisioner.ts'
import { gatewayStatus } from './gateway-status.ts'
import { httpProxyStatus } from './http-proxy-status.ts'
import { ingressStatus } from './ingress-status.ts'
import { job } from './job.ts'
import { loadBalancerRelease } from './load-balancer.ts'
import { nodeIpam } from './node-ipam.ts'
import { nodeRegistration } from './node-registration.ts'
import { podLifecycle } from './pod-lifecycle.ts'
import { replicaset } from './replicaset.ts'
import { scheduler } from './scheduler.ts'
import { serviceIp } from './service-ip.ts'
import { serviceLb, serviceLbStatus } from './service-lb.ts'
import { statefulset } from './statefulset.ts'

/** Each reads what those before it write, so that most clusters settle in two rounds. */
export const CONTROLLERS: readonly Controller[] = [
  nodeRegistration,
  nodeIpam,
  gatewayProvisioner,
  serviceIp,
  loadBalancerRelease,
  cloudLoadBalancer,
  serviceLb,
  garbageCollector,
  deployment,
  replicaset,
  daemonset,
  statefulset,
  job,
  scheduler,
  podLifecycle,
  endpointslice,
  endpointsliceMirroring,
  endpoints,
  serviceLbStatus,
  ingressStatus,
  cloudIngress,
  gatewayStatus,
  httpProxyStatus,
]

/** A chain of owners is three long; each link may cost a round, and a round more finds nothing to do. */
const MAX_ROUNDS = 20

const settled = new WeakSet<Cluster>()

/** The same cluster when nothing is left to do. Objects that no controller touches keep their identity. */
export function settle(cluster: Cluster, controllers: readonly Controller[] = CONTROLLERS): Cluster {
  const known = controllers === CONTROLLERS
  if (known && settled.has(cluster)) return cluster
  let current = cluster
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const before = current
    for (const controller of controllers) current = run(controller, current)
    if (current === before) {
      if (known) settled.add(current)
      return current
    }
  }
  const busy = controllers.filter((controller) => run(controller, current) !== current).map(({ name }) => name)
  assert(false, `controllers have not settled after ${MAX_ROUNDS} rounds: ${busy.join(', ')}`)
}

/** What a controller read when it last had nothing to do, by the first thing it read: reading the same again, it still has nothing to do. */
const quiet = new WeakMap<Controller, WeakMap<object, readonly unknown[]>>()

function run(controller: Controller, cluster: Cluster): Cluster {
  const namespaces = controller.scope === 'cluster' ? [''] : namespacesOf(cluster, controller.reads)
  const memory = quiet.get(controller) ?? new WeakMap<object, readonly unknown[]>()
  quiet.set(controller, memory)
  // Concatenated at the end: a call with 150,000 arguments would overflow the stack.
  const changes: (readonly Change[])[] = []
  for (const namespace of namespaces) {
    const seen = inputs(controller, cluster, namespace)
    const key = seen.find((each) => each !== undefined) ?? cluster
    if (same(memory.get(key), seen)) continue
    const wanted = controller.reconcile(cluster, namespace)
    if (wanted.length === 0) memory.set(key, seen)
    else changes.push(wanted)
  }
  return transact(cluster, changes.flat())
}

function namespacesOf(cluster: Cluster, kinds: readonly Kind[]): ReadonlySet<string> {
  const names = new Set<string>()
  for (const kind of kinds) if (!CLUSTER_SCOPED.has(kind)) for (const name of cluster.objects[kind].keys()) names.add(name)
  return names
}

/** Identities that decide what the controller does there; the configuration is the last. */
function inputs({ reads, scope }: Controller, cluster: Cluster, namespace: string): readonly (object | undefined)[] {
  const whole = (kind: Kind): boolean => scope === 'cluster' || CLUSTER_SCOPED.has(kind)
  const read = reads.map((kind): object | undefined => (whole(kind) ? cluster.objects[kind] : cluster.objects[kind].get(namespace)))
  return [...read, cluster.config]
}

const same = (before: readonly unknown[] | undefined, now: readonly unknown[]): boolean =>
  before?.every((each, index) => each === now[index]) ?? false
