import type { Interface } from '../../../kernel/interface.ts'
import { hostCidr } from '../../../net/cidr.ts'
import type { Ip } from '../../../net/ip.ts'
import type { Mac } from '../../../net/mac.ts'
import { addressOf } from '../../devices.ts'
import { KUBE_PROXY } from '../fixed-rules.ts'

/**
 * kube-ipvs0: never up, and no packet is ever on it. Its addresses make the kernel deliver what is for a Service locally, and that is where IPVS waits:
 * the local routes exist whether the device is up or not.
 */
const DEVICE = 'kube-ipvs0'
const MTU = 1500
/** The kernel draws a random one. */
const HARDWARE = '02:00:5e:00:00:01' as Mac

const bound = new WeakMap<readonly Ip[], Interface['addresses']>()

/** The same for all nodes, as every node has the addresses of all Services. */
function addressesOf(ips: readonly Ip[]): Interface['addresses'] {
  let known = bound.get(ips)
  if (!known) bound.set(ips, (known = ips.map((ip) => addressOf(hostCidr(ip)))))
  return known
}

export const dummyDevice = (addresses: readonly (readonly Ip[])[], index: number): Interface => ({
  kind: 'dummy',
  name: DEVICE,
  index,
  mac: HARDWARE,
  mtu: MTU,
  up: false,
  addresses: addresses.length === 1 ? addressesOf(addresses[0] ?? []) : addresses.flatMap(addressesOf),
  origin: KUBE_PROXY,
})
