import { sha256Hex } from '../base/sha256.ts'
import type { Address, Interface, NetnsId, Scope } from '../kernel/interface.ts'
import { KERNEL, type Origin } from '../kernel/origin.ts'
import { type Cidr, cidr, hostCidr } from '../net/cidr.ts'
import { ANY, type Ip, isIpv6, LOOPBACK, LOOPBACK6 } from '../net/ip.ts'
import { linkLocalOf } from '../net/ip6.ts'
import { type Mac, macFromIp, ZERO_MAC } from '../net/mac.ts'

/** Devices and their addresses: MACs follow from addresses, so that who answers ARP is known without building anybody's namespace. */
export const addressOf = (prefix: Cidr, scope: Scope = 'global'): Address => ({ prefix, scope })

export const LO: Interface = {
  kind: 'loopback',
  name: 'lo',
  index: 1,
  mac: ZERO_MAC,
  mtu: 65536,
  up: true,
  addresses: [addressOf(cidr(LOOPBACK, 8), 'host')],
  origin: KERNEL,
}

/** With ::1, where there is IPv6. */
export const LO6: Interface = { ...LO, addresses: [...LO.addresses, addressOf(hostCidr(LOOPBACK6), 'host')] }

/** The device with the link-local address that the kernel gives it as soon as it is up and IPv6 is on. */
export const withLinkLocal = (device: Interface): Interface =>
  device.kind === 'loopback' || !device.up
    ? device
    : { ...device, addresses: [...device.addresses, addressOf(cidr(linkLocalOf(device.mac), 64), 'link')] }

/** QEMU's prefix: every machine on a network of the site. */
export const lanMac = (ip: Ip): Mac => macFromIp('52:54:00', ip)
/** The prefix of the CNI plugins for pods and for the bridge. */
export const podMac = (ip: Ip): Mac => macFromIp('0a:58', ip)
/** flannel.1 and flannel-v6.1, from the base of the node's pod network; flannel itself draws them at random and publishes them as annotations. */
export const vtepMac = (base: Ip): Mac => macFromIp(isIpv6(base) ? '0e:f6' : '0e:f1', base)

/** `prefixes`: its addresses, of IPv4 first, as its MAC follows from the first. */
export function lanInterface(
  name: string,
  index: number,
  segment: string,
  mtu: number,
  prefixes: readonly Cidr[],
  origin: Origin,
): Interface {
  const mac = lanMac(prefixes[0]?.ip ?? ANY)
  return { kind: 'physical', segment, name, index, mac, mtu, up: true, addresses: prefixes.map((prefix) => addressOf(prefix)), origin }
}

/** The host's end of a pod's cable; the plugin draws the name at random, here it follows from the pod. */
export interface HostVeth {
  readonly name: string
  readonly mac: Mac
}

export function hostVeth(namespace: string, pod: string): HostVeth {
  const digits = sha256Hex(`${namespace}/${pod}`, 10)
  return { name: `veth${digits.slice(0, 8)}`, mac: `02:${(digits.match(/../g) ?? []).join(':')}` as Mac }
}

export interface VethEnd {
  readonly name: string
  readonly index: number
  readonly mac: Mac
  readonly mtu: number
  readonly peer: { readonly netns: NetnsId; readonly name: string }
  readonly origin: Origin
}

export const vethPort = (end: VethEnd, master: string, hairpin: boolean): Interface => ({
  kind: 'veth',
  ...end,
  up: true,
  addresses: [],
  master,
  hairpin,
})
export const vethInterface = (end: VethEnd, prefixes: readonly Cidr[]): Interface => ({
  kind: 'veth',
  ...end,
  up: true,
  addresses: prefixes.map((prefix) => addressOf(prefix)),
})
export const interfaceMap = (interfaces: readonly Interface[]): ReadonlyMap<string, Interface> =>
  new Map(interfaces.map((iface) => [iface.name, iface]))
