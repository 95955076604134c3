import { parseCidr } from '../net/cidr.ts'
import type { IpFamily } from '../net/ip.ts'
import { cloudPool } from './cloud-pool.ts'
import { type Cluster, get } from './cluster.ts'
import { type ClusterConfig, familiesOf, type IpvsScheduler, type LoadBalancerConfig, loadBalancerOf, type ProxyMode } from './config.ts'
import { PROXY_MODE_FACTS, type ProxyModeFacts } from './proxy-modes.ts'

/** One thing about how a cluster is installed that may change while it runs. Names are those of kube-proxy's and flannel's own configuration. */
export type Setting =
  /** Of all nodes, also those that had a mode of their own. */
  | { readonly name: 'mode'; readonly value: ProxyMode }
  /** `cluster`: as the others. */
  | { readonly name: 'nodeMode'; readonly node: string; readonly value: ProxyMode | 'cluster' }
  | { readonly name: 'scheduler'; readonly value: IpvsScheduler }
  | { readonly name: 'strictARP' | 'masqueradeAll' | 'localhostNodePorts'; readonly value: boolean }
  /** Prefixes; none: all addresses of the node. */
  | { readonly name: 'nodePortAddresses'; readonly value: readonly string[] }
  | { readonly name: 'backend'; readonly value: ClusterConfig['flannel']['backend'] }
  | { readonly name: 'loadBalancer'; readonly value: LoadBalancerConfig['kind'] }

/** How the cluster runs now. */
export interface Settings {
  readonly mode: ProxyMode
  /** Those that there are, and since and until when. */
  readonly modes: readonly ProxyModeFacts[]
  /** Nodes in another mode. */
  readonly nodeModes: Readonly<Record<string, ProxyMode>>
  readonly scheduler: IpvsScheduler
  readonly strictARP: boolean
  readonly masqueradeAll: boolean
  readonly localhostNodePorts: boolean
  readonly nodePortAddresses: readonly string[]
  readonly backend: ClusterConfig['flannel']['backend']
  readonly loadBalancer: LoadBalancerConfig['kind']
  readonly ipFamilies: readonly IpFamily[]
}

export function settingsOf({ config }: Pick<Cluster, 'config'>): Settings {
  const { mode, nodeModes = {}, ipvs, masqueradeAll, localhostNodePorts, nodePortAddresses } = config.proxy
  return {
    mode,
    modes: PROXY_MODE_FACTS,
    nodeModes,
    ...(ipvs ?? USUAL_IPVS),
    masqueradeAll,
    localhostNodePorts,
    nodePortAddresses,
    backend: config.flannel.backend,
    loadBalancer: loadBalancerOf(config).kind,
    ipFamilies: familiesOf(config),
  }
}

const USUAL_IPVS = { scheduler: 'rr', strictARP: false } as const

/** Why a running cluster cannot have a setting, in the words of whoever would refuse it. */
export function settingProblem(cluster: Cluster, setting: Setting): string | undefined {
  if (setting.name === 'nodeMode' && !get(cluster, 'Node', '', setting.node)) return `nodes "${setting.node}" not found`
  if (setting.name === 'nodePortAddresses') {
    const wrong = setting.value.find((prefix) => !parseCidr(prefix))
    return wrong === undefined ? undefined : `nodePortAddresses: Invalid value: "${wrong}": must be a valid CIDR`
  }
  const isCloudless = setting.name === 'loadBalancer' && setting.value === 'cloud' && !cloudPool(configWith(cluster.config, setting))
  return isCloudless ? 'no host of the site can balance' : undefined
}

export function configWith(config: ClusterConfig, setting: Setting): ClusterConfig {
  const { proxy } = config
  const changed = (some: Partial<ClusterConfig['proxy']>): ClusterConfig => ({ ...config, proxy: { ...proxy, ...some } })
  switch (setting.name) {
    case 'mode': {
      const { nodeModes: _, ...rest } = proxy
      return { ...config, proxy: { ...rest, mode: setting.value } }
    }
    case 'nodeMode': {
      const { nodeModes = {}, ...rest } = proxy
      const { [setting.node]: _, ...others } = nodeModes
      const next = setting.value === 'cluster' || setting.value === proxy.mode ? others : { ...others, [setting.node]: setting.value }
      return { ...config, proxy: Object.keys(next).length > 0 ? { ...rest, nodeModes: next } : rest }
    }
    case 'scheduler':
    case 'strictARP':
      return changed({ ipvs: { ...USUAL_IPVS, ...proxy.ipvs, [setting.name]: setting.value } })
    case 'masqueradeAll':
    case 'localhostNodePorts':
      return changed({ [setting.name]: setting.value })
    case 'nodePortAddresses':
      return changed({ nodePortAddresses: setting.value })
    case 'backend':
      return { ...config, flannel: { ...config.flannel, backend: setting.value } }
    case 'loadBalancer':
      return { ...config, loadBalancer: { kind: setting.value } }
  }
}
