import type { Choose } from '../core/base/choose.ts'
import { type Simulation, resolveRequest } from '../core/engine.ts'
import type { NetnsId } from '../core/kernel/interface.ts'
import { network } from '../core/node/network.ts'
import type { Request } from '../core/sim/conversation.ts'
import { type Arguments, choice, flag, required, text, texts, wholeNumber } from './arguments.ts'
import { type ChainPick, forced } from './forced.ts'
import { line } from './messages.ts'
import { UsageError } from './terminal.ts'

export interface Asked extends Chance {
  readonly request: Request
  /** Ids of fidelity.ts of what was approximate on the way from words to a request. */
  readonly fidelity: readonly string[]
}

/** `--seed` and `--pick`. */
export interface Chance {
  readonly seed: number
  readonly picks: readonly ChainPick[]
}

/** The packet that `--from`, `--to` and the packet options ask for. */
export function readRequest(args: Arguments, simulation: Simulation, command: string): Asked {
  const from = required(args, 'from', command)
  const to = required(args, 'to', command)
  const sourcePort = wholeNumber(args, 'sport', 1, 65535)
  const payload = wholeNumber(args, 'payload', 0, 65507)
  const ttl = wholeNumber(args, 'ttl', 1, 255)
  const dontFragment = flag(args, 'df') ? true : flag(args, 'no-df') ? false : undefined
  const resolved = resolveRequest(simulation, {
    from,
    to,
    ...(text(args, 'proto') !== undefined && { protocol: choice(args, 'proto', ['tcp', 'udp', 'sctp', 'icmp'], 'tcp') }),
    ...(flag(args, 'ipv6') ? { family: 'IPv6' as const } : flag(args, 'ipv4') ? { family: 'IPv4' as const } : {}),
    ...(sourcePort !== undefined && { sourcePort }),
    ...(payload !== undefined && { payload }),
    ...(ttl !== undefined && { ttl }),
    ...(dontFragment !== undefined && { dontFragment }),
  })
  if (!resolved.ok) throw new UsageError(resolved.error.message)
  return {
    request: resolved.value.request,
    fidelity: resolved.value.fidelity,
    ...readChance(args, simulation),
  }
}

export const readChance = (args: Arguments, simulation: Simulation): Chance => ({
  seed: wholeNumber(args, 'seed', 0, 0xffffffff) ?? simulation.seed,
  picks: texts(args, 'pick').map(readPick),
})

function readPick(value: string): ChainPick {
  const [chain, endpoint] = value.split('=')
  if (!chain || !endpoint || !/^(\d+\.\d+\.\d+\.\d+|\[[0-9a-f:.]+\]):\d+$/.test(endpoint))
    throw new UsageError(line('error.pick', { value }))
  return { serviceChain: chain, endpoint }
}

/** Chance as `--seed` and `--pick` decide it; undefined when nothing was picked, so that the engine's own seeding applies. */
export function chanceOf({ picks, seed }: Chance, { cluster }: Simulation): Choose | undefined {
  if (picks.length === 0) return undefined
  const net = network(cluster)
  return forced(picks, (netns) => net.netns(netns as NetnsId), new Set(), seed)
}
