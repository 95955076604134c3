import type { ObjectMeta } from './meta.ts'

/** projectcontour.io/v1alpha1: what Contour is told beside its arguments, as far as anything here reads it. */
export interface ContourConfiguration {
  readonly apiVersion: 'projectcontour.io/v1alpha1'
  readonly kind: 'ContourConfiguration'
  readonly metadata: ObjectMeta
  readonly spec?: {
    /** The one Gateway that this Contour is for. */
    readonly gateway?: { readonly gatewayRef?: { readonly namespace: string; readonly name: string } }
  }
}

/** How the provisioner makes a Contour and its Envoys for each Gateway of a class. */
export interface ContourDeployment {
  readonly apiVersion: 'projectcontour.io/v1alpha1'
  readonly kind: 'ContourDeployment'
  readonly metadata: ObjectMeta
  readonly spec?: {
    readonly contour?: { readonly replicas?: number; readonly deployment?: { readonly replicas?: number } }
    readonly envoy?: {
      readonly workloadType?: string
      readonly replicas?: number
      readonly deployment?: { readonly replicas?: number }
      readonly networkPublishing?: { readonly type?: string; readonly externalTrafficPolicy?: string }
    }
  }
}
