/** Shapes that every kind shares (k8s.io/apimachinery/pkg/apis/meta/v1). */
import { boolean, intOrString, listOf, mapOf, object, oneOf, opaque, opaques, string, type ObjectSchema } from './schema.ts'

export const labels = mapOf(string('labelValue'), 'labelKey')
export const annotations = mapOf(string(), 'labelKey')

const OWNER = object('OwnerReference', {
  ...opaques('blockOwnerDeletion'),
  apiVersion: string(),
  kind: string(),
  name: string(),
  uid: string(),
  controller: boolean,
})

/** The name's own format depends on the kind and is checked there. */
export const OBJECT_META = object('ObjectMeta', {
  ...opaques('resourceVersion generation managedFields selfLink clusterName deletionGracePeriodSeconds'),
  name: string(),
  generateName: string(),
  namespace: string('dns1123Label'),
  labels,
  annotations,
  uid: string(),
  creationTimestamp: string(),
  deletionTimestamp: string(),
  ownerReferences: listOf(OWNER),
  finalizers: listOf(string()),
})

export const LABEL_SELECTOR = object('LabelSelector', {
  matchLabels: labels,
  matchExpressions: listOf(
    object(
      'LabelSelectorRequirement',
      { key: string('labelKey'), operator: oneOf('In', 'NotIn', 'Exists', 'DoesNotExist'), values: listOf(string()) },
      'key',
      'operator',
    ),
  ),
})

export const protocol = oneOf('TCP', 'UDP', 'SCTP')
export const port = { kind: 'integer', range: [1, 65535] } as const

/** A kind: TypeMeta, metadata, and its own fields. */
export const kindOf = (go: string, fields: ObjectSchema['fields'], ...required: string[]): ObjectSchema =>
  object(go, { apiVersion: string(), kind: string(), metadata: OBJECT_META, ...fields }, ...required)

export { intOrString, opaque }
