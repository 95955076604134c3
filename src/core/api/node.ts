import type { ObjectMeta } from './meta.ts'

export interface Node {
  readonly apiVersion: 'v1'
  readonly kind: 'Node'
  readonly metadata: ObjectMeta
  readonly spec: {
    readonly podCIDR?: string
    readonly podCIDRs?: readonly string[]
    readonly unschedulable?: boolean
    readonly taints?: readonly {
      readonly key: string
      readonly value?: string
      readonly effect: 'NoSchedule' | 'PreferNoSchedule' | 'NoExecute'
    }[]
  }
  readonly status: {
    readonly addresses?: readonly {
      readonly type: 'InternalIP' | 'ExternalIP' | 'Hostname' | 'InternalDNS' | 'ExternalDNS'
      readonly address: string
    }[]
    readonly conditions?: readonly { readonly type: string; readonly status: string }[]
    readonly allocatable?: Readonly<Record<string, string>>
  }
}
