import type { TransportProtocol } from '../../api/meta.ts'
import type { Service, ServicePort } from '../../api/service.ts'
import { type Cidr, parseCidr } from '../../net/cidr.ts'
import { familyOf, type Ip, type IpFamily, parseIp } from '../../net/ip.ts'

/**
 * One port of one Service as the proxier of one family sees it (kubernetes pkg/proxy/serviceport.go, v1.30). Addresses of the other family are left out
 * here, so that nothing below has to know of them.
 */
export interface ServicePortInfo {
  readonly family: IpFamily
  readonly service: Service
  /** Position in `spec.ports`. */
  readonly index: number
  /** `default/web:http`, or `default/web` when the port has no name: kube-proxy's ServicePortName. */
  readonly name: string
  /** The port's own name, `''` when it has none: what ties it to ports of EndpointSlices. */
  readonly portName: string
  readonly protocol: 'tcp' | 'udp' | 'sctp'
  readonly clusterIP: Ip
  readonly port: number
  /** 0 when there is none. */
  readonly nodePort: number
  readonly externalIPs: readonly Ip[]
  /** Ingress addresses of status.loadBalancer whose ipMode is not Proxy. */
  readonly loadBalancerVIPs: readonly Ip[]
  readonly sourceRanges: readonly Cidr[]
  readonly internalLocal: boolean
  readonly externalLocal: boolean
  readonly externallyAccessible: boolean
  /** Seconds of ClientIP affinity; undefined without affinity. */
  readonly affinitySeconds: number | undefined
  /** 0 when there is none. */
  readonly healthCheckNodePort: number
  /** Whether hints of EndpointSlices are followed. */
  readonly topology: boolean
  /** Whether the rules differ from node to node: with Local policies, hints, or source ranges that may contain the node. */
  readonly nodeDependent: boolean
}

const DEFAULT_AFFINITY_SECONDS = 10800
/** Objects with these labels are filtered out of kube-proxy's watches (cmd/kube-proxy/app/server.go): somebody else's, or headless. */
const PROXY_NAME = 'service.kubernetes.io/service-proxy-name'
const HEADLESS = 'service.kubernetes.io/headless'

export const isIgnored = (labels: Readonly<Record<string, string>> | undefined): boolean =>
  labels !== undefined && (labels[PROXY_NAME] !== undefined || labels[HEADLESS] !== undefined)

/** The ports that kube-proxy makes rules of a family for: none for headless and ExternalName Services, and for those without an address of it. */
export function servicePorts(service: Service, family: IpFamily = 'IPv4'): readonly ServicePortInfo[] {
  const { spec } = service
  if (spec.type === 'ExternalName' || !spec.clusterIP || spec.clusterIP === 'None' || isIgnored(service.metadata.labels)) return []
  const clusterIP = clusterIPOf(service, family)
  if (!clusterIP) return []
  const common = commonOf(service, family)
  return (spec.ports ?? []).map((port, index) => onePort(service, common, clusterIP, port, index))
}

type Common = Pick<
  ServicePortInfo,
  | 'family'
  | 'externalIPs'
  | 'loadBalancerVIPs'
  | 'sourceRanges'
  | 'internalLocal'
  | 'externalLocal'
  | 'affinitySeconds'
  | 'healthCheckNodePort'
  | 'topology'
>

function commonOf(service: Service, family: IpFamily): Common {
  const { spec, status } = service
  if (isPlain(service)) return PLAIN[family]
  const external = spec.type === 'NodePort' || spec.type === 'LoadBalancer' || (spec.externalIPs?.length ?? 0) > 0
  const externalLocal = external && spec.externalTrafficPolicy === 'Local'
  return {
    family,
    externalIPs: ofFamily(spec.externalIPs, family),
    loadBalancerVIPs: ofFamily(
      status?.loadBalancer?.ingress?.flatMap((ingress) => (ingress.ip && ingress.ipMode !== 'Proxy' ? [ingress.ip] : [])),
      family,
    ),
    sourceRanges: (spec.loadBalancerSourceRanges ?? []).flatMap((range) => {
      const prefix = parseCidr(range.trim())
      return prefix && familyOf(prefix.ip) === family ? prefix : []
    }),
    internalLocal: spec.internalTrafficPolicy === 'Local',
    externalLocal,
    affinitySeconds:
      spec.sessionAffinity === 'ClientIP' ? (spec.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? DEFAULT_AFFINITY_SECONDS) : undefined,
    healthCheckNodePort: spec.type === 'LoadBalancer' && externalLocal ? (spec.healthCheckNodePort ?? 0) : 0,
    topology: followsHints(service),
  }
}

