/**
 * Traefik's static configuration, as its arguments give it (pkg/config/static, v3; configuration/*.go of v1.7): what its status and its proxy have to agree on. Names of options are read without
 * case. Files are read by traefik-file.ts, v1 by traefik-first.ts. Left out: environment variables, ACME.
 */
import type { Container } from '../api/pod.ts'
import type { TomlTable } from '../api/toml.ts'
import { entryPointArgument, readFirst } from './traefik-first.ts'

export interface EntryPoint {
  readonly name: string
  readonly port: number
  /** `http.tls`: every router on it has TLS. */
  readonly tls: boolean
  readonly asDefault: boolean
  readonly redirect?: { readonly to: string; readonly scheme: string; readonly permanent: boolean }
  /** v1: every URL that fits is answered with another one, before any route is looked at. */
  readonly moves?: { readonly regex: string; readonly replacement: string; readonly permanent: boolean }
  /** v1: ranges of clients that are let in; absent: all. */
  readonly allowed?: readonly string[]
  /** Whose X-Forwarded-* are believed. */
  readonly trusted: 'everybody' | readonly string[]
  readonly proxyProtocol: 'everybody' | readonly string[] | undefined
  readonly middlewares: readonly string[]
}

export interface UdpEntryPoint {
  readonly name: string
  readonly port: number
  /** Seconds after which a client that says nothing is forgotten. */
  readonly timeout: number
}

/** What rules are written in that say nothing of it: `core.defaultRuleSyntax` of v3, and v2 knows its own alone. */
export type RuleSyntax = 'v2' | 'v3'

export interface IngressProviderOptions {
  readonly ingressClass: string
  readonly allowEmptyServices: boolean
  readonly allowExternalNameServices: boolean
  readonly disableIngressClassLookup: boolean
  readonly strictPrefixMatching: boolean
  readonly nativeLBByDefault: boolean
  /** Neither IngressClasses nor Nodes are read. */
  readonly disableClusterScopeResources?: boolean
  readonly defaultRuleSyntax?: RuleSyntax
  readonly namespaces: readonly string[]
  /** Of Ingresses, as kubectl writes it; empty: all. */
  readonly labelSelector?: string
  /** Absent: yes. */
  readonly passHostHeader?: boolean
}

/** What a static configuration says of itself, for the log. */
export interface TraefikNote {
  readonly level: 'info' | 'warning' | 'error'
  readonly text: string
}

/** Names in lower case, with dots between; lists have commas. */
export type Options = ReadonlyMap<string, string>

export interface TraefikSettings {
  readonly version: 1 | 2 | 3
  readonly entryPoints: readonly EntryPoint[]
  readonly udpEntryPoints?: readonly UdpEntryPoint[]
  /** v1: where frontends are that name none. */
  readonly defaultEntryPoints?: readonly string[]
  readonly ingress: IngressProviderOptions | undefined
  readonly ingressStatus: { readonly service?: string; readonly address?: string }
  readonly crd:
    | {
        readonly ingressClass: string
        readonly allowCrossNamespace: boolean
        readonly allowEmptyServices: boolean
        readonly allowExternalNameServices: boolean
        readonly defaultRuleSyntax: RuleSyntax
        readonly namespaces: readonly string[]
      }
    | undefined
  readonly gateway:
    | {
        readonly service?: string
        readonly address?: string
        readonly nativeLBByDefault: boolean
        readonly experimentalChannel: boolean
        readonly namespaces: readonly string[]
      }
    | undefined
  readonly api: { readonly insecure: boolean; readonly dashboard: boolean; readonly entryPoint?: string }
  readonly ping: string | undefined
  /** v1: rules in a file; without a name in the static one itself. */
  readonly fileProvider?: { readonly filename: string | undefined }
  /** v1: attempts, 0: as many as there are servers. */
  readonly retry?: number
  readonly notes: readonly TraefikNote[]
  readonly configFile: SeenFile | undefined
}

/** The static configuration's file, where one was found or asked for. */
export interface SeenFile {
  readonly path: string
  readonly text?: string
  readonly object?: { readonly kind: string; readonly namespace: string; readonly name: string }
  readonly table?: TomlTable
}

/** As its makers publish it, and as k3s mirrors it. */
export const TRAEFIK_IMAGE = /(^|\/)((mirrored-)?library-)?traefik([:@]|$)/
export const TRAEFIK_INGRESS_CONTROLLER = 'traefik.io/ingress-controller'
export const TRAEFIK_GATEWAY_CONTROLLER = 'traefik.io/gateway-controller'

/** `--a.b=c`, `--a.b c` and `--a.b`, names in lower case. */
function argumentsOf({ command = [], args = [] }: Container): Options {
  const options = new Map<string, string>()
  const words = [...command, ...args]
  words.forEach((word, i) => {
    const [, name, value] = /^--?([A-Za-z][^=]*)(?:=([\s\S]*))?$/.exec(word) ?? []
    if (name === undefined) return
    const next = words[i + 1]
    const own = value ?? (next !== undefined && !next.startsWith('-') ? next : 'true')
    const stated = name.toLowerCase() === 'entrypoints' ? entryPointArgument(own) : [[name.toLowerCase(), own] as const]
    for (const [key, text] of stated) options.set(key, text)
  })
  return options
}

/** The file that it is told to read. */
export function configFileArgument(container: Container): string | undefined {
  const options = argumentsOf(container)
  return options.get('configfile') ?? options.get('c')
}

const settings = new WeakMap<Container, TraefikSettings>()

