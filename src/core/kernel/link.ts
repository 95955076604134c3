import { assert, unreachable } from '../base/assert.ts'
import type { Mac } from '../net/mac.ts'
import type { Frame } from '../net/packet.ts'
import { bridgeTransmit } from './bridge.ts'
import { discard } from './error.ts'
import type { Interface } from './interface.ts'
import { portIndex } from './neighbour.ts'
import type { Host, SkBuff } from './session.ts'
import type { Next } from './stage.ts'
import { encapsulate } from './vxlan.ts'

/** dev_queue_xmit and what each kind of device does with a frame. Left out: queues, offloads, carrier. */
export function transmit(host: Host, skb: SkBuff, devName: string, to: Mac): Next {
  const dev = host.ns.interfaces.get(devName)
  assert(dev, `no device ${devName}`)
  if (!dev.up) return discard(host, 'device-down', devName)
  if (dev.kind === 'loopback') return loop(host, skb, dev)
  // A bridged frame keeps its sender's address; what IP sends carries the device's own.
  const source = dev.master !== undefined && skb.ethernet ? skb.ethernet.source : dev.mac
  skb.ethernet = { source, destination: to }
  const frame: Frame = { ethernet: skb.ethernet, packet: skb.packet }
  host.recorder.step({ kind: 'transmit', dev: devName, frame, packet: skb.packet })
  switch (dev.kind) {
    case 'bridge':
      return bridgeTransmit(host, skb, dev)
    case 'vxlan':
      return encapsulate(host, skb, dev)
    case 'veth':
      return hand(host, frame, dev.peer.netns, dev.peer.name)
    case 'physical':
      return onSegment(host, frame, dev)
    case 'dummy':
      return discard(host, 'blackhole', devName)
    default:
      return unreachable(dev)
  }
}

/** loopback_xmit: the same sk_buff comes back in, with its connection and mark. */
function loop(host: Host, skb: SkBuff, dev: Interface): undefined {
  host.recorder.step({ kind: 'transmit', dev: dev.name, packet: skb.packet })
  host.recorder.arrive({
    netns: host.ns.id,
    dev: dev.name,
    packet: skb.packet,
    loopback: {
      mark: skb.mark,
      ...(skb.connection && { connection: skb.connection }),
      ...(skb.route && { route: skb.route }),
      ...(skb.ipvs && { ipvs: skb.ipvs }),
    },
  })
  return undefined
}

function hand(host: Host, frame: Frame, netns: Host['ns']['id'], dev: string): undefined {
  host.recorder.arrive({ netns, dev, frame, packet: frame.packet })
  return undefined
}

/** A switch delivers to whoever has the address; a frame for nobody is lost. */
function onSegment(host: Host, frame: Frame, dev: Interface & { readonly kind: 'physical' }): undefined {
  const port = portIndex(host.session.network.segment(dev.segment)).byMac.get(frame.ethernet.destination)
  return port ? hand(host, frame, port.netns, port.dev) : discard(host, 'fdb', frame.ethernet.destination)
}
