/**
 * Traefik 1's static configuration (configuration/configuration.go and entrypoints.go of v1.7, cmd/configuration.go for what is usual): traefik.toml below arguments, which have the last word. Left
 * out: ACME, authentication and compression of entry points, every provider but Kubernetes and file; each is named.
 */
import type { EntryPoint, IngressProviderOptions, Options, TraefikNote, TraefikSettings } from './traefik.ts'

/** Keys that neither move a packet nor change an answer. */
const QUIET =
  /^(configfile|loglevel|l|debug|d|c|traefiklog|traefiklogsfile|accesslog|accesslogsfile|checknewversion|sendanonymoususage|providersthrottleduration|metrics|tracing|gracetimeout|lifecycle|maxidleconnsperhost|statistics)(\.|$)/

const READ: readonly RegExp[] = [
  /^defaultentrypoints$/,
  /^entrypoints(\.[^.]+)?$/,
  /^entrypoints\.[^.]+\.(address|whitelistsourcerange|whitelist(\.sourcerange)?|tls|tls\..*)$/,
  /^entrypoints\.[^.]+\.(redirect|proxyprotocol|forwardedheaders)(\.[^.]+)?$/,
  /^web(\.(address|readonly|path|statistics.*|metrics.*))?$/,
  /^api(\.(dashboard|entrypoint|debug|statistics.*))?$/,
  /^ping(\.entrypoint)?$/,
  /^kubernetes(\.(endpoint|token|certauthfilepath|namespaces|labelselector|ingressclass|disablepasshostheaders|throttleduration|watch))?$/,
  /^kubernetes\.ingressendpoint(\.(ip|hostname|publishedservice))?$/,
  /^file(\.(filename|watch))?$/,
  /^(backends|frontends)(\.|$)/,
  /^retry(\.attempts)?$/,
]

const isTrue = (text: string | undefined): boolean => text !== undefined && /^(true|enable|on|1)$/i.test(text)

const listOf = (text: string | undefined): readonly string[] =>
  (text ?? '')
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '')

/** `file` and `args` have names in lower case, tables joined by dots, lists by commas. */
export function readFirst(file: Options, args: Options): Omit<TraefikSettings, 'configFile'> {
  const ownPoints = [...args.keys()].some((name) => name.startsWith('entrypoints.'))
  const below = [...file].filter(([name]) => !(ownPoints && name.startsWith('entrypoints.')))
  const options: Options = new Map([...below, ...args])
  const has = (name: string): boolean =>
    options.get(name) !== 'false' && [...options.keys()].some((key) => key === name || key.startsWith(`${name}.`))
  const stated = entryPointsOf(options)
  const { api, ping, internal, notes } = administration(options, has)
  const points = stated.length > 0 ? stated : [plain('http', 80)]
  const entryPoints = [...points.filter(({ name }) => name !== internal?.name), ...(internal ? [internal] : [])]
  return {
    version: 1,
    entryPoints,
    defaultEntryPoints: stated.length > 0 ? listOf(options.get('defaultentrypoints') ?? 'http') : ['http'],
    ingress: has('kubernetes') ? kubernetes(options) : undefined,
    ingressStatus: statusOf(options),
    crd: undefined,
    gateway: undefined,
    api,
    ping,
    ...(has('file') && { fileProvider: { filename: options.get('file.filename') } }),
    ...(has('retry') && { retry: Number(options.get('retry.attempts') ?? 0) }),
    notes: [...notes, ...unread(options)],
  }
}

const plain = (name: string, port: number): EntryPoint => ({
  name,
  port,
  tls: false,
  asDefault: false,
  trusted: 'everybody',
  proxyProtocol: undefined,
  middlewares: [],
})

function entryPointsOf(options: Options): readonly EntryPoint[] {
  const names = new Set([...options.keys()].flatMap((key) => /^entrypoints\.([^.]+)\./.exec(key)?.[1] ?? []))
  const points = [...names].flatMap((name): readonly EntryPoint[] => {
    const at = (field: string): string | undefined => options.get(`entrypoints.${name}.${field}`)
    const under = (field: string): boolean => [...options.keys()].some((key) => `${key}.`.startsWith(`entrypoints.${name}.${field}.`))
    const [, port] = /:(\d+)$/.exec(at('address') ?? '') ?? []
    if (port === undefined) return []
    const whom = (field: string, otherwise: boolean): 'everybody' | readonly string[] => {
      const ips = listOf(at(`${field}.trustedips`))
      const insecure = at(`${field}.insecure`)
      return isTrue(insecure) || (insecure === undefined && ips.length === 0 && otherwise) ? 'everybody' : ips
    }
    const allowed = listOf(at('whitelist.sourcerange') ?? at('whitelistsourcerange'))
    return [
      {
        ...plain(name, Number(port)),
        tls: under('tls') && at('tls') !== 'false',
        trusted: whom('forwardedheaders', !under('forwardedheaders')),
        proxyProtocol: under('proxyprotocol') ? whom('proxyprotocol', false) : undefined,
        ...(allowed.length > 0 && { allowed }),
      },
    ]
  })
  return points.map((point) => ({ ...point, ...redirectionOf(options, point.name, points) }))
}

