/**
 * klipper-lb (k3s-io/klipper-lb, the script `entry`): what a pod of k3s' ServiceLB does with its own iptables before it sleeps for ever. Each container
 * forwards one port: allowed sources are accepted, what else goes to the destination is dropped, everything is translated and masqueraded.
 */
import type { Container, Pod } from '../api/pod.ts'
import { applyCommands } from '../kernel/netfilter/apply.ts'
import { EMPTY_RULESET, EMPTY_RULESET6, type Ruleset } from '../kernel/netfilter/ruleset.ts'
import type { Origin } from '../kernel/origin.ts'
import type { Sysctls } from '../kernel/sysctl.ts'
import { applySysctls } from './admin.ts'
import type { Family } from './portmap/port-mapping.ts'

export const isKlipper = ({ image }: Container): boolean => /(^|\/)klipper-lb(:|@|$)/.test(image ?? '')
export const hasKlipper = ({ spec }: Pod): boolean => spec.containers.some(isKlipper)

/** Arguments of iptables (or ip6tables) in the order in which the script runs it. */
export function klipperCommands(env: Readonly<Record<string, string>>, family: Family): readonly string[] {
  const { SRC_PORT = '', DEST_PORT = '', SRC_RANGES = '', DEST_IPS = '' } = env
  const protocol = (env['DEST_PROTO'] ?? '').toLowerCase()
  const ofFamily = (address: string): boolean => address.includes(':') === (family === 'IPv6')
  const [length, open, close] = family === 'IPv4' ? [32, '', ''] : [128, '[', ']']
  const accepted = items(SRC_RANGES)
    .filter(ofFamily)
    .map((range) => `-t filter -I FORWARD -s ${range} -p ${protocol} --dport ${DEST_PORT} -j ACCEPT`)
  const forwarded = items(DEST_IPS)
    .filter(ofFamily)
    .flatMap((ip) => [
      `-t filter -A FORWARD -d ${ip}/${length} -p ${protocol} --dport ${DEST_PORT} -j DROP`,
      `-t nat -I PREROUTING -p ${protocol} --dport ${SRC_PORT} -j DNAT --to-destination ${open}${ip}${close}:${DEST_PORT}`,
      `-t nat -I POSTROUTING -d ${ip}/${length} -p ${protocol} -j MASQUERADE`,
    ])
  return [...accepted, ...forwarded]
}

/** Lists are separated by commas or blanks. */
const items = (list: string): readonly string[] => list.split(/[\s,]+/).filter((item) => item !== '')

/** The rules of all containers, which start one after the other. A command that fails ends its container (`set -e`), not the others. */
export function klipperRuleset(pod: Pod, family: Family): Ruleset {
  let ruleset = family === 'IPv6' ? EMPTY_RULESET6 : EMPTY_RULESET
  for (const container of pod.spec.containers.filter(isKlipper)) {
    const origin: Origin = {
      agent: 'klipper-lb',
      object: `Pod/${pod.metadata.namespace ?? 'default'}/${pod.metadata.name}`,
      field: container.name,
    }
    for (const command of klipperCommands(environment(pod, container), family)) {
      const changed = applyCommands(ruleset, [command], origin)
      if (!changed.ok) break
      ruleset = changed.value
    }
  }
  return ruleset
}

/** With what the downward API fills in about the pod. */
function environment({ status }: Pod, { env }: Container): Readonly<Record<string, string>> {
  const fields: Readonly<Record<string, string | undefined>> = {
    'status.hostIP': status.hostIP,
    'status.hostIPs': status.hostIPs?.map(({ ip }) => ip).join(',') ?? status.hostIP,
    'status.podIP': status.podIP,
    'status.podIPs': status.podIPs?.map(({ ip }) => ip).join(',') ?? status.podIP,
  }
  return Object.fromEntries(
    (env ?? []).map(({ name, value, valueFrom }) => [name, value ?? fields[valueFrom?.fieldRef?.fieldPath ?? ''] ?? '']),
  )
}

/**
 * Those of the pod's securityContext that are simulated. k3s turns forwarding on in the pods of its load balancer; one that is given without a word on
 * it is taken for such a pod.
 */
export function podSysctls(pod: Pod, defaults: Sysctls): Sysctls {
  let sysctls = hasKlipper(pod) ? { ...defaults, ipForward: true } : defaults
  for (const { name, value } of pod.spec.securityContext?.sysctls ?? []) {
    const applied = applySysctls(sysctls, { [name]: Number(value) })
    if (applied.ok) sysctls = applied.value
  }
  return sysctls
}
