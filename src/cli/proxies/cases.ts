/** Clusters and requests on which the real programs are asked: Ingresses of every path type, hosts that overlap, rewrites, redirects; requests are all hosts with all paths. */
import { certificateFor } from './certificate.ts'

/** The Service behind whose endpoints nobody listens. */
export const REFUSING = 'refusing'

export const service = (name: string, replicas = 2, annotations: Readonly<Record<string, string>> = {}): string => `
apiVersion: v1
kind: Service
metadata: {name: ${name}, annotations: ${JSON.stringify(annotations)}}
spec: {selector: {app: ${name}}, ports: [{name: http, port: 80, targetPort: 8080}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: ${name}}
spec:
  replicas: ${replicas}
  selector: {matchLabels: {app: ${name}}}
  template:
    metadata: {labels: {app: ${name}}}
    spec: {containers: [{name: app, image: example.com/app, ports: [{containerPort: 8080}]}]}
---`

export type Path = readonly [path: string, type: 'Exact' | 'Prefix' | 'ImplementationSpecific', service: string]

export interface Rule {
  readonly host: string
  readonly paths: readonly Path[]
}

export interface Ingress {
  readonly name: string
  readonly rules: readonly Rule[]
  readonly annotations?: Readonly<Record<string, string>>
  readonly defaultBackend?: string
  readonly tls?: readonly { readonly hosts: readonly string[]; readonly secretName: string }[]
}

const backend = (name: string): object => ({ service: { name, port: { number: 80 } } })

export const ingress = ({ name, rules, annotations = {}, defaultBackend, tls }: Ingress): string =>
  `\n${JSON.stringify({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { name, annotations },
    spec: {
      ...(defaultBackend && { defaultBackend: backend(defaultBackend) }),
      ...(tls && { tls }),
      rules: rules.map(({ host, paths }) => ({
        ...(host && { host }),
        http: { paths: paths.map(([path, pathType, each]) => ({ path, pathType, backend: backend(each) })) },
      })),
    },
  })}\n---`

export interface Case {
  readonly name: string
  readonly manifest: string
  readonly hosts: readonly string[]
  readonly paths: readonly string[]
  readonly headers?: readonly (readonly [string, string])[][]
  readonly methods?: readonly string[]
  /** Of the controller's ConfigMap. */
  readonly settings?: Readonly<Record<string, string>>
  /** Also over TLS. */
  readonly tls?: boolean
  /** So many of the requests, spread over all; absent: every one. */
  readonly most?: number
  readonly only?: 'nginx' | 'haproxy'
}

export const SERVICES = ['a', 'b', 'c', 'd', 'canary'].map((name) => service(name)).join('')
const PATHS = [
  '/',
  '/foo',
  '/foo/',
  '/foo/x',
  '/foobar',
  '/FOO',
  '/foo/bar',
  '/foo/bar/',
  '/foo/barx',
  '/bar',
  '/bar/',
  '/%66oo',
  '/foo//x',
  '/a/../foo',
  '/foo?x=/bar',
  '/none',
]
const N = 'nginx.ingress.kubernetes.io'
const H = 'haproxy.org'

const everyType: readonly Path[] = [
  ['/foo', 'Exact', 'a'],
  ['/foo', 'Prefix', 'b'],
  ['/foo/bar', 'Prefix', 'c'],
  ['/bar/', 'Prefix', 'd'],
]

export function secret(name: string, hosts: readonly string[]): string {
  const made = certificateFor(hosts)
  return `\n${JSON.stringify({ apiVersion: 'v1', kind: 'Secret', metadata: { name }, type: 'kubernetes.io/tls', stringData: { 'tls.crt': made.crt, 'tls.key': made.key } })}\n---`
}

const authorization = (text: string): readonly [string, string] => ['Authorization', `Basic ${btoa(text)}`]

