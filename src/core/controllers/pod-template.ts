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

const references = new WeakMap<ApiObject, readonly OwnerReference[]>()
const NO_LABELS: Readonly<Record<string, string>> = {}

/** One list for all pods of an owner: at full scale copies of what they have in common would be half of the heap. */
function referencesTo(owner: ApiObject): readonly OwnerReference[] {
  let found = references.get(owner)
  if (!found) references.set(owner, (found = [ownerReference(owner)]))
  return found
}

/** A pod as its controller creates it: from the template, not yet on a node. `labels` join those of the template. */
export function podFrom(
  template: PodTemplate,
  owner: ApiObject,
  name: string,
  generateName: string | undefined,
  labels?: Readonly<Record<string, string>>,
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
      labels: labels ? { ...template.metadata?.labels, ...labels } : (template.metadata?.labels ?? NO_LABELS),
      ...(template.metadata?.annotations && { annotations: template.metadata.annotations }),
      ownerReferences: referencesTo(owner),
    },
    spec: template.spec,
    status: { phase: 'Pending' },
  }
}
