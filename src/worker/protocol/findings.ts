import type { Finding, Severity } from '../../core/findings/finding.ts'
import type { ClusterEdit } from '../protocol.ts'

/** What people get wrong, as it crosses to the page: what the core found, with ids of the tree in place of references, and what one click could do about it. */
export interface FoundWrong {
  /** Tells it apart from all others of the same cluster. */
  readonly key: string
  readonly finding: Finding
  /** Whom it is about; empty where it is the cluster's configuration. */
  readonly subject: string
  readonly related: readonly string[]
  readonly mends: readonly Mend[]
}

/** A change that would mend it: small, and safe enough for one click with undo. */
export interface Mend {
  readonly kind: 'set' | 'unset' | 'scale' | 'provider' | 'mode'
  /** `field` and `value`, a workload's name in `what`, a provider or a mode in `value`. */
  readonly params: Readonly<Record<'field' | 'value' | 'what', string>>
  readonly edit: ClusterEdit
}

export interface FindingsFound {
  readonly counts: Readonly<Record<Severity, number>>
  /** The gravest first; of those that the filter lets through. */
  readonly findings: readonly FoundWrong[]
  /** How many the filter lets through. */
  readonly total: number
}

/** An error or a warning that stands at an object: its own, or of a Service that it should answer for. */
export interface ObjectMark {
  readonly id: string
  readonly severity: Exclude<Severity, 'info'>
  /** Subjects of the findings, the first of many; the object itself where they are its own. */
  readonly of: readonly string[]
}

export interface MarksFound {
  readonly counts: Readonly<Record<Severity, number>>
  readonly marks: readonly ObjectMark[]
  /** Findings of errors and warnings, one per subject and the gravest first: what the map names. */
  readonly gravest: readonly FoundWrong[]
  /** How many subjects there are, also those that are not named. */
  readonly subjects: number
}

/** All that a Service is at this moment: what it says, and what has become of it. */
export interface ServiceReport {
  readonly id: string
  readonly type: string
  readonly addresses: readonly ServiceAddress[]
  readonly ports: readonly ReportPort[]
  /** Fields that decide who answers whom, with their values; what is as usual is left out. */
  readonly policies: readonly { readonly field: PolicyField; readonly value: string }[]
  readonly endpoints: readonly ReportEndpoint[]
  /** Of how many those are the first. */
  readonly endpointCount: number
  readonly health?: {
    readonly port: number
    readonly answers: readonly { readonly node: string; readonly ip: string; readonly status: number; readonly localEndpoints: number }[]
    readonly nodes: number
  }
  readonly outside?: OutsideTraffic
}

export interface ServiceAddress {
  readonly kind: 'cluster' | 'external' | 'load-balancer' | 'name' | 'headless' | 'pending'
  /** Empty where there is none. */
  readonly address: string
  readonly ipMode?: string
}

export interface ReportPort {
  readonly name: string
  readonly protocol: string
  readonly port: number
  readonly targetPort: string
  readonly nodePort?: number
  readonly appProtocol?: string
  /** The number that targetPort comes to, by pod; without `number` for pods where it comes to none. `pods` are the first of `count`. */
  readonly targets: readonly { readonly number?: number; readonly pods: readonly string[]; readonly count: number }[]
}

export type PolicyField =
  | 'internalTrafficPolicy'
  | 'externalTrafficPolicy'
  | 'sessionAffinity'
  | 'publishNotReadyAddresses'
  | 'trafficDistribution'
  | 'topologyMode'
  | 'ipFamilies'
  | 'loadBalancerSourceRanges'
  | 'loadBalancerClass'
  | 'allocateLoadBalancerNodePorts'
  | 'selector'

export interface ReportEndpoint {
  readonly address: string
  readonly ports: readonly string[]
  /** Id of the tree; empty for what is no pod. */
  readonly object: string
  readonly node: string
  readonly zone: string
  readonly hints: readonly string[]
  readonly ready: boolean
  readonly serving: boolean
  readonly terminating: boolean
}

/** How traffic from outside comes to a Service of type NodePort or LoadBalancer: addresses, who forwards, and the nodes. */
export interface OutsideTraffic {
  /** `none`: nobody fulfils load balancers. Absent for NodePort. */
  readonly provider?: 'none' | 'service-lb' | 'cloud'
  /** Host outside that balances, as an id of the tree. */
  readonly balancer?: string
  readonly addresses: readonly string[]
  /** ServiceLB's pods, by node; the first of `forwarderCount`. */
  readonly forwarders: readonly { readonly pod: string; readonly node: string; readonly ready: boolean }[]
  readonly forwarderCount: number
  /** Nodes by name, the first of `nodeCount`: `healthy` where the balancer outside sends to, `endpoints` that are ready there. */
  readonly nodes: readonly { readonly node: string; readonly ip: string; readonly endpoints: number; readonly healthy: boolean }[]
  readonly nodeCount: number
  readonly local: boolean
}
