import type { ApiObject, Kind } from '../api/object.ts'
import { namespaceOf } from '../cluster/cluster.ts'

/** Which object; `namespace` is empty for cluster-scoped kinds. */
export interface ObjectRef {
  readonly kind: Kind
  readonly namespace: string
  readonly name: string
}

export const refOf = (object: ApiObject): ObjectRef => ({ kind: object.kind, namespace: namespaceOf(object), name: object.metadata.name })

/** `error`: it cannot work as it is. `warning`: it may not do what its author thinks. `info`: worth knowing. */
export type Severity = 'error' | 'warning' | 'info'

/** What is found, with what a sentence about it needs. Views hold the sentences. */
export interface FindingParams {
  /** The selector matches no pod. `near`: how many labels the nearest pod lacks; 0 when none is near. */
  readonly 'no-pods-selected': { readonly selector: string; readonly near: number }
  /** A pod that only one label keeps from being selected. `has` is empty where it lacks the label. */
  readonly 'selector-near-miss': { readonly label: string; readonly wants: string; readonly has: string; readonly pods: number }
  /** Pods of another namespace would match. */
  readonly 'selector-other-namespace': { readonly selector: string; readonly namespace: string; readonly pods: number }
  /** The workload that would match runs no pods. */
  readonly 'selected-workload-empty': { readonly workload: string; readonly replicas: number }
  /** Pods are selected, and none is ready. */
  readonly 'no-ready-endpoints': { readonly pods: number }
  /** Pods of several applications answer for one Service. */
  readonly 'selector-mixes-apps': { readonly label: string; readonly apps: string }
  /** No selector, and nobody made Endpoints or EndpointSlices. */
  readonly 'no-selector-no-endpoints': Readonly<Record<never, never>>
  /** No port of the given endpoints has the Service port's name. */
  readonly 'endpoints-port-name': { readonly port: string; readonly names: string }
  /** A named target port that no selected pod's containers have; `pods` lack it of `of`. */
  readonly 'target-port-unnamed': {
    readonly port: number
    readonly targetPort: string
    readonly pods: number
    readonly of: number
    readonly names: string
  }
  /** The name is there with another protocol. */
  readonly 'target-port-protocol': { readonly port: number; readonly targetPort: string; readonly wants: string; readonly has: string }
  /** No container of the selected pods lists the number, so as far as anybody knows nothing listens there. */
  readonly 'target-port-unopened': { readonly port: number; readonly targetPort: number; readonly opened: string }
  readonly 'node-port-out-of-range': { readonly nodePort: number; readonly from: number; readonly to: number }
  readonly 'node-port-taken': { readonly nodePort: number; readonly by: string }
  readonly 'node-port-not-allocated': { readonly port: number }
  readonly 'external-name-ports': { readonly externalName: string }
  readonly 'external-name-selector': { readonly externalName: string }
  readonly 'external-name-address': { readonly externalName: string }
  /** `provider`: what the cluster has (`none`, `service-lb`, `cloud`); `why`: what stands in the way. */
  readonly 'load-balancer-pending': {
    readonly provider: string
    readonly why: 'no-provider' | 'class' | 'no-address' | 'no-node' | 'no-local-endpoint'
    readonly loadBalancerClass: string
  }
  readonly 'load-balancer-port-taken': { readonly port: number; readonly by: string; readonly nodes: number }
  readonly 'load-balancer-no-node-ports': Readonly<Record<never, never>>
  readonly 'source-ranges-node-port-open': { readonly nodePort: number; readonly ranges: string }
  readonly 'headless-no-vip': Readonly<Record<never, never>>
  /** Clients of a headless Service dial the pod: the Service's port number means nothing to them. */
  readonly 'headless-port-not-translated': { readonly port: number; readonly targetPort: number }
  readonly 'local-policy-nodes-without-endpoint': { readonly policy: string; readonly nodes: number; readonly of: number }
  readonly 'topology-hints-refused': { readonly why: 'insufficient-node-info' | 'insufficient-endpoints' | 'overload' | 'no-zone' }
  readonly 'traffic-distribution-alpha': { readonly value: string }
  /** Another pod on the node has the host port. */
  readonly 'host-port-conflict': { readonly hostPort: number; readonly protocol: string; readonly node: string; readonly by: string }
  /** The pod waits because no node has the port free. */
  readonly 'host-port-unschedulable': { readonly hostPort: number; readonly protocol: string; readonly by: string }
  /** kube-proxy's rules come before the portmap plugin's. */
  readonly 'host-port-shadowed': { readonly hostPort: number; readonly protocol: string; readonly by: string }
  /** `none` runs, `class-missing`: no such IngressClass, `class-unserved`: none of those that run is that, `no-class`: it names none and there is no default, `annotation`: its controller goes by the annotation alone. */
  readonly 'ingress-no-controller': {
    readonly why: 'none' | 'class-missing' | 'class-unserved' | 'no-class' | 'annotation'
    readonly class: string
    readonly controllers: string
  }
  readonly 'ingress-service-missing': { readonly service: string }
  readonly 'ingress-service-port': { readonly service: string; readonly port: string; readonly ports: string }
  /** Another Ingress has the host's path already. */
  readonly 'ingress-path-taken': { readonly host: string; readonly path: string; readonly by: string }
  /** `keys`: tls.crt or tls.key is not in the Secret; `names`: the certificate is for other hosts. Controllers serve their own instead. */
  readonly 'ingress-certificate': { readonly secret: string; readonly why: 'missing' | 'keys' | 'broken' | 'names'; readonly hosts: string }
  /** An Ingress for a cloud's balancers, and the cloud is not here. */
  readonly 'ingress-cloud-missing': { readonly why: 'gce' | 'aws' | 'azure' }
  /** In the words of the cloud's controller. */
  readonly 'ingress-cloud-refused': { readonly words: string }
  /** The Service has no node port for an instance group (gce) or an instance target (aws). */
  readonly 'ingress-backend-type': { readonly service: string; readonly type: string; readonly why: 'gce' | 'aws' }
  /** A line of a controller's log about an object, in its own words. */
  readonly 'controller-says': { readonly controller: string; readonly words: string }
  /** An exact path behind a rule that fits all of its requests and is asked before; priorities as the router has them. */
  readonly 'ingress-path-unreached': { readonly rule: string; readonly priority: string; readonly by: string; readonly before: string }
  /** A path with a star at its end, and a controller that takes it for a character. */
  readonly 'ingress-path-star': { readonly path: string; readonly controller: string }
  /** `has`: a node's label that was perhaps meant, `NODE: KEY=VALUE`; empty where there is none. */
  readonly 'daemon-set-no-node': { readonly selector: string; readonly has: string }
  readonly 'ingress-two-defaults': { readonly classes: string }
  readonly 'ingress-controller-retired': { readonly controller: string; readonly since: string; readonly successors: string }
  /** No such GatewayClass, none of those that run is its controller, or its controller does not accept it. */
  readonly 'gateway-no-controller': {
    readonly why: 'class-missing' | 'class-unserved' | 'class-refused'
    readonly class: string
    readonly controller: string
  }
  /** `reason` and `words` are the controller's. */
  readonly 'gateway-listener': { readonly listener: string; readonly reason: string; readonly words: string }
  /** `kind`: the Gateway's controller takes no routes of this kind. */
  readonly 'route-no-gateway': { readonly why: 'missing' | 'kind'; readonly gateway: string; readonly kind: string }
  readonly 'route-refused': { readonly gateway: string; readonly reason: string; readonly words: string }
  /** `grant`: it reaches into another namespace, where no ReferenceGrant lets it. */
  readonly 'route-references': { readonly why: 'grant' | 'broken'; readonly reason: string; readonly words: string }
  /** `none` runs, `provider`: it runs and does not read such kinds, `other`: those that read them leave this one alone. */
  readonly 'route-no-controller': { readonly kind: string; readonly controller: string; readonly why: 'none' | 'provider' | 'other' }
  readonly 'route-entry-point': { readonly entryPoint: string; readonly protocol: string; readonly entryPoints: string }
  readonly 'http-proxy-invalid': { readonly status: string; readonly words: string }
  readonly 'proxy-mode-deprecated': { readonly mode: string; readonly since: string; readonly node: string }
}

export type FindingKind = keyof FindingParams

/** A change that would mend it: the field of an object, and its new value. */
export interface Fix {
  readonly object: ObjectRef
  readonly path: readonly (string | number)[]
  readonly value: string | number
}

export type Finding = { readonly [K in FindingKind]: FindingOf<K> }[FindingKind]

export interface FindingOf<K extends FindingKind> {
  readonly kind: K
  readonly severity: Severity
  /** Absent where it is about the cluster's configuration. */
  readonly object?: ObjectRef
  /** Path of the field in the object, as far as one is to blame: `spec.ports[0].targetPort`. */
  readonly field?: string
  readonly params: FindingParams[K]
  /** Other objects that take part. */
  readonly related: readonly ObjectRef[]
  readonly fix?: Fix
}

/** Rows of most findings: what is usual left out. */
export function finding<K extends FindingKind>(
  kind: K,
  severity: Severity,
  object: ObjectRef,
  params: FindingParams[K],
  more: { readonly field?: string; readonly related?: readonly ObjectRef[]; readonly fix?: Fix } = {},
): FindingOf<K> {
  const { related = [], field, fix } = more
  return { kind, severity, object, params, related, ...(field !== undefined && { field }), ...(fix && { fix }) }
}
