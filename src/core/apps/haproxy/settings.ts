/** Flags and ConfigMap of haproxytech/kubernetes-ingress (pkg/utils/flags.go, documentation/controller.md). */
import { type Cluster, get } from '../../cluster/cluster.ts'
import type { IngressController } from '../../cluster/ingress-controller.ts'
import { isOn } from '../../cluster/ingress-controller.ts'
import { secondsOf, type Values } from './annotations.ts'

export interface Settings {
  readonly http: number
  readonly https: number
  readonly httpOff: boolean
  readonly httpsOff: boolean
  readonly healthz: number
  readonly stats: number
  readonly defaultService: string
  /** `namespace/name` of the Secret that serves where no other fits. */
  readonly certificate: string
  /** `namespace/name` of the ConfigMap of TCP services; empty where none is named. */
  readonly tcpServices: string
  readonly values: Values
  readonly timeoutConnect: number
  readonly alpn: readonly string[]
  readonly proxyHeader: boolean
}

export function settingsOf(cluster: Cluster, { flags, pod }: IngressController): Settings {
  const [namespace = '', name = ''] = (flags.get('configmap') ?? '').split('/')
  const values = get(cluster, 'ConfigMap', namespace, name)?.data ?? {}
  const port = (flag: string, otherwise: number): number => Number(flags.get(flag) ?? otherwise)
  const own = (key: string): string => (key === '' || key.includes('/') ? key : `${pod.metadata.namespace ?? ''}/${key}`)
  return {
    http: port('http-bind-port', 8080),
    https: port('https-bind-port', 8443),
    httpOff: isOn(flags, 'disable-http'),
    httpsOff: isOn(flags, 'disable-https'),
    healthz: port('healthz-bind-port', 1042),
    stats: port('stats-bind-port', 1024),
    defaultService: flags.get('default-backend-service') ?? '',
    certificate: own(values['ssl-certificate'] ?? flags.get('default-ssl-certificate') ?? ''),
    tcpServices: own(flags.get('configmap-tcp-services') ?? ''),
    values,
    timeoutConnect: secondsOf(values['timeout-connect'] ?? '', 5),
    alpn: (values['tls-alpn'] ?? 'h2,http/1.1').split(','),
    proxyHeader: (values['proxy-protocol'] ?? '') !== '',
  }
}
