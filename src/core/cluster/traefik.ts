/**
 * Traefik's static configuration, as its arguments give it (pkg/config/static, v3; configuration/*.go of v1.7): what its status and its proxy have to agree on. Names of options are read without
 * case. Left out: configuration files and environment variables, which lie outside what a manifest shows; UDP entry points; ACME.
 */
import type { Container } from '../api/pod.ts'

export interface EntryPoint {
  readonly name: string
  readonly port: number
  /** `http.tls`: every router on it has TLS. */
  readonly tls: boolean
  readonly asDefault: boolean
  readonly redirect?: { readonly to: string; readonly scheme: string; readonly permanent: boolean }
  /** Whose X-Forwarded-* are believed. */
  readonly trusted: 'everybody' | readonly string[]
  readonly proxyProtocol: 'everybody' | readonly string[] | undefined
  readonly middlewares: readonly string[]
}

export interface IngressProviderOptions {
  readonly ingressClass: string
  readonly allowEmptyServices: boolean
  readonly allowExternalNameServices: boolean
  readonly disableIngressClassLookup: boolean
  readonly strictPrefixMatching: boolean
  readonly nativeLBByDefault: boolean
  readonly namespaces: readonly string[]
}

export interface TraefikSettings {
  readonly version: 1 | 2 | 3
  readonly entryPoints: readonly EntryPoint[]
  readonly ingress: IngressProviderOptions | undefined
  readonly ingressStatus: { readonly service?: string; readonly address?: string }
  readonly crd:
    | {
        readonly ingressClass: string
        readonly allowCrossNamespace: boolean
        readonly allowEmptyServices: boolean
        readonly namespaces: readonly string[]
      }
    | undefined
  readonly gateway:
    | { readonly service?: string; readonly address?: string; readonly nativeLBByDefault: boolean; readonly namespaces: readonly string[] }
    | undefined
  readonly api: { readonly insecure: boolean; readonly dashboard: boolean }
  readonly ping: string | undefined
  readonly configFile: string | undefined
}

/** As its makers publish it, and as k3s mirrors it. */
export const TRAEFIK_IMAGE = /(^|\/)(mirrored-library-)?traefik([:@]|$)/
export const TRAEFIK_INGRESS_CONTROLLER = 'traefik.io/ingress-controller'
export const TRAEFIK_GATEWAY_CONTROLLER = 'traefik.io/gateway-controller'

type Options = ReadonlyMap<string, string>

/** `--a.b=c`, `--a.b c` and `--a.b`, names in lower case. */
function optionsOf({ command = [], args = [] }: Container): Options {
  const options = new Map<string, string>()
  const words = [...command, ...args]
  words.forEach((word, i) => {
    const [, name, value] = /^--?([A-Za-z][^=]*)(?:=([\s\S]*))?$/.exec(word) ?? []
    if (name === undefined) return
    const next = words[i + 1]
    options.set(name.toLowerCase(), value ?? (next !== undefined && !next.startsWith('-') ? next : 'true'))
  })
  return options
}

const settings = new WeakMap<Container, TraefikSettings>()

export function traefikSettings(container: Container): TraefikSettings {
  let known = settings.get(container)
  if (!known) settings.set(container, (known = read(container)))
  return known
}

const isOn = (options: Options, name: string, otherwise = false): boolean => {
  const value = options.get(name)
  return value === undefined ? otherwise : value === 'true' || value === '1'
}

const listOf = (text: string | undefined): readonly string[] =>
  (text ?? '')
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '')

function versionOf(image: string, options: Options): 1 | 2 | 3 {
  const [, digit] = /:v?(\d)/.exec(image) ?? []
  if (options.has('kubernetes') || options.has('web') || digit === '1') return 1
  return digit === '2' ? 2 : 3
}

function read(container: Container): TraefikSettings {
  const options = optionsOf(container)
  const version = versionOf(container.image ?? '', options)
  return version === 1 ? readFirst(container, options) : readModern(options, version)
}

const given = (options: Options, prefix: string): boolean =>
  [...options].some(([name, value]) => (name === prefix ? value !== 'false' : name.startsWith(`${prefix}.`)))

function readModern(options: Options, version: 2 | 3): TraefikSettings {
  const at = (name: string): string | undefined => options.get(name)
  const [ingress, crd, gateway] = ['providers.kubernetesingress', 'providers.kubernetescrd', 'providers.kubernetesgateway']
  const insecure = isOn(options, 'api.insecure')
  const ping = given(options, 'ping') ? (at('ping.entrypoint') ?? 'traefik') : undefined
  const namespaces = (prefix: string): readonly string[] => listOf(at(`${prefix}.namespaces`))
  return {
    version,
    entryPoints: entryPointsOf(options, insecure || ping === 'traefik'),
    ingress: given(options, ingress)
      ? {
          ingressClass: at(`${ingress}.ingressclass`) ?? '',
          allowEmptyServices: isOn(options, `${ingress}.allowemptyservices`),
          allowExternalNameServices: isOn(options, `${ingress}.allowexternalnameservices`),
          disableIngressClassLookup: isOn(options, `${ingress}.disableingressclasslookup`),
          strictPrefixMatching: isOn(options, `${ingress}.strictprefixmatching`),
          nativeLBByDefault: isOn(options, `${ingress}.nativelbbydefault`),
          namespaces: namespaces(ingress),
        }
      : undefined,
    ingressStatus: statusOf(
      at(`${ingress}.ingressendpoint.publishedservice`),
      at(`${ingress}.ingressendpoint.ip`) ?? at(`${ingress}.ingressendpoint.hostname`),
    ),
    crd: given(options, crd)
      ? {
          ingressClass: at(`${crd}.ingressclass`) ?? '',
          allowCrossNamespace: isOn(options, `${crd}.allowcrossnamespace`),
          allowEmptyServices: isOn(options, `${crd}.allowemptyservices`),
          namespaces: namespaces(crd),
        }
      : undefined,
    gateway: given(options, gateway)
      ? {
          ...statusOf(serviceName(options, gateway), at(`${gateway}.statusaddress.ip`) ?? at(`${gateway}.statusaddress.hostname`)),
          nativeLBByDefault: isOn(options, `${gateway}.nativelbbydefault`),
          namespaces: namespaces(gateway),
        }
      : undefined,
    api: { insecure, dashboard: isOn(options, 'api.dashboard', given(options, 'api')) },
    ping,
    configFile: at('configfile'),
  }
}

