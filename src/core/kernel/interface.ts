import type { Brand } from '../base/brand.ts'
import type { Cidr } from '../net/cidr.ts'
import type { Ip } from '../net/ip.ts'
import type { Mac } from '../net/mac.ts'
import type { Origin } from './origin.ts'

/** The name of a network namespace: `node-1`, `p-default-web-1`, `client`. Unique in a network. */
export type NetnsId = Brand<string, 'NetnsId'>

/** What `ip -d link` and `ip addr` say of one device. */
export type Interface = Link & InterfaceKind

interface Link {
  readonly name: string
  readonly index: number
  readonly mac: Mac
  readonly mtu: number
  readonly up: boolean
  readonly addresses: readonly Address[]
  /** The bridge that this device is a port of. */
  readonly master?: string
  /** Bridge port flag (`bridge link set dev X hairpin on`): a frame may leave by the port it came in on. */
  readonly hairpin?: boolean
  readonly origin: Origin
}

export type InterfaceKind =
  | { readonly kind: 'loopback' }
  | { readonly kind: 'dummy' }
  /** A cable into an L2 segment that all who name the same segment share (a switch). */
  | { readonly kind: 'physical'; readonly segment: string }
  | { readonly kind: 'veth'; readonly peer: { readonly netns: NetnsId; readonly name: string } }
  /** Its ports are the interfaces whose `master` it is. */
  | { readonly kind: 'bridge' }
  /** drivers/net/vxlan. `fdb` says behind which VTEP a MAC lives (`bridge fdb`); `learning` off as flannel sets it. */
  | {
      readonly kind: 'vxlan'
      readonly vni: number
      readonly local: Ip
      readonly port: number
      readonly lower: string
      readonly learning: boolean
      readonly fdb: readonly VxlanFdbEntry[]
    }

export interface Address {
  /** Local address with its prefix length, host bits kept. */
  readonly prefix: Cidr
  readonly scope: Scope
}

export type Scope = 'global' | 'link' | 'host'

export interface VxlanFdbEntry {
  readonly mac: Mac
  readonly remote: Ip
  readonly origin: Origin
}
