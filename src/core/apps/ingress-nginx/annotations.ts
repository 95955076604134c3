/**
 * The annotations of ingress-nginx that decide where a request goes (internal/ingress/annotations). What is not read here is named in the controller's log, so that nobody takes silence for agreement.
 */
import type { Ingress } from '../../api/ingress.ts'
import type { Headers } from '../http.ts'
import type { Users } from '../ingress/htpasswd.ts'
import { isPrefix } from '../ingress/source-range.ts'
import { Reading, type ReadingRules } from './reading.ts'

export interface Annotations {
  readonly rewriteTarget: string
  readonly useRegex: boolean
  readonly appRoot: string
  readonly sslRedirect: boolean
  readonly forceSslRedirect: boolean
  readonly preserveTrailingSlash: boolean
  readonly sslPassthrough: boolean
  readonly backendProtocol: string
  readonly serviceUpstream: boolean
  readonly allow: readonly string[]
  readonly deny: readonly string[]
  readonly canary: Canary | undefined
  readonly affinity: Affinity | undefined
  readonly loadBalance: string
  readonly upstreamHashBy: string
  readonly upstreamVhost: string
  readonly xForwardedPrefix: string
  readonly serverAlias: readonly string[]
  readonly redirect: { readonly url: string; readonly code: number } | undefined
  readonly defaultBackend: string
  readonly connectTimeout: number
  readonly readTimeout: number
  readonly nextUpstream: readonly string[]
  readonly tries: number
  readonly bodySize: string
  readonly cors: Cors | undefined
  readonly limits: Limits | undefined
  /** The ConfigMap with headers for every answer, and those headers. */
  readonly customHeaders: string
  readonly responseHeaders: Headers
  readonly auth: Auth | undefined
  /** Why requests are answered 503 before anything else is looked at. */
  readonly denied: string | undefined
  /** Why the Ingress as a whole is not taken. */
  readonly refused: string | undefined
  /** Names without prefix that are not simulated. */
  readonly unread: readonly string[]
  /** What could not be understood, in the controller's words. */
  readonly problems: readonly string[]
}

/** How a canary's share of the requests is found: header, then cookie, then weight. */
export interface Canary {
  readonly weight: number
  readonly weightTotal: number
  readonly header: string
  readonly headerValue: string
  readonly headerPattern: string
  readonly cookie: string
}

export interface Affinity {
  readonly mode: 'balanced' | 'persistent'
  readonly cookie: string
  readonly path: string
  readonly maxAge: string
  readonly expires: string
  readonly domain: string
  readonly sameSite: string
  readonly secure: boolean | undefined
  readonly changeOnFailure: boolean
  readonly canaryBehavior: 'sticky' | 'legacy'
}

export interface Cors {
  readonly origins: readonly string[]
  readonly headers: string
  readonly methods: string
  readonly credentials: boolean
  readonly exposed: string
  readonly maxAge: number
}

/** Basic authentication; `users` and `file` once the Secret has been read. */
export interface Auth {
  readonly secret: string
  readonly kind: 'auth-file' | 'auth-map'
  readonly realm: string
  readonly users: Users
  readonly file: string
}

/** Requests per second and per minute, each with a burst of so many times as many. */
export interface Limits {
  readonly perSecond: number
  readonly perMinute: number
  readonly burst: number
  /** Whom nothing limits. */
  readonly except: readonly string[]
}

/** Defaults out of the controller's ConfigMap. */
export interface Defaults {
  readonly sslRedirect: boolean
  readonly forceSslRedirect: boolean
  readonly allow: readonly string[]
  readonly deny: readonly string[]
  readonly loadBalance: string
  readonly connectTimeout: number
  readonly readTimeout: number
  readonly nextUpstream: readonly string[]
  readonly tries: number
  readonly bodySize: string
}

const READ = new Set(
  [
    'rewrite-target use-regex app-root ssl-redirect force-ssl-redirect preserve-trailing-slash ssl-passthrough backend-protocol service-upstream',
    'whitelist-source-range allowlist-source-range denylist-source-range load-balance upstream-hash-by upstream-vhost x-forwarded-prefix server-alias',
    'permanent-redirect permanent-redirect-code temporal-redirect temporal-redirect-code default-backend proxy-connect-timeout proxy-read-timeout',
    'proxy-next-upstream proxy-next-upstream-tries proxy-body-size canary canary-weight canary-weight-total canary-by-header canary-by-header-value',
    'canary-by-header-pattern canary-by-cookie affinity affinity-mode affinity-canary-behavior session-cookie-name session-cookie-path',
    'session-cookie-max-age session-cookie-expires session-cookie-domain session-cookie-samesite session-cookie-secure session-cookie-change-on-failure',
    'enable-cors cors-allow-origin cors-allow-headers cors-allow-methods cors-allow-credentials cors-expose-headers cors-max-age custom-headers',
    'auth-type auth-secret auth-secret-type auth-realm',
    'limit-rps limit-rpm limit-burst-multiplier limit-allowlist limit-whitelist',
  ].flatMap((line) => line.split(' ')),
)

