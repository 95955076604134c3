import type { Cluster } from '../../core/cluster/cluster.ts'
import { buildScene } from '../../scene/build.ts'
import type { Scene } from '../../scene/scene.ts'

const empty = new Map<string, never>()

const NOTHING: Cluster = {
  revision: 0,
  config: {
    profile: 'kubeadm',
    podCIDR: '10.244.0.0/16',
    serviceCIDR: '10.96.0.0/12',
    flannel: { backend: 'vxlan' },
    proxy: { mode: 'iptables', masqueradeAll: false, masqueradeBit: 14, localhostNodePorts: true, nodePortAddresses: [], clusterCIDR: '' },
    hairpinMode: true,
    site: { name: 'none', networks: [], hosts: [], nodeNetwork: '', nodeGateway: '', announcements: {}, announceTo: [] },
    admin: { sysctls: {}, rules: {} },
  },
  objects: {
    Node: empty,
    Namespace: empty,
    Pod: empty,
    Deployment: empty,
    ReplicaSet: empty,
    DaemonSet: empty,
    StatefulSet: empty,
    Job: empty,
    Service: empty,
    Endpoints: empty,
    EndpointSlice: empty,
    Ingress: empty,
    IngressClass: empty,
    GatewayClass: empty,
    Gateway: empty,
    HTTPRoute: empty,
    GRPCRoute: empty,
    TLSRoute: empty,
    TCPRoute: empty,
    UDPRoute: empty,
    ReferenceGrant: empty,
    BackendTLSPolicy: empty,
    IngressRoute: empty,
    IngressRouteTCP: empty,
    IngressRouteUDP: empty,
    Middleware: empty,
    TraefikService: empty,
    HTTPProxy: empty,
    ContourConfiguration: empty,
    ContourDeployment: empty,
    BackendConfig: empty,
    FrontendConfig: empty,
    KongPlugin: empty,
    KongClusterPlugin: empty,
    KongConsumer: empty,
    ConfigMap: empty,
    Secret: empty,
  },
}

/** A map with nothing on it: packets are nowhere, but their stations are all there. */
export const EMPTY_SCENE: Scene = buildScene(NOTHING)
