import { assert } from '../base/assert.ts'
import { BROADCAST_MAC, type Mac } from '../net/mac.ts'
import { discard, refuse, rejectWith } from './error.ts'
import { fragment } from './fragment.ts'
import { runHook } from './hook.ts'
import { HOST_UNREACHABLE } from './icmp.ts'
import type { Interface } from './interface.ts'
import { listIndex } from './list-index.ts'
import { portIndex, resolve } from './neighbour.ts'
import { routeInput } from './route.ts'
import type { Host, SkBuff } from './session.ts'
import type { Next } from './stage.ts'

/**
 * A Linux bridge (net/bridge/br_input.c, br_forward.c, br_device.c) with bridge netfilter (br_netfilter_hooks.c): with bridge-nf-call-iptables (IPv6: -ip6tables) on, a
 * bridged frame passes the inet hooks, and a destination changed by DNAT decides anew where it goes. The FDB is taken as learned from what hangs on the
 * ports. Left out: STP, VLANs, multicast snooping, ebtables.
 */
const BRIDGED = ['FORWARD', 'POSTROUTING'] as const

type Bridge = Interface & { readonly kind: 'bridge' }

/** br_handle_frame. */
export function bridgeInput(host: Host, skb: SkBuff, portName: string): Next {
  const { ns } = host
  const port = ns.interfaces.get(portName)
  const bridge = port?.master === undefined ? undefined : ns.interfaces.get(port.master)
  assert(port && bridge?.kind === 'bridge', `${portName} is no bridge port`)
  if (!bridge.up) return discard(host, 'device-down', bridge.name)
  skb.physIn = port.name
  skb.in = bridge.name
  const hooked = skb.v6 ? ns.sysctls.bridgeNfCallIp6tables : ns.sysctls.bridgeNfCallIptables
  if (!hooked) return switchFrame(host, skb, bridge, port, false)
  const destination = skb.packet.ip.destination
  const verdict = runHook(host, skb, 'PREROUTING', undefined)
  if (verdict.kind === 'reject') return rejectWith(host, skb, verdict.with)
  if (verdict.kind === 'stop') return undefined
  if (verdict.kind === 'stolen') return verdict.next
  return skb.packet.ip.destination === destination ? switchFrame(host, skb, bridge, port, true) : redirected(host, skb, bridge, port)
}

/** br_nf_pre_routing_finish for a packet whose destination DNAT changed. */
function redirected(host: Host, skb: SkBuff, bridge: Bridge, port: Interface): Next {
  const route = routeInput(host, skb, bridge.name)
  if (route.kind === 'unsupported') return unsupported(host, route.what)
  if (route.kind === 'invalid') return discard(host, route.why)
  // br_nf_pre_routing_finish_ipv6 says nothing about an address that nobody has.
  if (route.kind === 'error' && skb.v6) return discard(host, route.why === 'blackhole' ? 'blackhole' : 'no-route')
  skb.input = route
  if (route.kind === 'forward' && route.destination.dev === bridge.name) {
    skb.route = route.destination
    const neighbour = resolve(host, skb, bridge.name, route.destination.via ?? skb.packet.ip.destination)
    if (neighbour.kind === 'failed') return refuse(host, skb, HOST_UNREACHABLE, 'host-unreachable', 'neighbour', neighbour.delay)
    // The source stays the sender's: only the destination of the Ethernet header is rewritten.
    skb.ethernet = { source: ethernet(skb).source, destination: neighbour.mac }
    // Without a connected neighbour entry the packet takes the slow path through the bridge device (br_nf_pre_routing_finish_bridge_slow).
    if (!neighbour.connected)
      host.recorder.step({ kind: 'transmit', dev: bridge.name, frame: { ethernet: ethernet(skb), packet: skb.packet }, packet: skb.packet })
    skb.input = undefined
    return switchFrame(host, skb, bridge, port, true)
  }
  skb.ethernet = { source: ethernet(skb).source, destination: bridge.mac }
  return up(host, skb, bridge, port, true)
}

function unsupported(host: Host, what: string): undefined {
  host.recorder.end({ kind: 'unsupported', what })
  return undefined
}

function ethernet(skb: SkBuff): { readonly source: Mac; readonly destination: Mac } {
  assert(skb.ethernet, 'a bridged packet has an Ethernet header')
  return skb.ethernet
}

