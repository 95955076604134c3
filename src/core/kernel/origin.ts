/**
 * Who wrote a piece of kernel state, and why. The kernel carries it without reading it, so that "why does this rule exist?"
 * is always answerable. `object` is `Kind/namespace/name`, `field` a path in it (`spec.ports[0].nodePort`).
 */
export interface Origin {
  readonly agent: Agent
  readonly object?: string
  readonly field?: string
}

export type Agent =
  | 'kernel'
  | 'kubelet'
  | 'cni'
  | 'flannel'
  | 'kube-proxy'
  | 'klipper-lb'
  | 'cloud-controller'
  | 'network-policy'
  | 'site'
  | 'admin'

export const KERNEL: Origin = { agent: 'kernel' }
