import type { Hop, PacketTrace } from '../../core/walk/trace.ts'
import type { Step } from '../../core/kernel/step.ts'
import type { Held } from './layers.ts'

/**
 * The packet before and after every step of a hop. The Ethernet header stays with the packet inside a machine, as the kernel's buffer keeps it,
 * until a device writes a new one.
 */
export function heldAround(trace: PacketTrace, hop: number): readonly { readonly before?: Held; readonly after?: Held }[] {
  const steps = trace.hops[hop]?.steps ?? []
  let now = hop === 0 ? undefined : lastHeld(trace.hops[hop - 1])
  return steps.map((step) => {
    const before = now
    now = after(step, before)
    return { ...(before ? { before } : {}), ...(now ? { after: now } : {}) }
  })
}

/** The packet as a hop got it and as the hop let it go. Undefined where it was born or died. */
export function heldOverHop(trace: PacketTrace, hop: number): { readonly before?: Held; readonly after?: Held } {
  const { steps, in: device, out } = trace.hops[hop] ?? { steps: [] }
  const around = heldAround(trace, hop)
  const arrival = steps.findIndex((step) => step.kind === 'receive')
  const before = device === undefined ? undefined : around[Math.max(0, arrival)]?.after
  const last = around.at(-1)?.after
  const born = device === undefined ? around[0]?.after : undefined
  const gone = out === undefined && device !== undefined && steps.some((step) => step.kind === 'drop' || step.kind === 'reject')
  return { ...(before ? { before } : born && out !== undefined ? { before: born } : {}), ...(last && !gone ? { after: last } : {}) }
}

function lastHeld(hop: Hop | undefined): Held | undefined {
  const sent = hop?.steps.findLast((step) => step.kind === 'transmit')
  return sent ? held(sent) : undefined
}

const held = (step: Extract<Step, { kind: 'receive' | 'transmit' }>): Held => ({
  packet: step.packet,
  ...(step.frame ? { frame: step.frame } : {}),
})

function after(step: Step, before: Held | undefined): Held | undefined {
  switch (step.kind) {
    case 'receive':
    case 'transmit':
      return held(step)
    case 'send':
    case 'encapsulate':
      return { packet: step.packet }
    case 'decapsulate': {
      const outer = before?.packet.transport
      const frame = outer?.kind === 'udp' ? outer.vxlan?.frame : undefined
      return { packet: step.packet, ...(frame ? { frame: { ...frame, packet: step.packet } } : {}) }
    }
    case 'nat':
    case 'ipvs':
    case 'forward':
    case 'fragment':
    case 'defragment':
      return { packet: step.packet, ...(before?.frame ? { frame: { ...before.frame, packet: step.packet } } : {}) }
    case 'drop':
      return undefined
    default:
      return before
  }
}
