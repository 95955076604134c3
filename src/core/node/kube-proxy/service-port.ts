import type { TransportProtocol } from '../../api/meta.ts'
import type { Service, ServicePort } from '../../api/service.ts'
import { type Cidr, parseCidr } from '../../net/cidr.ts'
import { type Ip, parseIp } from '../../net/ip.ts'

/**
 * One port of one Service as the IPv4 proxier sees it (kubernetes pkg/proxy/serviceport.go, v1.30). IPv6 addresses of a dual-stack Service are
 * left out here, so that nothing below has to know of them.
 */
export interface ServicePortInfo {
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

/** The ports that kube-proxy makes IPv4 rules for: none for headless and ExternalName Services, and for those without an IPv4 address. */
export function servicePorts(service: Service): readonly ServicePortInfo[] {
  const { spec } = service
  if (spec.type === 'ExternalName' || !spec.clusterIP || spec.clusterIP === 'None' || isIgnored(service.metadata.labels)) return []
  const clusterIP = ipv4ClusterIP(service)
  if (!clusterIP) return []
  const common = commonOf(service)
  return (spec.ports ?? []).map((port, index) => onePort(service, common, clusterIP, port, index))
}

type Common = Pick<
  ServicePortInfo,
  | 'externalIPs'
  | 'loadBalancerVIPs'
  | 'sourceRanges'
  | 'internalLocal'
  | 'externalLocal'
  | 'affinitySeconds'
  | 'healthCheckNodePort'
  | 'topology'
>

function commonOf(service: Service): Common {
  const { spec, status } = service
  if (isPlain(service)) return PLAIN
  const external = spec.type === 'NodePort' || spec.type === 'LoadBalancer' || (spec.externalIPs?.length ?? 0) > 0
  const externalLocal = external && spec.externalTrafficPolicy === 'Local'
  return {
    externalIPs: ipv4(spec.externalIPs),
    loadBalancerVIPs: ipv4(
      status?.loadBalancer?.ingress?.flatMap((ingress) => (ingress.ip && ingress.ipMode !== 'Proxy' ? [ingress.ip] : [])),
    ),
    sourceRanges: (spec.loadBalancerSourceRanges ?? []).flatMap((range) => parseCidr(range.trim()) ?? []),
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
const PLAIN: Common = {
  externalIPs: NONE,
  loadBalancerVIPs: NONE,
  sourceRanges: NONE,
  internalLocal: false,
  externalLocal: false,
  affinitySeconds: undefined,
  healthCheckNodePort: 0,
  topology: false,
}

const isPlain = ({ metadata, spec, status }: Service): boolean =>
  spec.type !== 'LoadBalancer' &&
  !status?.loadBalancer?.ingress &&
  spec.loadBalancerSourceRanges === undefined &&
  spec.externalIPs === undefined &&
  spec.internalTrafficPolicy !== 'Local' &&
  spec.externalTrafficPolicy !== 'Local' &&
  spec.sessionAffinity !== 'ClientIP' &&
  metadata.annotations === undefined

const ipv4 = (addresses: readonly string[] | undefined): readonly Ip[] =>
  addresses?.length ? addresses.flatMap((address) => parseIp(address) ?? []) : NONE

/** Fields are listed one by one: a spread of this many costs ten times as much, and there is one for each of tens of thousands of ports. */
function onePort(service: Service, common: Common, clusterIP: Ip, port: ServicePort, index: number): ServicePortInfo {
  const portName = port.name ?? ''
  const qualified = `${service.metadata.namespace ?? 'default'}/${service.metadata.name}`
  const nodePort = port.nodePort ?? 0
  const externallyAccessible = nodePort !== 0 || common.loadBalancerVIPs.length > 0 || common.externalIPs.length > 0
  const firewalled = common.loadBalancerVIPs.length > 0 && common.sourceRanges.length > 0
  return {
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
function ipv4ClusterIP({ spec }: Service): Ip | undefined {
  if (!spec.ipFamilies?.length) return parseIp(spec.clusterIP ?? '')
  const position = spec.ipFamilies.indexOf('IPv4')
  return position < 0 ? undefined : parseIp((spec.clusterIPs ?? [spec.clusterIP ?? ''])[position] ?? '')
}

/** Any value but "disabled" counts in v1.30; the deprecated annotation wins over the current one. */
function followsHints(service: Service): boolean {
  const annotations = service.metadata.annotations
  const mode = annotations?.['service.kubernetes.io/topology-aware-hints'] ?? annotations?.['service.kubernetes.io/topology-mode']
  return mode !== undefined && mode !== '' && mode !== 'disabled' && mode !== 'Disabled'
}
