/** How one ingress-nginx was started and configured: its flags and its ConfigMap (cmd/nginx/flags.go, internal/ingress/controller/config, v1.11). */
import type { IngressController } from '../../cluster/ingress-controller.ts'
import { isOn } from '../../cluster/ingress-controller.ts'
import { type Cluster, get } from '../../cluster/cluster.ts'
import type { Defaults } from './annotations.ts'

export interface Settings {
  readonly ports: { readonly http: number; readonly https: number; readonly status: number; readonly health: number }
  readonly passthrough: boolean
  readonly prefix: string
  /** `namespace/name` of Secret, Service and ConfigMaps; empty where none is named. */
  readonly defaultCertificate: string
  readonly defaultService: string
  readonly tcpServices: string
  readonly udpServices: string
  readonly redirectCode: number
  readonly useForwardedHeaders: boolean
  readonly forwardedForHeader: string
  readonly computeFullForwardedFor: boolean
  readonly useProxyProtocol: boolean
  readonly useHttp2: boolean
  /** `http2 on` holds for listeners without TLS too: since v1.10, whose nginx is 1.25. */
  readonly clearHttp2: boolean
  readonly serverTokens: boolean
  readonly hsts: string | undefined
  readonly keepAlive: number
  readonly upstreamKeepAlive: number
  /** Seconds of a stream, TCP or UDP, without a byte; and after how many answers one of UDP is over. */
  readonly streamTimeout: number
  readonly streamResponses: number
  readonly externalNames: boolean
  readonly retryNonIdempotent: boolean
  /** Whether values of annotations are validated, and those of critical risk refused: since v1.12. */
  readonly validates: boolean
  readonly refusesSnippets: boolean
  /** Whether headers with an underscore in their names are taken. */
  readonly underscores: boolean
  readonly limitStatus: number
  readonly allowedHeaders: readonly string[]
  readonly defaults: Defaults
  /** Keys of the ConfigMap that nothing here reads. */
  readonly unread: readonly string[]
}

const KEYS = new Set(
  'http-redirect-code use-forwarded-headers forwarded-for-header compute-full-forwarded-for use-proxy-protocol use-http2 server-tokens hsts hsts-max-age hsts-include-subdomains hsts-preload keep-alive upstream-keepalive-connections ssl-redirect force-ssl-redirect whitelist-source-range denylist-source-range load-balance proxy-connect-timeout proxy-read-timeout proxy-next-upstream proxy-next-upstream-tries proxy-body-size retry-non-idempotent limit-req-status-code enable-underscores-in-headers annotations-risk-level global-allowed-response-headers proxy-real-ip-cidr'.split(
    ' ',
  ),
)

/** Keys of buffers, logs and limits of the process, which no request notices here. */
const HARMLESS =
  /^(log-|access-log|error-log|worker-|max-worker|client-|ssl-(protocols|ciphers|session|buffer|early-data|dh|ecdh)|proxy-(buffer|buffers|send|request|stream-)|gzip|use-gzip|enable-(brotli|ocsp|multi-accept)|http2-|variables-hash|server-name-hash|map-hash|allow-snippet|annotation-value|strict-validate|keep-alive-requests|upstream-keepalive-(timeout|requests|time)|disable-|reuse-port|limit-(conn|rate)|bind-address)/

