import type { IntOrString, ObjectMeta, TransportProtocol } from './meta.ts'

export interface Pod {
  readonly apiVersion: 'v1'
  readonly kind: 'Pod'
  readonly metadata: ObjectMeta
  readonly spec: PodSpec
  readonly status: PodStatus
}

export interface PodSpec {
  readonly nodeName?: string
  readonly hostNetwork?: boolean
  readonly hostname?: string
  readonly subdomain?: string
  readonly nodeSelector?: Readonly<Record<string, string>>
  readonly affinity?: unknown
  readonly tolerations?: readonly { readonly key?: string; readonly operator?: string; readonly value?: string; readonly effect?: string }[]
  readonly containers: readonly Container[]
  readonly initContainers?: readonly Container[]
  readonly restartPolicy?: string
  readonly volumes?: readonly Volume[]
  readonly securityContext?: { readonly sysctls?: readonly { readonly name: string; readonly value: string }[] }
}

export interface Container {
  readonly name: string
  readonly image?: string
  readonly command?: readonly string[]
  readonly args?: readonly string[]
  readonly env?: readonly EnvVar[]
  readonly ports?: readonly ContainerPort[]
  readonly volumeMounts?: readonly VolumeMount[]
  readonly readinessProbe?: {
    readonly httpGet?: { readonly path?: string; readonly port: IntOrString }
    readonly tcpSocket?: { readonly port: IntOrString }
  }
}

/** Of the many kinds those whose files an object holds, and a node's own. */
export interface Volume {
  readonly name: string
  readonly configMap?: KeyFiles & { readonly name?: string }
  readonly secret?: KeyFiles & { readonly secretName?: string }
  readonly hostPath?: { readonly path: string; readonly type?: string }
  readonly projected?: {
    readonly sources?: readonly {
      readonly configMap?: KeyFiles & { readonly name?: string }
      readonly secret?: KeyFiles & { readonly name?: string }
    }[]
  }
}

/** Absent: every key is a file of its name. */
export interface KeyFiles {
  readonly items?: readonly { readonly key: string; readonly path: string }[]
}

export interface VolumeMount {
  readonly name: string
  readonly mountPath: string
  readonly subPath?: string
}

export interface EnvVar {
  readonly name: string
  readonly value?: string
  readonly valueFrom?: { readonly fieldRef?: { readonly fieldPath: string } }
}

export interface ContainerPort {
  readonly name?: string
  readonly containerPort: number
  readonly protocol?: TransportProtocol
  readonly hostPort?: number
  readonly hostIP?: string
}

export interface PodStatus {
  readonly phase?: 'Pending' | 'Running' | 'Succeeded' | 'Failed' | 'Unknown'
  readonly podIP?: string
  readonly podIPs?: readonly { readonly ip: string }[]
  readonly hostIP?: string
  readonly hostIPs?: readonly { readonly ip: string }[]
  readonly conditions?: readonly { readonly type: string; readonly status: string; readonly reason?: string; readonly message?: string }[]
}
