import type { OwnerReference } from '../api/meta.ts'
import type { ApiObject } from '../api/object.ts'
import type { Pod } from '../api/pod.ts'
import type { PodTemplate } from '../api/workload.ts'
import { uidOf } from '../cluster/uid.ts'

export const ownerReference = ({ apiVersion, kind, metadata: { name, uid } }: ApiObject): OwnerReference => ({
  apiVersion,
  kind,
  name,
  uid: uid ?? '',
  controller: true,
})

/** A pod as its controller creates it: from the template, not yet on a node. `labels` join those of the template. */
export function podFrom(
  template: PodTemplate,
  owner: ApiObject,
  name: string,
  generateName: string | undefined,
  labels: Readonly<Record<string, string>> = {},
): Pod {
  const namespace = owner.metadata.namespace ?? ''
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace,
      uid: uidOf('Pod', namespace, name),
      ...(generateName !== undefined && { generateName }),
      labels: { ...template.metadata?.labels, ...labels },
      ...(template.metadata?.annotations && { annotations: template.metadata.annotations }),
      ownerReferences: [ownerReference(owner)],
    },
    spec: template.spec,
    status: { phase: 'Pending' },
  }
}
