/**
 * The annotations of ingress-nginx that decide where a request goes (internal/ingress/annotations). What is not read here is named in the controller's log, so that nobody takes silence for agreement.
 */
import type { Ingress } from '../../api/ingress.ts'

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
  ].flatMap((line) => line.split(' ')),
)

/** Those that change nothing of where a request goes or what it carries; buffers, logs and their kin. */
const HARMLESS =
  /^(proxy-(send-timeout|buffer|buffers|buffer-size|buffers-number|busy-buffers-size|buffering|request-buffering|max-temp-file-size|http-version|next-upstream-timeout)|client-body-buffer-size|enable-(access|rewrite)-log|ssl-ciphers|ssl-prefer-server-ciphers|http2-push-preload|enable-opentelemetry|opentelemetry.*)$/

export function annotationsOf({ metadata }: Ingress, prefix: string, defaults: Defaults): Annotations {
  const own = new Map(
    Object.entries(metadata.annotations ?? {}).flatMap(([key, value]) =>
      key.startsWith(`${prefix}/`) ? [[key.slice(prefix.length + 1), value.trim()] as const] : [],
    ),
  )
  const problems: string[] = []
  const text = (name: string, otherwise = ''): string => own.get(name) || otherwise
  const flag = (name: string, otherwise = false): boolean => {
    const given = own.get(name)
    if (given === undefined) return otherwise
    if (given !== 'true' && given !== 'false') problems.push(`${prefix}/${name}: ${JSON.stringify(given)} is not a valid bool value`)
    return given === 'true'
  }
  const number = (name: string, otherwise: number): number => {
    const given = own.get(name)
    if (given === undefined) return otherwise
    if (!/^-?\d+$/.test(given)) problems.push(`${prefix}/${name}: ${JSON.stringify(given)} is not a valid integer value`)
    return /^-?\d+$/.test(given) ? Number(given) : otherwise
  }
  const list = (name: string, otherwise: readonly string[]): readonly string[] =>
    own.has(name)
      ? text(name)
          .split(',')
          .flatMap((each) => each.trim() || [])
      : otherwise
  const read = { text, flag, number }
  return {
    rewriteTarget: text('rewrite-target'),
    useRegex: flag('use-regex'),
    appRoot: text('app-root'),
    sslRedirect: flag('ssl-redirect', defaults.sslRedirect),
    forceSslRedirect: flag('force-ssl-redirect', defaults.forceSslRedirect),
    preserveTrailingSlash: flag('preserve-trailing-slash'),
    sslPassthrough: flag('ssl-passthrough'),
    backendProtocol: text('backend-protocol', 'HTTP').toUpperCase(),
    serviceUpstream: flag('service-upstream'),
    allow: list(own.has('allowlist-source-range') ? 'allowlist-source-range' : 'whitelist-source-range', defaults.allow),
    deny: list('denylist-source-range', defaults.deny),
    canary: flag('canary') ? canaryOf(read) : undefined,
    affinity: text('affinity') === 'cookie' ? affinityOf(read, own) : undefined,
    loadBalance: text('load-balance', defaults.loadBalance),
    upstreamHashBy: text('upstream-hash-by'),
    upstreamVhost: text('upstream-vhost'),
    xForwardedPrefix: text('x-forwarded-prefix'),
    serverAlias: [...list('server-alias', [])].sort(),
    redirect: redirectOf(read),
    defaultBackend: text('default-backend'),
    connectTimeout: number('proxy-connect-timeout', defaults.connectTimeout),
    readTimeout: number('proxy-read-timeout', defaults.readTimeout),
    nextUpstream: own.has('proxy-next-upstream') ? text('proxy-next-upstream').split(/\s+/) : defaults.nextUpstream,
    tries: number('proxy-next-upstream-tries', defaults.tries),
    bodySize: text('proxy-body-size', defaults.bodySize),
    unread: [...own.keys()].filter((name) => !READ.has(name) && !HARMLESS.test(name)),
    problems,
  }
}

interface Reading {
  readonly text: (name: string, otherwise?: string) => string
  readonly flag: (name: string, otherwise?: boolean) => boolean
  readonly number: (name: string, otherwise: number) => number
}

const canaryOf = ({ text, number }: Reading): Canary => ({
  weight: number('canary-weight', 0),
  weightTotal: number('canary-weight-total', 100),
  header: text('canary-by-header'),
  headerValue: text('canary-by-header-value'),
  headerPattern: text('canary-by-header-pattern'),
  cookie: text('canary-by-cookie'),
})

const affinityOf = ({ text, flag }: Reading, own: ReadonlyMap<string, string>): Affinity => ({
  mode: text('affinity-mode') === 'persistent' ? 'persistent' : 'balanced',
  cookie: text('session-cookie-name', 'INGRESSCOOKIE'),
  path: text('session-cookie-path'),
  maxAge: text('session-cookie-max-age'),
  expires: text('session-cookie-expires'),
  domain: text('session-cookie-domain'),
  sameSite: text('session-cookie-samesite'),
  secure: own.has('session-cookie-secure') ? flag('session-cookie-secure') : undefined,
  changeOnFailure: flag('session-cookie-change-on-failure'),
  canaryBehavior: text('affinity-canary-behavior') === 'legacy' ? 'legacy' : 'sticky',
})

/** A code that is no redirect falls back to the usual one. */
function redirectOf({ text, number }: Reading): Annotations['redirect'] {
  const code = (name: string, otherwise: number): number => {
    const given = number(name, otherwise)
    return given >= 300 && given <= 308 ? given : otherwise
  }
  if (text('temporal-redirect')) return { url: text('temporal-redirect'), code: code('temporal-redirect-code', 302) }
  return text('permanent-redirect') ? { url: text('permanent-redirect'), code: code('permanent-redirect-code', 301) } : undefined
}