/** Those that change nothing of where a request goes or what it carries; buffers, logs and their kin. */
const HARMLESS =
  /^(proxy-(send-timeout|buffer|buffers|buffer-size|buffers-number|busy-buffers-size|buffering|request-buffering|max-temp-file-size|http-version|next-upstream-timeout)|client-body-buffer-size|enable-(access|rewrite)-log|ssl-ciphers|ssl-prefer-server-ciphers|http2-push-preload|enable-opentelemetry|opentelemetry.*)$/

export function annotationsOf({ metadata }: Ingress, rules: ReadingRules, defaults: Defaults): Annotations {
  const read = new Reading(metadata.annotations ?? {}, rules)
  const { text, flag, number, list } = {
    text: read.text.bind(read),
    flag: read.flag.bind(read),
    number: read.number.bind(read),
    list: read.list.bind(read),
  }
  const allow = ranges(read, read.has('allowlist-source-range') ? 'allowlist-source-range' : 'whitelist-source-range', defaults.allow)
  const deny = ranges(read, 'denylist-source-range', defaults.deny)
  const canary = canaryOf(read)
  const made = {
    rewriteTarget: text('rewrite-target'),
    useRegex: flag('use-regex'),
    appRoot: appRootOf(read),
    sslRedirect: flag('ssl-redirect', defaults.sslRedirect),
    forceSslRedirect: flag('force-ssl-redirect', defaults.forceSslRedirect),
    preserveTrailingSlash: flag('preserve-trailing-slash'),
    sslPassthrough: flag('ssl-passthrough'),
    backendProtocol: text('backend-protocol', 'HTTP').trim().toUpperCase(),
    serviceUpstream: flag('service-upstream'),
    allow,
    deny,
    canary: flag('canary') ? canary : undefined,
    affinity: text('affinity') === 'cookie' ? affinityOf(read) : undefined,
    loadBalance: text('load-balance', defaults.loadBalance),
    upstreamHashBy: text('upstream-hash-by'),
    upstreamVhost: text('upstream-vhost'),
    xForwardedPrefix: text('x-forwarded-prefix'),
    serverAlias: [...new Set(list('server-alias'))].sort(),
    redirect: redirectOf(read),
    defaultBackend: text('default-backend'),
    connectTimeout: number('proxy-connect-timeout', defaults.connectTimeout),
    readTimeout: number('proxy-read-timeout', defaults.readTimeout),
    nextUpstream: read.has('proxy-next-upstream') ? text('proxy-next-upstream').trim().split(/\s+/) : defaults.nextUpstream,
    tries: number('proxy-next-upstream-tries', defaults.tries),
    bodySize: text('proxy-body-size', defaults.bodySize),
    cors: flag('enable-cors') ? corsOf(read) : undefined,
    limits: limitsOf(read),
    customHeaders: text('custom-headers'),
    responseHeaders: [],
    auth: authOf(read),
  }
  if (!made.canary && (canary.weight > 0 || canary.header || canary.headerValue || canary.headerPattern || canary.cookie))
    read.problems.push(`the annotation canary does not contain a valid configuration: configured but not enabled`)
  const unread = read.names.filter((name) => !READ.has(name) && !HARMLESS.test(name))
  return { ...made, unread, problems: read.problems, denied: read.denied, refused: read.refused }
}

/** Addresses and networks; with one that is neither, nothing may pass. */
function ranges(read: Reading, name: string, otherwise: readonly string[]): readonly string[] {
  const given = read.list(name, otherwise)
  const wrong = read.has(name) ? given.find((each) => !isPrefix(each)) : undefined
  if (wrong === undefined) return given
  read.deny(`the annotation does not contain a valid IP address or network: invalid CIDR address: ${wrong}`)
  return otherwise
}

