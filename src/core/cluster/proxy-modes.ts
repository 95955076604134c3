import type { ProxyMode } from './config.ts'

/** kube-proxy's modes through the releases of Kubernetes (CHANGELOG files, KEP-3866, KEP-5495): since when each may be used, and until when. */
export interface ProxyModeFacts {
  readonly mode: ProxyMode
  /** First release that had it, however early its state. */
  readonly since: string
  /** First release that called it stable. */
  readonly stable: string
  /** First release that calls it deprecated. */
  readonly deprecated?: string
  /** First release without it. */
  readonly removed?: string
}

export const PROXY_MODE_FACTS: readonly ProxyModeFacts[] = [
  { mode: 'userspace', since: '1.0', stable: '1.0', deprecated: '1.23', removed: '1.26' },
  { mode: 'iptables', since: '1.1', stable: '1.2' },
  { mode: 'ipvs', since: '1.8', stable: '1.11', deprecated: '1.35' },
  { mode: 'nftables', since: '1.29', stable: '1.33' },
]
