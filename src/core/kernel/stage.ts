import type { Mac } from '../net/mac.ts'
import type { SkBuff } from './session.ts'

/**
 * What the stack does next with a packet. Each stage is a function that returns the next one, and stack.ts calls them in a loop: so bridge, IP and device
 * code need not import each other in a circle, as the kernel's function pointers (okfn, dst.input, ndo_start_xmit) do it. Undefined: done here.
 */
export type Next =
  /** br_handle_frame: a frame came in on a bridge port. */
  | { readonly stage: 'bridge'; readonly skb: SkBuff; readonly port: string }
  /** ip_rcv: a frame for the host came in on a device. `hooked`: PREROUTING has run already while the frame was bridged. */
  | { readonly stage: 'input'; readonly skb: SkBuff; readonly dev: string; readonly hooked: boolean }
  /** ip_local_out: a packet that began here, with its route. */
  | { readonly stage: 'local-output'; readonly skb: SkBuff }
  /** ip_output: after forwarding or OUTPUT. */
  | { readonly stage: 'output'; readonly skb: SkBuff }
  /** dev_queue_xmit: a frame leaves by a device. */
  | { readonly stage: 'transmit'; readonly skb: SkBuff; readonly dev: string; readonly to: Mac }
  | undefined