/** What goes to another entry point always gets its port into the address (middlewares/redirect). */
function redirectionOf(options: Options, name: string, points: readonly EntryPoint[]): Pick<EntryPoint, 'moves'> {
  const at = (field: string): string | undefined => options.get(`entrypoints.${name}.redirect.${field}`)
  const permanent = isTrue(at('permanent'))
  const to = points.find((each) => each.name === at('entrypoint')?.toLowerCase() && each.name !== name)
  if (to) return { moves: { ...toEntryPoint(to), permanent } }
  const [regex, replacement] = [at('regex'), at('replacement')]
  return regex && replacement ? { moves: { regex, replacement, permanent } } : {}
}

/** Host and the rest of a URL, whatever its scheme and port are. */
export const toEntryPoint = ({ tls, port }: EntryPoint): { readonly regex: string; readonly replacement: string } => ({
  regex: String.raw`^(?:https?:\/\/)?(\[[\w:.]+\]|[\w\._-]+)(?::\d+)?(.*)$`,
  replacement: `${tls ? 'https' : 'http'}://\${1}:${port}\${2}`,
})

interface Administration {
  readonly api: TraefikSettings['api']
  readonly ping: string | undefined
  readonly internal: EntryPoint | undefined
  readonly notes: readonly TraefikNote[]
}

/** `--web` is the old word for API, dashboard and ping on an entry point of their own. */
function administration(options: Options, has: (name: string) => boolean): Administration {
  const notes: TraefikNote[] = []
  const [api, ping] = [has('api'), has('ping')]
  const web = has('web')
  if (web)
    notes.push({
      level: 'warning',
      text: 'web provider configuration is deprecated, you should use these options : api, rest provider, ping and metrics',
    })
  const heeded = web && !api && !ping
  if (web && !heeded)
    notes.push({
      level: 'warning',
      text: 'web option is ignored if you use it with one of these options : api, rest provider, ping or metrics',
    })
  const [, port = '8080'] = /:(\d+)$/.exec((heeded ? options.get('web.address') : undefined) ?? '') ?? []
  const entryPoint = options.get('api.entrypoint')?.toLowerCase() ?? 'traefik'
  const pinged = options.get('ping.entrypoint')?.toLowerCase() ?? 'traefik'
  const own = heeded || (api && entryPoint === 'traefik') || (ping && pinged === 'traefik')
  const [, statedPort] = /:(\d+)$/.exec(options.get('entrypoints.traefik.address') ?? '') ?? []
  return {
    api: { insecure: heeded || api, dashboard: heeded || (api && options.get('api.dashboard') !== 'false'), entryPoint },
    ping: heeded ? 'traefik' : ping ? pinged : undefined,
    internal: own ? plain('traefik', Number(heeded ? port : (statedPort ?? port))) : undefined,
    notes,
  }
}

const kubernetes = (options: Options): IngressProviderOptions => ({
  ingressClass: options.get('kubernetes.ingressclass') ?? '',
  allowEmptyServices: true,
  allowExternalNameServices: true,
  disableIngressClassLookup: true,
  strictPrefixMatching: false,
  nativeLBByDefault: false,
  namespaces: listOf(options.get('kubernetes.namespaces')),
  labelSelector: options.get('kubernetes.labelselector') ?? '',
  passHostHeader: !isTrue(options.get('kubernetes.disablepasshostheaders')),
})

function statusOf(options: Options): TraefikSettings['ingressStatus'] {
  const at = (name: string): string | undefined => options.get(`kubernetes.ingressendpoint.${name}`)
  const [service, address] = [at('publishedservice'), at('ip') ?? at('hostname')]
  return { ...(service && { service }), ...(address && !service && { address }) }
}

/** Names of what is set and not simulated, a line for each. */
function unread(options: Options): readonly TraefikNote[] {
  const names = [...options.keys()].filter((name) => !QUIET.test(name) && !READ.some((pattern) => pattern.test(name)))
  const heads = new Set(
    names.map((name) => (name.startsWith('entrypoints.') ? name.split('.').slice(0, 3).join('.') : (name.split('.')[0] ?? ''))),
  )
  return [...heads].map((head) =>
    head === 'constraints'
      ? { level: 'info', text: 'constraints filter by tags, which the Kubernetes provider does not have: they change nothing here' }
      : { level: 'warning', text: `${head} is not simulated` },
  )
}

/** `Name:http Address::80 Redirect.EntryPoint:https`, as one argument says it: options as a file would have them. */
export function entryPointArgument(text: string): readonly (readonly [name: string, value: string])[] {
  const fields = text.split(/\s+/).flatMap((part): readonly (readonly [string, string])[] => {
    const at = part.indexOf(':')
    if (part === '') return []
    return [at < 0 ? [part.toLowerCase(), 'true'] : [part.slice(0, at).toLowerCase(), part.slice(at + 1)]]
  })
  const name = fields.find(([field]) => field === 'name')?.[1]?.toLowerCase()
  return name === undefined
    ? []
    : fields.flatMap(([field, value]) => (field === 'name' ? [] : [[`entrypoints.${name}.${field}`, value] as const]))
}