/** url.ParseRequestURI: a path, or nothing. */
function appRootOf(read: Reading): string {
  const given = read.text('app-root')
  if (given === '' || given.startsWith('/')) return given
  read.problems.push(`Annotation app-root contains an invalid value: parse "${given}": invalid URI for request`)
  return ''
}

const canaryOf = (read: Reading): Canary => ({
  weight: read.number('canary-weight', 0),
  weightTotal: read.number('canary-weight-total', 100),
  header: read.text('canary-by-header'),
  headerValue: read.text('canary-by-header-value'),
  headerPattern: read.text('canary-by-header-pattern'),
  cookie: read.text('canary-by-cookie'),
})

const affinityOf = (read: Reading): Affinity => ({
  mode: read.text('affinity-mode') === 'persistent' ? 'persistent' : 'balanced',
  cookie: read.text('session-cookie-name', 'INGRESSCOOKIE'),
  path: read.text('session-cookie-path'),
  maxAge: read.text('session-cookie-max-age'),
  expires: read.text('session-cookie-expires'),
  domain: read.text('session-cookie-domain'),
  sameSite: read.text('session-cookie-samesite'),
  secure: read.has('session-cookie-secure') ? read.flag('session-cookie-secure') : undefined,
  changeOnFailure: read.flag('session-cookie-change-on-failure'),
  canaryBehavior: read.text('affinity-canary-behavior') === 'legacy' ? 'legacy' : 'sticky',
})

const CORS_HEADERS = 'DNT,Keep-Alive,User-Agent,X-Requested-With,If-Modified-Since,Cache-Control,Content-Type,Range,Authorization'
const ORIGIN = /^([a-z]+:\/\/(\*\.)?[A-Za-z0-9\-.]*(:\d+)?|\*|null)?$/

function corsOf(read: Reading): Cors {
  const given = read.list('cors-allow-origin', ['*'])
  for (const each of given)
    if (!ORIGIN.test(each)) read.problems.push(`Error parsing cors-allow-origin parameters. Supplied incorrect origin: ${each}. Skipping.`)
  return {
    origins: given.includes('*') ? ['*'] : given.filter((each) => ORIGIN.test(each)),
    headers: read.text('cors-allow-headers', CORS_HEADERS),
    methods: read.text('cors-allow-methods', 'GET, PUT, POST, DELETE, PATCH, OPTIONS'),
    credentials: read.flag('cors-allow-credentials', true),
    exposed: read.text('cors-expose-headers'),
    maxAge: read.number('cors-max-age', 1_728_000),
  }
}

function authOf(read: Reading): Auth | undefined {
  const type = read.text('auth-type')
  if (type === '') return undefined
  if (type !== 'basic') read.problems.push(`annotation auth-type: ${type} is not simulated`)
  if (type !== 'basic') return undefined
  const secret = read.text('auth-secret')
  if (secret === '') read.deny('error reading secret name from annotation: ingress rule without annotations')
  const kind = read.text('auth-secret-type', 'auth-file') === 'auth-map' ? 'auth-map' : 'auth-file'
  return { secret, kind, realm: read.text('auth-realm'), users: new Map(), file: '' }
}

function limitsOf(read: Reading): Limits | undefined {
  const [perSecond, perMinute] = [read.number('limit-rps', 0), read.number('limit-rpm', 0)]
  const except = read.list(read.has('limit-allowlist') ? 'limit-allowlist' : 'limit-whitelist')
  if (perSecond <= 0 && perMinute <= 0) return undefined
  // A list that cannot be read makes the whole annotation void.
  const wrong = except.find((each) => !isPrefix(each))
  if (wrong !== undefined) read.problems.push(`invalid CIDR address: ${wrong}`)
  return wrong === undefined ? { perSecond, perMinute, burst: read.number('limit-burst-multiplier', 5), except } : undefined
}

/** A code that is no redirect falls back to the usual one; a temporary one has to lead to http or https. */
function redirectOf(read: Reading): Annotations['redirect'] {
  const code = (name: string, most: number, otherwise: number): number => {
    const given = read.number(name, otherwise)
    return given >= 300 && given <= most ? given : otherwise
  }
  const temporal = read.text('temporal-redirect')
  if (temporal !== '') return temporal.startsWith('http') ? { url: temporal, code: code('temporal-redirect-code', 307, 302) } : undefined
  const permanent = read.text('permanent-redirect')
  return permanent === '' ? undefined : { url: permanent, code: code('permanent-redirect-code', 308, 301) }
}
