/** Ingresses at random, out of few hosts and path elements so that they meet, with annotations of both controllers: what a person would not think of. The same seed gives the same. */
import { random } from '../../core/base/choose.ts'
import { type Case, type Ingress, ingress, type Path, type Rule, secret, service, SERVICES } from './cases.ts'

const HOSTS = ['a.com', 'b.a.com', '*.a.com', 'c.b.a.com', '*.b.a.com', '']
const ASKED = ['a.com', 'b.a.com', 'x.a.com', 'c.b.a.com', 'x.b.a.com', 'other.com', 'alias.com']
const TYPES = ['Exact', 'Prefix', 'ImplementationSpecific'] as const
const ELEMENTS = ['x', 'y', 'xy', 'X']
const BACKENDS = ['a', 'b', 'c', 'd', 'idle', 'nobody']
const N = 'nginx.ingress.kubernetes.io'
const H = 'haproxy.org'
type Annotations = Readonly<Record<string, string>>
type Pick = <T>(list: readonly T[]) => T

/** Of each group one or none. */
const FOR_NGINX: readonly (readonly Annotations[])[] = [
  [
    { 'rewrite-target': '/' },
    { 'rewrite-target': '/new' },
    { 'rewrite-target': '/$2' },
    { 'rewrite-target': '/$1?q=1' },
    { 'use-regex': 'true' },
    { 'rewrite-target': '/p/$1', 'x-forwarded-prefix': '/p' },
  ],
  [
    { 'ssl-redirect': 'true' },
    { 'force-ssl-redirect': 'true' },
    { 'ssl-redirect': 'true', 'preserve-trailing-slash': 'true' },
    { 'ssl-redirect': 'maybe' },
  ],
  [
    { 'whitelist-source-range': '127.0.0.0/8' },
    { 'whitelist-source-range': '10.0.0.0/8, ::1' },
    { 'denylist-source-range': '127.0.0.1' },
    { 'whitelist-source-range': 'all' },
  ],
  [
    { 'permanent-redirect': 'https://x.org/y' },
    { 'permanent-redirect': 'https://x.org', 'permanent-redirect-code': '308' },
    { 'temporal-redirect': 'http://t.org' },
    { 'temporal-redirect': 'http://t.org', 'temporal-redirect-code': '307', 'permanent-redirect': 'https://x.org' },
    { 'temporal-redirect': '/relative' },
  ],
  [{ 'app-root': '/app' }, { 'server-alias': 'alias.com' }, { 'upstream-vhost': 'inner' }, { 'proxy-body-size': '1k' }],
  [
    { 'enable-cors': 'true' },
    { 'enable-cors': 'true', 'cors-allow-origin': 'https://*.o.com, http://p.com:8080', 'cors-allow-credentials': 'false' },
    { 'enable-cors': 'true', 'cors-allow-origin': 'https://o.com', 'cors-expose-headers': 'X-One', 'cors-max-age': '10' },
    { 'custom-headers': 'default/headers' },
    { 'custom-headers': 'default/nothing' },
    { 'default-backend': 'd' },
    { affinity: 'cookie' },
    { 'upstream-hash-by': '$request_uri' },
    { 'load-balance': 'ewma' },
  ],
]

const FOR_HAPROXY: readonly (readonly Annotations[])[] = [
  [{ 'path-rewrite': '/new' }, { 'path-rewrite': '/x/(.*) /\\1' }, { 'path-rewrite': '^/(x|y)(.*)$ /\\2/\\1' }, { 'set-host': 'inner' }],
  [{ 'ssl-redirect': 'true' }, { 'ssl-redirect': 'true', 'ssl-redirect-code': '301', 'ssl-redirect-port': '443' }],
  [{ 'allow-list': '127.0.0.0/8' }, { 'allow-list': '10.0.0.0/8, 192.168.0.1' }, { 'deny-list': '127.0.0.1' }],
  [{ 'request-redirect': 'x.org' }, { 'request-redirect': 'x.org:8080', 'request-redirect-code': '303' }],
  [
    { 'request-set-header': 'X-One one' },
    { 'request-set-header': 'Host other', 'set-host': 'inner' },
    { 'request-set-header': 'X-One "one and two"\nX-Two 2' },
    { 'response-set-header': 'X-Answer "yes it is"' },
    { 'load-balance': 'leastconn' },
    { 'load-balance': 'source' },
  ],
]

const CANARIES: readonly Annotations[] = [
  { 'canary-weight': '100' },
  { 'canary-weight': '0' },
  { 'canary-weight': '30' },
  { 'canary-weight': '5', 'canary-weight-total': '1000' },
  { 'canary-by-header': 'X-Canary' },
  { 'canary-by-header': 'X-Canary', 'canary-by-header-value': 'yes', 'canary-by-cookie': 'try' },
  { 'canary-by-header': 'X-Canary', 'canary-by-header-pattern': '^y', 'canary-weight': '100' },
  { 'canary-by-cookie': 'try', 'canary-weight': '50' },
]

