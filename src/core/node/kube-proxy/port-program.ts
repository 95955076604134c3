import type { EndpointSlice } from '../../api/endpointslice.ts'
import type { Service } from '../../api/service.ts'
import { type DispatchRule, type Reach, dispatchRules, reachOf } from './dispatch.ts'
import type { NodeView } from './endpoints.ts'
import { type ProxyContext, type ServiceChains, serviceChains } from './service-chains.ts'
import { type ServicePortInfo, servicePorts } from './service-port.ts'

/** What kube-proxy makes of one port of one Service: its rules in shared chains at once, its own chains when a packet comes. */
export interface PortProgram {
  readonly port: ServicePortInfo
  readonly slices: readonly EndpointSlice[]
  readonly node: NodeView | undefined
  readonly reach: Reach
  readonly rules: readonly DispatchRule[]
}

interface Compiled {
  readonly slices: readonly EndpointSlice[]
  readonly programs: readonly PortProgram[]
}

/** Nodes with the same key have the same rules. */
export const viewKey = (node: NodeView): string => `${node.name} ${node.zone ?? ''} ${node.ip ?? ''}`

/** By identity of the Service; the slices decide whether what is remembered still holds. `''` is the view that all nodes share. */
const compiled = new WeakMap<Service, Map<string, Compiled>>()

/**
 * The programs of the ports that are the same everywhere (`node` undefined) or of those that are not. When endpoints change without changing
 * whether there are any, `rules` keeps its identity, so that indexes over it stay good.
 */
export function portPrograms(service: Service, slices: readonly EndpointSlice[], node: NodeView | undefined): readonly PortProgram[] {
  const key = node ? viewKey(node) : ''
  let views = compiled.get(service)
  if (!views) compiled.set(service, (views = new Map<string, Compiled>()))
  const before = views.get(key)
  if (before && sameSlices(before.slices, slices)) return before.programs
  const ports = servicePorts(service).filter((port) => port.nodeDependent === (node !== undefined))
  const programs = ports.map((port, i) => programOf(port, slices, node, before?.programs[i]))
  views.set(key, { slices, programs })
  return programs
}

function programOf(
  port: ServicePortInfo,
  slices: readonly EndpointSlice[],
  node: NodeView | undefined,
  before: PortProgram | undefined,
): PortProgram {
  const reach = reachOf(port, slices, node)
  const same =
    before &&
    before.reach.hasEndpoints === reach.hasEndpoints &&
    before.reach.hasInternalEndpoints === reach.hasInternalEndpoints &&
    before.reach.hasExternalEndpoints === reach.hasExternalEndpoints
  return { port, slices, node, reach, rules: same ? before.rules : dispatchRules(port, reach) }
}

const sameSlices = (a: readonly EndpointSlice[], b: readonly EndpointSlice[]): boolean =>
  a === b || (a.length === b.length && a.every((slice, i) => slice === b[i]))

interface Written {
  readonly context: ProxyContext
  readonly chains: ServiceChains
}
const written = new WeakMap<PortProgram, Written>()

/** The port's own chains, made on the first call. */
export function chainsOf(program: PortProgram, proxy: ProxyContext['proxy'], large: boolean): ServiceChains {
  const before = written.get(program)
  if (before && before.context.proxy === proxy && before.context.large === large) return before.chains
  const context: ProxyContext = { proxy, large, node: program.node }
  const chains = serviceChains(program.port, program.slices, program.reach, context)
  written.set(program, { context, chains })
  return chains
}