const NONE: readonly never[] = []

/** What most Services are: reached by their ClusterIP, or by a node port under policy Cluster, and nothing else set. */
const plain = (family: IpFamily): Common => ({
  family,
  externalIPs: NONE,
  loadBalancerVIPs: NONE,
  sourceRanges: NONE,
  internalLocal: false,
  externalLocal: false,
  affinitySeconds: undefined,
  healthCheckNodePort: 0,
  topology: false,
})
const PLAIN: Readonly<Record<IpFamily, Common>> = { IPv4: plain('IPv4'), IPv6: plain('IPv6') }

const isPlain = ({ metadata, spec, status }: Service): boolean =>
  spec.type !== 'LoadBalancer' &&
  !status?.loadBalancer?.ingress &&
  spec.loadBalancerSourceRanges === undefined &&
  spec.externalIPs === undefined &&
  spec.internalTrafficPolicy !== 'Local' &&
  spec.externalTrafficPolicy !== 'Local' &&
  spec.sessionAffinity !== 'ClientIP' &&
  spec.trafficDistribution === undefined &&
  metadata.annotations === undefined

function ofFamily(addresses: readonly string[] | undefined, family: IpFamily): readonly Ip[] {
  if (!addresses?.length) return NONE
  return addresses.flatMap((address) => {
    const ip = parseIp(address)
    return ip && familyOf(ip) === family ? ip : []
  })
}

/** Fields are listed one by one: a spread of this many costs ten times as much, and there is one for each of tens of thousands of ports. */
function onePort(service: Service, common: Common, clusterIP: Ip, port: ServicePort, index: number): ServicePortInfo {
  const portName = port.name ?? ''
  const qualified = `${service.metadata.namespace ?? 'default'}/${service.metadata.name}`
  const nodePort = port.nodePort ?? 0
  const externallyAccessible = nodePort !== 0 || common.loadBalancerVIPs.length > 0 || common.externalIPs.length > 0
  const firewalled = common.loadBalancerVIPs.length > 0 && common.sourceRanges.length > 0
  return {
    family: common.family,
    service,
    index,
    name: portName === '' ? qualified : `${qualified}:${portName}`,
    portName,
    protocol: lowerProtocol(port.protocol),
    clusterIP,
    port: port.port,
    nodePort,
    externalIPs: common.externalIPs,
    loadBalancerVIPs: common.loadBalancerVIPs,
    sourceRanges: common.sourceRanges,
    internalLocal: common.internalLocal,
    externalLocal: common.externalLocal,
    externallyAccessible,
    affinitySeconds: common.affinitySeconds,
    healthCheckNodePort: common.healthCheckNodePort,
    topology: common.topology,
    nodeDependent: common.internalLocal || (common.externalLocal && externallyAccessible) || common.topology || firewalled,
  }
}

const PROTOCOLS = { TCP: 'tcp', UDP: 'udp', SCTP: 'sctp' } as const

/** The API writes TCP and means it when it writes nothing; iptables writes tcp. */
export const lowerProtocol = (protocol: TransportProtocol = 'TCP'): ServicePortInfo['protocol'] => PROTOCOLS[protocol]

/** pkg/proxy/util GetClusterIPByFamily: by position in ipFamilies; objects older than dual-stack have only clusterIP. */
function clusterIPOf({ spec }: Service, family: IpFamily): Ip | undefined {
  const position = spec.ipFamilies?.length ? spec.ipFamilies.indexOf(family) : 0
  if (position < 0) return undefined
  const ip = parseIp((spec.ipFamilies?.length ? (spec.clusterIPs ?? [spec.clusterIP ?? '']) : [spec.clusterIP ?? ''])[position] ?? '')
  return ip && familyOf(ip) === family ? ip : undefined
}

/** Any value but "disabled" counts in v1.30; the deprecated annotation wins over the current one. */
function followsHints(service: Service): boolean {
  if (service.spec.trafficDistribution !== undefined) return true
  const annotations = service.metadata.annotations
  const mode = annotations?.['service.kubernetes.io/topology-aware-hints'] ?? annotations?.['service.kubernetes.io/topology-mode']
  return mode !== undefined && mode !== '' && mode !== 'disabled' && mode !== 'Disabled'
}