const HEADERS: readonly (readonly (readonly [string, string])[])[] = [
  [['X-Canary', 'always']],
  [['X-Canary', 'yes']],
  [
    ['X-Canary', 'never'],
    ['Cookie', 'try=always'],
  ],
  [['Cookie', 'other=1; try=always']],
  [['Cookie', 'try=never']],
  [
    ['X-Forwarded-For', '10.1.2.3, 10.4.5.6'],
    ['X-Forwarded-Proto', 'https'],
  ],
  [
    ['X-Forwarded-Host', 'a.com'],
    ['X-Forwarded-Port', '8443'],
    ['X-Request-ID', 'abc'],
  ],
  [
    ['X_Under', '1'],
    ['X-Fine', '2'],
  ],
  [['Origin', 'https://o.com']],
  [['Origin', 'https://sub.o.com']],
  [
    ['Origin', 'http://p.com:8080'],
    ['Proxy', 'evil'],
  ],
]

const SETTINGS: readonly (readonly Annotations[])[] = [
  [{ 'use-forwarded-headers': 'true' }, { 'use-forwarded-headers': 'true', 'compute-full-forwarded-for': 'true' }],
  [
    { 'http-redirect-code': '301' },
    { hsts: 'false' },
    { 'force-ssl-redirect': 'true' },
    { 'upstream-keepalive-connections': '0' },
    { 'enable-underscores-in-headers': 'true' },
  ],
]

const prefixed = (prefix: string, annotations: Annotations): Annotations =>
  Object.fromEntries(Object.entries(annotations).map(([name, value]) => [`${prefix}/${name}`, value]))

/** A person's paths with groups, where the rewriting needs some. */
const EXPRESSIONS: readonly string[] = ['/x(/|$)(.*)', '/y/[a-y]+', '/(x|y)/(.*)', '/xy$', '/x.', '/']

export function randomCase(seed: number): Case {
  const next = random(seed)
  const below = (limit: number): number => Math.floor(next() * limit)
  const one: Pick = (list) => list[below(list.length)] as (typeof list)[number]
  const some = (groups: readonly (readonly Annotations[])[], chance: number): Annotations =>
    Object.fromEntries(groups.flatMap((group) => (next() < chance ? Object.entries(one(group)) : [])))
  const path = (): string => {
    const elements = Array.from({ length: below(4) }, () => one(ELEMENTS))
    return elements.length === 0 ? '/' : `/${elements.join('/')}${next() < 0.3 ? '/' : ''}`
  }
  const plain = seed % 2 === 0
  const chance = plain ? 0 : 0.25
  const annotated = (): Annotations => ({
    ...prefixed(N, some(FOR_NGINX, chance)),
    ...prefixed(H, some(FOR_HAPROXY, chance)),
  })
  const tls = next() < 0.4
  const made = Array.from({ length: 1 + below(3) }, (_, i): Ingress => {
    const annotations = annotated()
    const expressions = Object.keys(annotations).some((name) => /rewrite-target|use-regex/.test(name))
    const onePath = (): Path =>
      expressions && next() < 0.5
        ? [one(EXPRESSIONS), 'ImplementationSpecific', one(BACKENDS)]
        : [path(), one(TYPES), one(plain ? BACKENDS.slice(0, 4) : BACKENDS)]
    const rules: readonly Rule[] = Array.from({ length: 1 + below(3) }, () => ({
      host: one(HOSTS),
      paths: Array.from({ length: 1 + below(4) }, onePath),
    }))
    const hosts = rules.flatMap(({ host }) => (host === '' ? [] : [host]))
    return {
      name: `i${i}`,
      rules,
      annotations,
      ...(next() < 0.2 && { defaultBackend: one(['a', 'b']) }),
      ...(tls && hosts.length > 0 && next() < 0.7 && { tls: [{ hosts, secretName: one(['one', 'two', 'missing']) }] }),
    }
  })
  const canaries = plain || next() < 0.5 ? [] : made.slice(0, 1).map((each) => canaryOf(each, one))
  const headers = JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'headers' }, data: { 'X-Custom': 'of all' } })
  const asked = new Set(['/', '/none', ...Array.from({ length: plain ? 24 : 8 }, path), '/x/', '/x', '/xyz', '/x/y/x/y?a=b'])
  const settings = plain ? {} : some(SETTINGS, 0.4)
  const secrets = tls ? secret('one', ['a.com', '*.a.com']) + secret('two', ['b.a.com', '*.b.a.com']) : ''
  return {
    name: `random ${seed}`,
    manifest: `\n${headers}\n---${secrets}${SERVICES}${service('idle', 0)}${[...made, ...canaries].map(ingress).join('')}`,
    hosts: ASKED,
    paths: [...asked],
    tls,
    most: 300,
    settings: { ...settings, 'global-allowed-response-headers': 'X-Custom' },
    ...(!plain && {
      headers: [[], one(HEADERS), one(HEADERS)].map((each) => [...each]),
      methods: ['GET', one(['POST', 'OPTIONS', 'HEAD'])],
    }),
  }
}

/** Another Service for the same hosts and paths, and for one that is nobody's. */
function canaryOf({ rules, annotations = {} }: Ingress, one: Pick): Ingress {
  const kept = Object.fromEntries(Object.entries(annotations).filter(([name]) => /rewrite-target|use-regex/.test(name)))
  return {
    name: 'z-canary',
    annotations: { ...kept, ...prefixed(N, { canary: 'true', ...one(CANARIES) }) },
    rules: rules.map(({ host, paths }) => ({
      host,
      paths: [
        ...paths.map(([path, type]) => [path, type, one(['a', 'canary', 'canary'])] as const),
        ['/none', 'Prefix', 'canary'] as const,
      ],
    })),
  }
}
