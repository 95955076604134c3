/** Shapes of Kong's own kinds (kong/kubernetes-configuration, configuration.konghq.com/v1). The configuration of a plugin is opaque. */
import { kindOf } from './meta-schema.ts'
import { boolean, listOf, object, opaque, opaques, string } from './schema.ts'

const PLUGIN = {
  plugin: string(),
  disabled: boolean,
  config: opaque,
  configFrom: object('ConfigSource', {
    secretKeyRef: object('SecretValueFromSource', { name: string(), key: string(), namespace: string() }, 'name', 'key'),
  }),
  ...opaques('configPatches consumerRef ordering protocols run_on instance_name status'),
}

export const KONG_PLUGIN = kindOf('KongPlugin', PLUGIN, 'plugin')
export const KONG_CLUSTER_PLUGIN = kindOf('KongClusterPlugin', PLUGIN, 'plugin')
export const KONG_CONSUMER = kindOf('KongConsumer', {
  username: string(),
  custom_id: string(),
  credentials: listOf(string()),
  ...opaques('consumerGroups spec status'),
})
