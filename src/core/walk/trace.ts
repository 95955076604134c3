import type { Packet } from '../net/packet.ts'
import type { NetnsId } from '../kernel/interface.ts'
import type { DropReason, Step } from '../kernel/step.ts'

/** The way of one packet. All hops but the first begin by receiving, all but the last end by transmitting (Batfish's invariant, see hops.ts). */
export interface PacketTrace {
  readonly direction: 'original' | 'reply'
  readonly netns: NetnsId
  readonly sent: Packet
  readonly hops: readonly Hop[]
  readonly disposition: Disposition
  /** What the walk met that is not modelled exactly: ids of fidelity.ts. */
  readonly fidelity: readonly string[]
}

/** One network namespace. */
export interface Hop {
  readonly netns: NetnsId
  /** The device that the packet came in by; absent where it was sent. */
  readonly in?: string
  /** The device that it left by; absent where it ended. */
  readonly out?: string
  readonly steps: readonly Step[]
}

/** How a packet ended. The exact condition of each value stands in walk/README.md. */
export type Disposition =
  | { readonly kind: 'delivered'; readonly netns: NetnsId; readonly owner?: string; readonly packet: Packet }
  | { readonly kind: 'dropped'; readonly netns: NetnsId; readonly by: DropReason; readonly detail?: string }
  /** Refused with an answer, which is a packet of its own. */
  | { readonly kind: 'rejected'; readonly netns: NetnsId; readonly with: string; readonly reply: Packet }
  /** The sender's own stack refused to send it. */
  | { readonly kind: 'not-sent'; readonly errno: Errno }
  | { readonly kind: 'loop'; readonly netns: NetnsId; readonly passes: number }
  | { readonly kind: 'unsupported'; readonly netns: NetnsId; readonly what: string }
  /** Cut by a limit of the simulator, named. */
  | { readonly kind: 'cut'; readonly limit: 'hops' | 'rules' }

export type Errno =
  | 'ECONNREFUSED'
  | 'ECONNRESET'
  | 'EHOSTUNREACH'
  | 'ENETUNREACH'
  | 'EMSGSIZE'
  | 'EINVAL'
  | 'EACCES'
  | 'EPERM'
  | 'ENOPROTOOPT'
  | 'EOPNOTSUPP'
  | 'EHOSTDOWN'
  | 'ENONET'
  | 'TIMEOUT'

export { FRESH, type Runtime } from '../kernel/runtime.ts'
