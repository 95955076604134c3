import type { LabelSelector, ObjectMeta } from './meta.ts'
import type { PodSpec } from './pod.ts'

export interface PodTemplate {
  readonly metadata?: {
    readonly name?: string
    readonly labels?: Readonly<Record<string, string>>
    readonly annotations?: Readonly<Record<string, string>>
  }
  readonly spec: PodSpec
}

export interface Deployment {
  readonly apiVersion: 'apps/v1'
  readonly kind: 'Deployment'
  readonly metadata: ObjectMeta
  readonly spec: { readonly replicas?: number; readonly selector: LabelSelector; readonly template: PodTemplate }
}
export interface ReplicaSet {
  readonly apiVersion: 'apps/v1'
  readonly kind: 'ReplicaSet'
  readonly metadata: ObjectMeta
  readonly spec: { readonly replicas?: number; readonly selector: LabelSelector; readonly template: PodTemplate }
}
export interface DaemonSet {
  readonly apiVersion: 'apps/v1'
  readonly kind: 'DaemonSet'
  readonly metadata: ObjectMeta
  readonly spec: { readonly selector: LabelSelector; readonly template: PodTemplate }
}
export interface StatefulSet {
  readonly apiVersion: 'apps/v1'
  readonly kind: 'StatefulSet'
  readonly metadata: ObjectMeta
  readonly spec: {
    readonly replicas?: number
    readonly serviceName?: string
    readonly ordinals?: { readonly start?: number }
    readonly selector: LabelSelector
    readonly template: PodTemplate
  }
}
export interface Job {
  readonly apiVersion: 'batch/v1'
  readonly kind: 'Job'
  readonly metadata: ObjectMeta
  readonly spec: { readonly parallelism?: number; readonly completions?: number; readonly template: PodTemplate }
}
export interface Namespace {
  readonly apiVersion: 'v1'
  readonly kind: 'Namespace'
  readonly metadata: ObjectMeta
}
export interface ConfigMap {
  readonly apiVersion: 'v1'
  readonly kind: 'ConfigMap'
  readonly metadata: ObjectMeta
  readonly data?: Readonly<Record<string, string>>
}
export interface Secret {
  readonly apiVersion: 'v1'
  readonly kind: 'Secret'
  readonly metadata: ObjectMeta
  readonly type?: string
  /** In base64, as the API has it. */
  readonly data?: Readonly<Record<string, string>>
  /** Only on the way in: defaults move it into `data`. */
  readonly stringData?: Readonly<Record<string, string>>
}