export function settingsOf(cluster: Cluster, { flags, container }: IngressController): Settings {
  const [namespace = '', name = ''] = (flags.get('configmap') ?? '').split('/')
  const data = get(cluster, 'ConfigMap', namespace, name)?.data ?? {}
  const port = (flag: string, otherwise: number): number => Number(flags.get(flag) ?? otherwise)
  const on = (key: string, otherwise: boolean): boolean => (data[key] === undefined ? otherwise : data[key] === 'true')
  const number = (key: string, otherwise: number): number => (/^\d+$/.test(data[key] ?? '') ? Number(data[key]) : otherwise)
  const list = (key: string): readonly string[] => (data[key] ?? '').split(',').flatMap((each) => each.trim() || [])
  const since12 = isSince(container.image ?? '', 12)
  const maxAge = `max-age=${data['hsts-max-age'] ?? '31536000'}`
  const hsts = `${maxAge}${on('hsts-include-subdomains', true) ? '; includeSubDomains' : ''}${on('hsts-preload', false) ? '; preload' : ''}`
  return {
    ports: {
      http: port('http-port', 80),
      https: port('https-port', 443),
      status: port('status-port', 10246),
      health: port('healthz-port', 10254),
    },
    passthrough: isOn(flags, 'enable-ssl-passthrough'),
    prefix: flags.get('annotations-prefix') ?? 'nginx.ingress.kubernetes.io',
    defaultCertificate: flags.get('default-ssl-certificate') ?? '',
    defaultService: flags.get('default-backend-service') ?? '',
    tcpServices: flags.get('tcp-services-configmap') ?? '',
    udpServices: flags.get('udp-services-configmap') ?? '',
    redirectCode: number('http-redirect-code', 308),
    useForwardedHeaders: on('use-forwarded-headers', false),
    forwardedForHeader: data['forwarded-for-header'] ?? 'X-Forwarded-For',
    computeFullForwardedFor: on('compute-full-forwarded-for', false),
    useProxyProtocol: on('use-proxy-protocol', false),
    useHttp2: on('use-http2', true),
    clearHttp2: on('use-http2', true) && isSince(container.image ?? '', 10),
    // Before v1.0 nginx told its name.
    serverTokens: on('server-tokens', /:v?0\./.test(container.image ?? '')),
    hsts: on('hsts', true) ? hsts : undefined,
    keepAlive: number('keep-alive', 75),
    upstreamKeepAlive: number('upstream-keepalive-connections', 320),
    streamTimeout: secondsOf(data['proxy-stream-timeout'], 600),
    streamResponses: number('proxy-stream-responses', 1),
    externalNames: !isOn(flags, 'disable-svc-external-name'),
    retryNonIdempotent: on('retry-non-idempotent', false),
    validates: flags.has('enable-annotation-validation') ? isOn(flags, 'enable-annotation-validation') : since12,
    refusesSnippets: (data['annotations-risk-level'] ?? (since12 ? 'High' : 'Critical')).toLowerCase() !== 'critical',
    underscores: on('enable-underscores-in-headers', false),
    limitStatus: number('limit-req-status-code', 503),
    allowedHeaders: list('global-allowed-response-headers'),
    defaults: {
      sslRedirect: on('ssl-redirect', true),
      forceSslRedirect: on('force-ssl-redirect', false),
      allow: list('whitelist-source-range'),
      deny: list('denylist-source-range'),
      loadBalance: data['load-balance'] ?? 'round_robin',
      connectTimeout: number('proxy-connect-timeout', 5),
      readTimeout: number('proxy-read-timeout', 60),
      nextUpstream: (data['proxy-next-upstream'] ?? 'error timeout').split(/\s+/),
      tries: number('proxy-next-upstream-tries', 3),
      bodySize: data['proxy-body-size'] ?? '1m',
    },
    unread: Object.keys(data).filter((key) => !KEYS.has(key) && !HARMLESS.test(key)),
  }
}

const UNITS: Readonly<Record<string, number>> = { ms: 0.001, s: 1, m: 60, h: 3600 }

/** nginx' times: `600s`, `10m`, `90`. */
function secondsOf(text: string | undefined, otherwise: number): number {
  const [, digits, unit = 's'] = /^(\d+)(ms|s|m|h)?$/.exec(text ?? '') ?? []
  return digits === undefined ? otherwise : Number(digits) * (UNITS[unit] ?? 1)
}

/** Whether an image is v1.MINOR or younger, which one without such a tag is. */
function isSince(image: string, minor: number): boolean {
  const [, major, own] = /:v?(\d+)\.(\d+)/.exec(image) ?? []
  return major === undefined || Number(major) > 1 || (major === '1' && Number(own) >= minor)
}
