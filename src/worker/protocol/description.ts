/** Facts about one object. `facts` name a message key of the page and a value that is shown as it is. */
export interface Description {
  readonly id: string
  readonly kind: string
  readonly namespace: string
  readonly name: string
  readonly facts: readonly Fact[]
  readonly relations: readonly Relation[]
  /** As `kubectl get -o yaml` would print it; empty for hosts outside the cluster. */
  readonly yaml: string
  /** Address to its owner, for those that the facts speak of. */
  readonly owners?: Readonly<Record<string, string>>
  /** What to type as a target to reach it, where there is something to reach. */
  readonly address?: string
}

export interface Fact {
  readonly label: FactLabel
  readonly value: string
  /** Addresses, ports, selectors: shown in mono. */
  readonly mono?: boolean
}

export type FactLabel =
  | 'phase'
  | 'ready'
  | 'podIP'
  | 'hostIP'
  | 'node'
  | 'internalIP'
  | 'podCIDR'
  | 'pods'
  | 'roles'
  | 'type'
  | 'clusterIP'
  | 'ports'
  | 'nodePorts'
  | 'selector'
  | 'labels'
  | 'endpoints'
  | 'replicas'
  | 'containers'
  | 'sessionAffinity'
  | 'externalTrafficPolicy'
  | 'internalTrafficPolicy'
  | 'externalIPs'
  | 'interfaces'
  | 'routes'
  | 'message'
  | 'ingressClass'
  | 'defaultClass'
  | 'classController'
  | 'address'
  | 'rules'
  | 'certificates'

export interface Relation {
  readonly label:
    | 'owner'
    | 'service'
    | 'endpoint'
    | 'pod'
    | 'node'
    | 'slice'
    | 'workload'
    | 'controller'
    | 'class'
    | 'backend'
    | 'secret'
    | 'ingress'
  readonly id: string
  readonly text: string
}
