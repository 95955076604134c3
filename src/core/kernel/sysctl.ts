/** The few switches of /proc/sys/net that decide where packets go. Per-interface ones hold the effective value (max of conf/all and conf/DEV). */
export interface Sysctls {
  /** net.ipv4.ip_forward */
  readonly ipForward: boolean
  /** net.bridge.bridge-nf-call-iptables */
  readonly bridgeNfCallIptables: boolean
  /** net.ipv4.conf.*.rp_filter: 0 off, 1 strict, 2 loose (RFC 3704). */
  readonly rpFilter: 0 | 1 | 2
  /** net.ipv4.conf.all.route_localnet */
  readonly routeLocalnet: boolean
  /** Devices on which net.ipv4.conf.DEV.route_localnet is set although that of `all` is not. */
  readonly routeLocalnetDevices?: readonly string[]
  /** net.ipv4.ip_default_ttl, and net.ipv6.conf.all.hop_limit */
  readonly defaultTtl: number
  /** net.ipv6.conf.all.forwarding */
  readonly ipv6Forwarding: boolean
  /** net.bridge.bridge-nf-call-ip6tables */
  readonly bridgeNfCallIp6tables: boolean
}

export const DEFAULT_SYSCTLS: Sysctls = {
  ipForward: false,
  bridgeNfCallIptables: true,
  rpFilter: 0,
  routeLocalnet: false,
  defaultTtl: 64,
  ipv6Forwarding: false,
  bridgeNfCallIp6tables: true,
}
