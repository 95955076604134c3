import type { EndpointSlice } from '../../api/endpointslice.ts'
import { type DispatchRule, dispatchRules, type Reach, reachOf } from './dispatch.ts'
import { type EndpointInfo, endpointsOf, glance, type NodeView } from './endpoints.ts'
import { type Chains, type ProxyContext, serviceChains } from './service-chains.ts'
import type { ServicePortInfo } from './service-port.ts'

/**
 * What kube-proxy makes of one port of one Service: its rules in shared chains at once, its own chains and even the list of its endpoints only when
 * somebody asks. `before` is the program of the same port with other endpoints: as long as it can be reached by the same people, `rules` stays the
 * same array, so that indexes over it stay good.
 */
export class PortProgram {
  readonly reach: Reach
  readonly rules: readonly DispatchRule[]
  /** At most how many endpoints there are. */
  readonly bound: number
  private list: readonly EndpointInfo[] | undefined = undefined
  private made: { readonly context: Omit<ProxyContext, 'node'>; readonly chains: Chains } | undefined = undefined

  constructor(
    readonly port: ServicePortInfo,
    readonly slices: readonly EndpointSlice[],
    readonly node: NodeView | undefined,
    before: PortProgram | undefined,
  ) {
    const { any, bound } = glance(port, slices)
    this.bound = bound
    this.reach = reachOf(port, any, () => this.endpoints(), node)
    this.rules = before && sameReach(before.reach, this.reach) ? before.rules : dispatchRules(port, this.reach)
  }

  endpoints(): readonly EndpointInfo[] {
    return (this.list ??= endpointsOf(this.port, this.slices))
  }

  /** The same without remembering it, for texts of everything. */
  passingEndpoints(): readonly EndpointInfo[] {
    return this.list ?? endpointsOf(this.port, this.slices)
  }

  /** The nat chains that are this port's own, by name; made on the first call. */
  chains(context: Omit<ProxyContext, 'node'>): Chains {
    if (!this.isMade(context)) this.made = { context, chains: this.write(context) }
    return this.made?.chains ?? NO_CHAINS
  }

  /** The same without remembering them, for texts of everything. */
  write(context: Omit<ProxyContext, 'node'>): Chains {
    if (this.made && this.isMade(context)) return this.made.chains
    return serviceChains(this.port, this.passingEndpoints(), this.reach, { ...context, node: this.node })
  }

  private isMade({ proxy, large }: Omit<ProxyContext, 'node'>): boolean {
    return this.made?.context.proxy === proxy && this.made.context.large === large
  }
}

const NO_CHAINS: Chains = []

const sameReach = (a: Reach, b: Reach): boolean =>
  a.hasEndpoints === b.hasEndpoints &&
  a.hasInternalEndpoints === b.hasInternalEndpoints &&
  a.hasExternalEndpoints === b.hasExternalEndpoints