function serviceName(options: Options, gateway: string): string | undefined {
  const [namespace, name] = [
    options.get(`${gateway}.statusaddress.service.namespace`),
    options.get(`${gateway}.statusaddress.service.name`),
  ]
  return namespace && name ? `${namespace}/${name}` : undefined
}

const statusOf = (service: string | undefined, address: string | undefined): { readonly service?: string; readonly address?: string } => ({
  ...(service && { service }),
  ...(address && { address }),
})

/** Without any there is one called http, on port 80. */
function entryPointsOf(options: Options, internal: boolean): readonly EntryPoint[] {
  const names = new Set([...options.keys()].flatMap((name) => /^entrypoints\.([^.=]+)\.?/.exec(name)?.[1] ?? []))
  const own = [...names].flatMap((name) => entryPoint(options, name) ?? [])
  const all = own.some(({ name }) => name !== 'traefik') ? own : [plain('http', 80), ...own]
  return internal && !all.some(({ name }) => name === 'traefik') ? [...all, plain('traefik', 8080)] : all
}

const plain = (name: string, port: number, tls = false): EntryPoint => ({
  name,
  port,
  tls,
  asDefault: false,
  trusted: [],
  proxyProtocol: undefined,
  middlewares: [],
})

function entryPoint(options: Options, name: string): EntryPoint | undefined {
  const at = (field: string): string | undefined => options.get(`entrypoints.${name}.${field}`)
  const [, port, protocol = 'tcp'] = /:(\d+)(?:\/(tcp|udp))?$/i.exec(at('address') ?? '') ?? []
  if (port === undefined || protocol.toLowerCase() === 'udp') return undefined
  const to = at('http.redirections.entrypoint.to')
  const prefix = `entrypoints.${name}`
  const whom = (field: string): 'everybody' | readonly string[] =>
    isOn(options, `${prefix}.${field}.insecure`) ? 'everybody' : listOf(at(`${field}.trustedips`))
  return {
    name,
    port: Number(port),
    tls: given(options, `${prefix}.http.tls`),
    asDefault: isOn(options, `${prefix}.asdefault`),
    ...(to !== undefined && {
      redirect: {
        to,
        scheme: at('http.redirections.entrypoint.scheme') ?? 'https',
        permanent: isOn(options, `${prefix}.http.redirections.entrypoint.permanent`, true),
      },
    }),
    trusted: whom('forwardedheaders'),
    proxyProtocol: given(options, `${prefix}.proxyprotocol`) ? whom('proxyprotocol') : undefined,
    middlewares: listOf(at('http.middlewares')),
  }
}

/**
 * v1.7: `--kubernetes`, `--web` (the dashboard on 8080, later `--api`). Its entry points usually stand in traefik.toml on the node, which no manifest shows: http on 80, and https on 443 where a
 * container port says so.
 */
function readFirst(container: Container, options: Options): TraefikSettings {
  const stated = [...options]
    .filter(([name]) => name === 'entrypoints')
    .flatMap(([, text]) => /Name:(\S+)\s+Address:\S*:(\d+)(.*)/i.exec(text) ?? [])
  const [, name, port, rest] = stated
  const ports = (container.ports ?? []).map(({ containerPort }) => containerPort)
  const web = given(options, 'web') || given(options, 'api')
  const own = name !== undefined && port !== undefined ? [plain(name, Number(port), /TLS/i.test(rest ?? ''))] : [plain('http', 80)]
  const secure = name === undefined && ports.includes(443) ? [plain('https', 443, true)] : []
  return {
    version: 1,
    entryPoints: [...own, ...secure, ...(web ? [plain('traefik', 8080)] : [])],
    ingress: {
      ingressClass: options.get('kubernetes.ingressclass') ?? '',
      allowEmptyServices: true,
      allowExternalNameServices: true,
      disableIngressClassLookup: true,
      strictPrefixMatching: false,
      nativeLBByDefault: false,
      namespaces: listOf(options.get('kubernetes.namespaces')),
    },
    ingressStatus: statusOf(options.get('kubernetes.ingressendpoint.publishedservice'), options.get('kubernetes.ingressendpoint.ip')),
    crd: undefined,
    gateway: undefined,
    api: { insecure: web, dashboard: web },
    ping: given(options, 'ping') ? 'traefik' : undefined,
    configFile: options.get('configfile'),
  }
}
