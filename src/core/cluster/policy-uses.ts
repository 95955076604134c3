import type { BackendTLSPolicy, ParentReference } from '../api/gateway.ts'
import type { BackendTls } from './backend-tls.ts'
import { equal } from './equal.ts'
import type { AttachedAncestor } from './gateway.ts'

/** What is said of policies while routes are looked through; of one ancestor once. */
export class PolicyUses {
  readonly all = new Map<BackendTLSPolicy, readonly AttachedAncestor[]>()

  note({ policy, conditions }: BackendTls, ancestorRef: ParentReference): void {
    const before = this.all.get(policy) ?? []
    if (conditions.length > 0 && !before.some((each) => equal(each.ancestorRef, ancestorRef)))
      this.all.set(policy, [...before, { ancestorRef, conditions }])
  }
}
