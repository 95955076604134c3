import { fail, ok, type Result } from '../base/result.ts'
import type { Sysctls } from '../kernel/sysctl.ts'
import { isVsSysctl } from './kube-proxy/ipvs/vs-sysctls.ts'

/** What sysctl(8) set by hand on a node comes to. Per-device switches exist only as their effective value, so setting those is refused by name. */
export function applySysctls(sysctls: Sysctls, changes: Readonly<Record<string, number>>): Result<Sysctls, string> {
  let result = sysctls
  for (const [name, value] of Object.entries(changes)) {
    // Those of IPVS are read where IPVS is programmed.
    if (isVsSysctl(name.replaceAll('/', '.'))) continue
    const change = CHANGES[name.replaceAll('/', '.')]
    if (!change) return fail(`sysctl ${name} is not simulated`)
    const next = change(result, value)
    if (!next) return fail(`${name}: Invalid argument ${value}`)
    result = next
  }
  return ok(result)
}

const flag =
  (key: 'ipForward' | 'bridgeNfCallIptables' | 'routeLocalnet' | 'ipv6Forwarding' | 'bridgeNfCallIp6tables') =>
  (sysctls: Sysctls, value: number): Sysctls => ({ ...sysctls, [key]: value !== 0 })

const CHANGES: Readonly<Record<string, (sysctls: Sysctls, value: number) => Sysctls | undefined>> = {
  'net.ipv4.ip_forward': flag('ipForward'),
  'net.ipv4.conf.all.forwarding': flag('ipForward'),
  'net.bridge.bridge-nf-call-iptables': flag('bridgeNfCallIptables'),
  'net.bridge.bridge-nf-call-ip6tables': flag('bridgeNfCallIp6tables'),
  'net.ipv6.conf.all.forwarding': flag('ipv6Forwarding'),
  'net.ipv4.conf.all.route_localnet': flag('routeLocalnet'),
  // The kernel takes the greater of conf/all and conf/DEV (IN_DEV_RPFILTER): all can only make it looser than the devices are.
  'net.ipv4.conf.all.rp_filter': (sysctls, value) =>
    value === 0 || value === 1 || value === 2 ? { ...sysctls, rpFilter: Math.max(value, sysctls.rpFilter) as 0 | 1 | 2 } : undefined,
  'net.ipv4.ip_default_ttl': (sysctls, value) => (value >= 1 && value <= 255 ? { ...sysctls, defaultTtl: value } : undefined),
}