/** br_handle_frame_finish: up to the host, out of the port that the FDB names, or out of all. */
function switchFrame(host: Host, skb: SkBuff, bridge: Bridge, port: Interface, hooked: boolean): Next {
  const { destination } = ethernet(skb)
  if (isOwn(host, bridge, destination)) return up(host, skb, bridge, port, hooked)
  const out = lookup(host, bridge, destination)
  if (!out) return flood(host, skb, bridge, port.name)
  if (out.name === port.name && !port.hairpin) {
    host.recorder.step({ kind: 'bridge', bridge: bridge.name, port: port.name, destination, action: 'drop', ports: [] })
    return discard(host, 'hairpin', port.name)
  }
  host.recorder.step({ kind: 'bridge', bridge: bridge.name, port: port.name, destination, action: 'forward', ports: [out.name] })
  skb.physOut = out.name
  if (hooked)
    for (const hook of BRIDGED) {
      const verdict = runHook(host, skb, hook, bridge.name)
      if (verdict.kind === 'reject') return rejectWith(host, skb, verdict.with)
      if (verdict.kind === 'stop') return undefined
      if (verdict.kind === 'stolen') return verdict.next
    }
  return leave(host, skb, out)
}

const devicesWith = listIndex(([, { mac }]: readonly [string, Interface]) => mac)

const isOwn = (host: Host, bridge: Bridge, mac: Mac): boolean =>
  mac === bridge.mac || mac === BROADCAST_MAC || devicesWith(host.ns.interfaces, mac).some(([, { master }]) => master === bridge.name)

function lookup(host: Host, bridge: Bridge, mac: Mac): Interface | undefined {
  const port = portIndex(host.session.network.bridgePorts(host.ns.id, bridge.name)).byMac.get(mac)
  return port && 'port' in port ? host.ns.interfaces.get(port.port as string) : undefined
}

/** br_pass_frame_up: now it belongs to the bridge device. */
function up(host: Host, skb: SkBuff, bridge: Bridge, port: Interface, hooked: boolean): Next {
  const frame = { ethernet: ethernet(skb), packet: skb.packet }
  host.recorder.step({
    kind: 'bridge',
    bridge: bridge.name,
    port: port.name,
    destination: frame.ethernet.destination,
    action: 'up',
    ports: [bridge.name],
  })
  host.recorder.step({ kind: 'receive', dev: bridge.name, frame, packet: skb.packet })
  // ip_rcv clears the control block, and with it how large the fragments were.
  skb.largestFragment = undefined
  return { stage: 'input', skb, dev: bridge.name, hooked }
}

/** Nobody is known to have the address: a copy to every port, which nobody takes. */
function flood(host: Host, skb: SkBuff, bridge: Bridge, from: string): Next {
  const ports = [...host.ns.interfaces.values()].filter((i) => i.master === bridge.name && i.name !== from).map((i) => i.name)
  host.recorder.step({ kind: 'bridge', bridge: bridge.name, port: from, destination: ethernet(skb).destination, action: 'flood', ports })
  return discard(host, 'fdb', ethernet(skb).destination)
}

/** br_dev_xmit: a packet of the host itself, or a routed one, enters the bridge by its device. */
export function bridgeTransmit(host: Host, skb: SkBuff, bridge: Bridge): Next {
  const { destination } = ethernet(skb)
  const out = lookup(host, bridge, destination)
  if (!out) return flood(host, skb, bridge, bridge.name)
  host.recorder.step({ kind: 'bridge', bridge: bridge.name, port: bridge.name, destination, action: 'forward', ports: [out.name] })
  return leave(host, skb, out)
}

/** br_dev_queue_push_xmit, with br_nf_dev_queue_xmit: what was reassembled for the hooks leaves in fragments again. */
function leave(host: Host, skb: SkBuff, out: Interface): Next {
  if (skb.largestFragment !== undefined) fragment(host, skb, Math.min(skb.largestFragment, out.mtu))
  // is_skb_forwardable allows a VLAN tag more than the MTU.
  if (skb.packet.ip.length > out.mtu + 4) return discard(host, 'mtu', out.name)
  return { stage: 'transmit', skb, dev: out.name, to: ethernet(skb).destination }
}
