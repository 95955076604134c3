import { expect, test } from 'vitest'
import { emptyCluster } from '../cluster/cluster.ts'
import { defaultConfig } from '../cluster/config.ts'
import { applyManifests } from '../controllers/apply.ts'
import { findings } from './program-findings.ts'

const ANNOTATION = 'traefik.ingress.kubernetes.io/router'
type Path = readonly [path: string, pathType: 'Exact' | 'Prefix', service?: string]

const ingress = (name: string, paths: readonly Path[], annotations: object = {}, host = 'a.com'): object => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'Ingress',
  metadata: { name, annotations },
  spec: {
    rules: [
      {
        ...(host && { host }),
        http: {
          paths: paths.map(([path, pathType, service = 'a']) => ({
            path,
            pathType,
            backend: { service: { name: service, port: { number: 80 } } },
          })),
        },
      },
    ],
  },
})

const app = (name: string): readonly object[] => [
  { apiVersion: 'v1', kind: 'Service', metadata: { name }, spec: { selector: { app: name }, ports: [{ port: 80 }] } },
  { apiVersion: 'v1', kind: 'Pod', metadata: { name, labels: { app: name } }, spec: { containers: [{ name: 'c', image: 'x' }] } },
]

const traefik = (...args: readonly string[]): object => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'traefik' },
  spec: { containers: [{ name: 't', image: 'traefik:v3.1', args: ['--providers.kubernetesingress', ...args] }] },
})

const EXACT: Path = ['/api', 'Exact', 'b']

test.each<[string, readonly object[], readonly string[]]>([
  ['the same path as a prefix', [ingress('i', [['/api', 'Prefix'], EXACT])], ['i spec.rules[0].http.paths[1] 29 by 35']],
  ['a shorter prefix, still the longer rule', [ingress('i', [EXACT, ['/a', 'Prefix']])], ['i spec.rules[0].http.paths[0] 29 by 33']],
  [
    'a prefix whose rule is shorter',
    [
      ingress('i', [
        ['/', 'Prefix'],
        ['/api/items', 'Exact', 'b'],
      ]),
    ],
    [],
  ],
  ['a prefix of something else', [ingress('i', [['/apis', 'Prefix'], EXACT])], []],
  ['the same Service', [ingress('i', [['/api', 'Prefix', 'b'], EXACT])], []],
  ['another host', [ingress('i', [['/api', 'Prefix']], {}, 'b.com'), ingress('j', [EXACT])], []],
  ['a priority that mends it', [ingress('i', [['/api', 'Prefix']]), ingress('j', [EXACT], { [`${ANNOTATION}.priority`]: '99' })], []],
  ['two Ingresses', [ingress('i', [['/api', 'Prefix']]), ingress('j', [EXACT])], ['j spec.rules[0].http.paths[0] 29 by 35']],
  ['TLS in one of them', [ingress('i', [['/api', 'Prefix']], { [`${ANNOTATION}.tls`]: 'true' }), ingress('j', [EXACT])], []],
  ['another entry point', [ingress('i', [['/api', 'Prefix']], { [`${ANNOTATION}.entrypoints`]: 'x' }), ingress('j', [EXACT])], []],
])('an exact path behind %s', (_, ingresses, expected) => {
  const running = traefik('--entrypoints.web.address=:80', '--entrypoints.x.address=:81')
  const items = [running, ...app('a'), ...app('b'), ...ingresses]
  const text = JSON.stringify({ apiVersion: 'v1', kind: 'List', items })
  const { cluster, problems } = applyManifests(emptyCluster(defaultConfig('kubeadm')), [{ name: 'x', text }], { nodes: 2 })
  expect(problems.filter(({ severity }) => severity === 'error')).toEqual([])
  const found = findings(cluster).flatMap(({ kind, object, field = '', params }) =>
    kind === 'ingress-path-unreached' && 'before' in params ? [`${object?.name} ${field} ${params.priority} by ${params.before}`] : [],
  )
  expect(found).toEqual(expected)
})