/** As its arguments have it, without any file. */
export function traefikSettings(container: Container): TraefikSettings {
  let known = settings.get(container)
  if (!known) settings.set(container, (known = readSettings(container, undefined, new Map())))
  return known
}

/** v1 reads the file below its arguments; later ones take the file alone where there is one. */
export function readSettings(container: Container, configFile: SeenFile | undefined, file: Options): TraefikSettings {
  const options = argumentsOf(container)
  const version = versionOf(container.image ?? '', options, file)
  if (version === 1) return { ...readFirst(file, options), configFile }
  return { ...readModern(file.size > 0 ? file : options, version), configFile }
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

/** By its image's tag, else by words that only v1 knows. */
function versionOf(image: string, options: Options, file: Options): 1 | 2 | 3 {
  const [, digit] = /:v?(\d)/.exec(image) ?? []
  const first = (names: Options): boolean => ['kubernetes', 'web', 'defaultentrypoints'].some((name) => given(names, name))
  if (digit === '1' || first(options) || (digit === undefined && first(file))) return 1
  return digit === '2' ? 2 : 3
}

const given = (options: Options, prefix: string): boolean =>
  [...options].some(([name, value]) => (name === prefix ? value !== 'false' : name.startsWith(`${prefix}.`)))

function readModern(options: Options, version: 2 | 3): Omit<TraefikSettings, 'configFile'> {
  const at = (name: string): string | undefined => options.get(name)
  const [ingress, crd, gateway] = ['providers.kubernetesingress', 'providers.kubernetescrd', 'providers.kubernetesgateway']
  const insecure = isOn(options, 'api.insecure')
  const ping = given(options, 'ping') ? (at('ping.entrypoint') ?? 'traefik') : undefined
  const namespaces = (prefix: string): readonly string[] => listOf(at(`${prefix}.namespaces`))
  const defaultRuleSyntax = version === 2 || at('core.defaultrulesyntax')?.toLowerCase() === 'v2' ? 'v2' : 'v3'
  return {
    version,
    entryPoints: entryPointsOf(options, insecure || ping === 'traefik'),
    udpEntryPoints: namesIn(options).flatMap((name) => udpEntryPoint(options, name) ?? []),
    ingress: given(options, ingress)
      ? {
          ingressClass: at(`${ingress}.ingressclass`) ?? '',
          allowEmptyServices: isOn(options, `${ingress}.allowemptyservices`),
          allowExternalNameServices: isOn(options, `${ingress}.allowexternalnameservices`),
          disableIngressClassLookup: isOn(options, `${ingress}.disableingressclasslookup`),
          strictPrefixMatching: isOn(options, `${ingress}.strictprefixmatching`),
          nativeLBByDefault: isOn(options, `${ingress}.nativelbbydefault`),
          disableClusterScopeResources: isOn(options, `${ingress}.disableclusterscoperesources`),
          defaultRuleSyntax,
          namespaces: namespaces(ingress),
          labelSelector: at(`${ingress}.labelselector`) ?? '',
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
          allowExternalNameServices: isOn(options, `${crd}.allowexternalnameservices`),
          defaultRuleSyntax,
          namespaces: namespaces(crd),
        }
      : undefined,
    gateway: given(options, gateway)
      ? {
          ...statusOf(serviceName(options, gateway), at(`${gateway}.statusaddress.ip`) ?? at(`${gateway}.statusaddress.hostname`)),
          nativeLBByDefault: isOn(options, `${gateway}.nativelbbydefault`),
          experimentalChannel: isOn(options, `${gateway}.experimentalchannel`),
          namespaces: namespaces(gateway),
        }
      : undefined,
    api: { insecure, dashboard: isOn(options, 'api.dashboard', given(options, 'api')) },
    ping,
    notes: unread(options),
  }
}

const QUIET = ['configfile', 'log', 'accesslog', 'metrics', 'tracing', 'global', 'core', 'providers']
const READ = ['entrypoints', 'api', 'ping', 'providers.kubernetesingress', 'providers.kubernetescrd', 'providers.kubernetesgateway']

/** Sections that are set and not simulated, a line for each; those of logs and measurements change no packet. */
function unread(options: Options): readonly TraefikNote[] {
  const heads = [...options.keys()].map((name) =>
    name
      .split('.')
      .slice(0, name.startsWith('providers.') ? 2 : 1)
      .join('.'),
  )
  const unknown = new Set(heads.filter((head) => ![...QUIET, ...READ, 'providers.providersthrottleduration'].includes(head)))
  return [...unknown].map((head) => ({ level: 'warning', text: `${head} is not simulated` }))
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

const namesIn = (options: Options): readonly string[] => [
  ...new Set([...options.keys()].flatMap((name) => /^entrypoints\.([^.=]+)\.?/.exec(name)?.[1] ?? [])),
]

/** `:53/udp`. Its sessions end after `udp.timeout`, three seconds where nobody says. */
function udpEntryPoint(options: Options, name: string): UdpEntryPoint | undefined {
  const [, port] = /:(\d+)\/udp$/i.exec(options.get(`entrypoints.${name}.address`) ?? '') ?? []
  const [, digits = '3', unit = 's'] = /^(\d+)(ms|s|m)?$/.exec(options.get(`entrypoints.${name}.udp.timeout`) ?? '') ?? []
  const timeout = Number(digits) * (unit === 'ms' ? 0.001 : unit === 'm' ? 60 : 1)
  return port === undefined ? undefined : { name, port: Number(port), timeout }
}

/** Without any there is one called http, on port 80. */
function entryPointsOf(options: Options, internal: boolean): readonly EntryPoint[] {
  const own = namesIn(options).flatMap((name) => entryPoint(options, name) ?? [])
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