const PLAIN: readonly Case[] = [
  {
    name: 'path types',
    manifest: SERVICES + ingress({ name: 'i', rules: [{ host: 'h.com', paths: everyType }] }),
    hosts: ['h.com', 'other.com'],
    paths: PATHS,
  },
  {
    name: 'a root beside them, ImplementationSpecific',
    manifest:
      SERVICES +
      ingress({
        name: 'i',
        rules: [
          {
            host: 'h.com',
            paths: [
              ['/', 'Prefix', 'a'],
              ['/foo', 'ImplementationSpecific', 'b'],
              ['/foo/bar', 'Exact', 'c'],
              ['/bar/', 'ImplementationSpecific', 'd'],
            ],
          },
        ],
      }),
    hosts: ['h.com'],
    paths: PATHS,
  },
  {
    name: 'hosts, wildcards, no host, default backend',
    manifest:
      SERVICES +
      ingress({
        name: 'i',
        rules: [
          { host: '*.w.com', paths: [['/', 'Prefix', 'a']] },
          { host: 'x.w.com', paths: [['/foo', 'Prefix', 'b']] },
          { host: '', paths: [['/bar', 'Prefix', 'c']] },
        ],
      }) +
      ingress({
        name: 'j',
        rules: [
          {
            host: 'x.w.com',
            paths: [
              ['/bar', 'Prefix', 'd'],
              ['/foo', 'Prefix', 'd'],
            ],
          },
        ],
      }),
    hosts: ['w.com', 'x.w.com', 'y.w.com', 'z.y.w.com', 'X.W.COM', 'other.com'],
    paths: ['/', '/foo', '/bar', '/bar/x'],
  },
  {
    name: 'default backend of an Ingress without rules',
    manifest:
      SERVICES +
      ingress({ name: 'i', rules: [], defaultBackend: 'a' }) +
      ingress({ name: 'j', rules: [{ host: 'h.com', paths: [['/foo', 'Prefix', 'b']] }] }),
    hosts: ['h.com', 'other.com'],
    paths: ['/', '/foo'],
  },
  {
    name: 'a Service that is not there, one without endpoints',
    manifest:
      SERVICES +
      service('idle', 0) +
      ingress({
        name: 'i',
        rules: [
          {
            host: 'h.com',
            paths: [
              ['/foo', 'Prefix', 'idle'],
              ['/bar', 'Prefix', 'nobody'],
              ['/', 'Prefix', 'a'],
            ],
          },
        ],
      }),
    hosts: ['h.com'],
    paths: ['/', '/foo', '/bar'],
  },
  {
    name: 'rewrite with groups',
    only: 'nginx',
    manifest:
      SERVICES +
      ingress({
        name: 'i',
        annotations: { [`${N}/rewrite-target`]: '/$2' },
        rules: [
          {
            host: 'h.com',
            paths: [
              ['/foo(/|$)(.*)', 'ImplementationSpecific', 'a'],
              ['/bar()(.*)', 'ImplementationSpecific', 'b'],
            ],
          },
        ],
      }),
    hosts: ['h.com'],
    paths: [...PATHS, '/foo/x%20y?q=1', '/bar/a+b?'],
  },
  {
    name: 'regular expressions for all of a host',
    only: 'nginx',
    manifest:
      SERVICES +
      ingress({
        name: 'i',
        annotations: { [`${N}/use-regex`]: 'true' },
        rules: [
          {
            host: 'h.com',
            paths: [
              ['/foo/[a-b].+', 'ImplementationSpecific', 'a'],
              ['/foo', 'Prefix', 'b'],
              ['/BAR$', 'Exact', 'c'],
            ],
          },
        ],
      }),
    hosts: ['h.com'],
    paths: PATHS,
  },
  {
    name: 'redirects',
    only: 'nginx',
    manifest:
      SERVICES +
      ingress({
        name: 'i',
        annotations: { [`${N}/force-ssl-redirect`]: 'true' },
        rules: [{ host: 'h.com', paths: [['/', 'Prefix', 'a']] }],
      }) +
      ingress({
        name: 'j',
        annotations: { [`${N}/permanent-redirect`]: 'https://x.org/y' },
        rules: [{ host: 'p.com', paths: [['/', 'Prefix', 'a']] }],
      }) +
      ingress({ name: 'k', annotations: { [`${N}/app-root`]: '/app' }, rules: [{ host: 'r.com', paths: [['/', 'Prefix', 'a']] }] }),
    hosts: ['h.com', 'p.com', 'r.com'],
    paths: ['/', '/foo', '/foo/', '/foo?x=1'],
  },
  {
    name: 'source ranges',
    manifest:
      SERVICES +
      ingress({
        name: 'i',
        annotations: { [`${N}/whitelist-source-range`]: '10.0.0.0/8', [`${H}/allow-list`]: '10.0.0.0/8' },
        rules: [{ host: 'h.com', paths: [['/', 'Prefix', 'a']] }],
      }) +
      ingress({
        name: 'j',
        annotations: { [`${N}/whitelist-source-range`]: '127.0.0.0/8', [`${H}/allow-list`]: '127.0.0.0/8' },
        rules: [{ host: 'j.com', paths: [['/', 'Prefix', 'b']] }],
      }),
    hosts: ['h.com', 'j.com'],
    paths: ['/', '/foo'],
  },
  {
    name: 'a canary by header and cookie',
    only: 'nginx',
    manifest:
      SERVICES +
      ingress({ name: 'i', rules: [{ host: 'h.com', paths: [['/', 'Prefix', 'a']] }] }) +
      ingress({
        name: 'j',
        annotations: { [`${N}/canary`]: 'true', [`${N}/canary-by-header`]: 'X-Canary', [`${N}/canary-by-cookie`]: 'try' },
        rules: [{ host: 'h.com', paths: [['/', 'Prefix', 'b']] }],
      }),
    hosts: ['h.com'],
    paths: ['/'],
    headers: [
      [],
      [['X-Canary', 'always']],
      [
        ['X-Canary', 'never'],
        ['Cookie', 'try=always'],
      ],
      [['Cookie', 'try=always']],
      [['X-Canary', 'what']],
    ],
  },
  {
    name: 'path-rewrite, set-host, headers',
    only: 'haproxy',
    manifest:
      SERVICES +
      ingress({
        name: 'i',
        annotations: { [`${H}/path-rewrite`]: '/foo/(.*) /\\1', [`${H}/set-host`]: 'inner' },
        rules: [
          {
            host: 'h.com',
            paths: [
              ['/foo', 'Prefix', 'a'],
              ['/bar', 'Prefix', 'b'],
            ],
          },
        ],
      }) +
      ingress({
        name: 'j',
        annotations: { [`${H}/request-redirect`]: 'x.org', [`${H}/request-redirect-code`]: '301' },
        rules: [{ host: 'j.com', paths: [['/', 'Prefix', 'c']] }],
      }),
    hosts: ['h.com', 'j.com'],
    paths: PATHS,
  },
  {
    name: 'aliases with stars and expressions',
    only: 'nginx',
    manifest:
      SERVICES +
      ingress({
        name: 'i',
        annotations: { [`${N}/server-alias`]: '*.s.com,front.*' },
        rules: [{ host: 'h.com', paths: [['/', 'Prefix', 'a']] }],
      }) +
      ingress({
        name: 'j',
        annotations: { [`${N}/server-alias`]: '*.t.s.com,~^e[0-9]+\\.com$' },
        rules: [{ host: '*.j.com', paths: [['/', 'Prefix', 'b']] }],
      }),
    hosts: ['h.com', 's.com', 'x.s.com', 'y.x.s.com', 'x.t.s.com', 'front.org', 'front.s.com', 'e12.com', 'e.com', 'x.j.com'],
    paths: ['/'],
  },
  {
    name: 'passwords',
    only: 'nginx',
    manifest: `${SERVICES}
${JSON.stringify({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 'users' },
  // ann has `secret` as apr1, bob as SHA-1, eve in plain.
  stringData: { auth: 'ann:$apr1$abcdefgh$h9FWgUz3n9YxylKLlR5SQ/\nbob:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\neve:{PLAIN}secret\n' },
})}
---${ingress({
      name: 'i',
      annotations: { [`${N}/auth-type`]: 'basic', [`${N}/auth-secret`]: 'users', [`${N}/auth-realm`]: 'the house' },
      rules: [{ host: 'h.com', paths: [['/', 'Prefix', 'a']] }],
    })}${ingress({
      name: 'j',
      annotations: { [`${N}/auth-type`]: 'basic', [`${N}/auth-secret`]: 'gone' },
      rules: [{ host: 'j.com', paths: [['/', 'Prefix', 'a']] }],
    })}`,
    hosts: ['h.com', 'j.com'],
    paths: ['/'],
    headers: [[], ...['ann:secret', 'ann:other', 'bob:secret', 'eve:secret', 'eve:', 'nobody:secret'].map((each) => [authorization(each)])],
  },
  {
    name: 'limits of requests',
    only: 'nginx',
    manifest:
      SERVICES +
      ingress({
        name: 'i',
        annotations: { [`${N}/limit-rpm`]: '1', [`${N}/limit-burst-multiplier`]: '3' },
        rules: [
          {
            host: 'h.com',
            paths: [
              ['/', 'Prefix', 'a'],
              ['/b', 'Prefix', 'b'],
            ],
          },
        ],
      }) +
      ingress({
        name: 'j',
        annotations: { [`${N}/limit-rpm`]: '1', [`${N}/limit-burst-multiplier`]: '1', [`${N}/limit-allowlist`]: '127.0.0.0/8' },
        rules: [{ host: 'j.com', paths: [['/', 'Prefix', 'a']] }],
      }),
    hosts: ['h.com', 'j.com'],
    paths: ['/', '/b', '/', '/b', '/', '/'],
  },
  {
    name: 'a host with its port, a body that is too large',
    manifest:
      SERVICES +
      ingress({
        name: 'i',
        annotations: { [`${N}/force-ssl-redirect`]: 'true', [`${N}/proxy-body-size`]: '1k' },
        rules: [{ host: 'h.com', paths: [['/foo', 'Prefix', 'a']] }],
      }),
    hosts: ['h.com:8000', 'H.com'],
    paths: ['/foo', '/foo/', '/none'],
    methods: ['GET', 'POST'],
  },
  {
    name: 'nobody listens behind the endpoints',
    manifest: SERVICES + service(REFUSING) + ingress({ name: 'i', rules: [{ host: 'h.com', paths: [['/', 'Prefix', REFUSING]] }] }),
    hosts: ['h.com'],
    paths: ['/', '/foo'],
    methods: ['GET', 'POST', 'HEAD'],
  },
  {
    name: 'a cookie that leads back',
    only: 'haproxy',
    manifest:
      service('a', 2, { [`${H}/cookie-persistence`]: 'stay' }) +
      ingress({ name: 'i', rules: [{ host: 'h.com', paths: [['/', 'Prefix', 'a']] }] }),
    hosts: ['h.com'],
    paths: ['/'],
    headers: [[], [['Cookie', 'stay=unknown; mine=1']]],
  },
]

export function cases(): readonly Case[] {
  const own: Case = {
    name: 'TLS',
    tls: true,
    manifest:
      secret('cert', ['t.com', '*.t.com']) +
      secret('other', ['o.com']) +
      SERVICES +
      ingress({
        name: 'i',
        tls: [{ hosts: ['t.com', '*.t.com'], secretName: 'cert' }],
        rules: [
          { host: 't.com', paths: [['/', 'Prefix', 'a']] },
          { host: '*.t.com', paths: [['/foo', 'Prefix', 'b']] },
        ],
      }) +
      ingress({
        name: 'j',
        tls: [{ hosts: ['o.com'], secretName: 'other' }],
        rules: [
          { host: 'o.com', paths: [['/', 'Prefix', 'c']] },
          { host: 'p.com', paths: [['/', 'Prefix', 'c']] },
        ],
      }),
    hosts: ['t.com', 'x.t.com', 'other.com', 'o.com', 'p.com'],
    paths: ['/', '/foo/', '/foo?x=1'],
  }
  return [...PLAIN, own]
}
