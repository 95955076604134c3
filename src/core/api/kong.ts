import type { ObjectMeta } from './meta.ts'

/** configuration.konghq.com/v1. What a plugin's configuration means is Kong's business, not the API's. */
interface PluginFields {
  readonly apiVersion: 'configuration.konghq.com/v1'
  readonly metadata: ObjectMeta
  /** Its name in Kong: `rate-limiting`. */
  readonly plugin: string
  readonly disabled?: boolean
  readonly config?: Readonly<Record<string, unknown>>
  readonly configFrom?: { readonly secretKeyRef: { readonly name: string; readonly key: string; readonly namespace?: string } }
}

export interface KongPlugin extends PluginFields {
  readonly kind: 'KongPlugin'
}

/** For every namespace; with the label `global: "true"` for every request. */
export interface KongClusterPlugin extends PluginFields {
  readonly kind: 'KongClusterPlugin'
}

export interface KongConsumer {
  readonly apiVersion: 'configuration.konghq.com/v1'
  readonly kind: 'KongConsumer'
  readonly metadata: ObjectMeta
  readonly username?: string
  readonly custom_id?: string
  /** Names of Secrets with the label `konghq.com/credential`. */
  readonly credentials?: readonly string[]
}
