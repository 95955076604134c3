import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { headerOf, headersOf, type Header } from './apps/http.ts'
import { processOf } from './apps/programs.ts'
import { get } from './cluster/cluster.ts'
import { apply, configure, edit, journey, type JourneyText, type Simulation, start } from './engine.ts'
import { type EchoSaid, echoSaid } from './sim/echo-said.ts'

const SAMPLE = readFileSync(new URL('../../public/scenarios/alb.yaml', import.meta.url), 'utf8')
const base = applied(start({ cloud: 'aws' }), SAMPLE)

function applied(simulation: Simulation, text: string): Simulation {
  const done = apply(simulation, [{ name: 'a.yaml', text }])
  expect(done.problems.filter(({ severity }) => severity === 'error')).toEqual([])
  return done.simulation
}

const nameOf = ({ cluster }: Simulation, name: string): string =>
  get(cluster, 'Ingress', 'default', name)?.status?.loadBalancer?.ingress?.[0]?.hostname ?? ''

function configured({ cluster }: Simulation, name = 'alb') {
  const host = cluster.config.site.hosts.find((each) => each.name === name)
  if (!host) throw new Error(`no host ${name}`)
  return processOf({ cluster, place: { kind: 'host', host } }).running.configured
}

interface Said extends EchoSaid {
  readonly simulation: Simulation
}

/** `http://shop/x` asks the balancer that the Ingress `shop` names, as the host that `host` says. */
function ask(
  simulation: Simulation,
  path: string,
  more: Partial<JourneyText> & { readonly host?: string; readonly ingress?: string } = {},
): Said {
  const { host = 'shop.example.com', ingress = 'shop', headers = [], ...rest } = more
  const [scheme = 'http', at = path] = path.includes('://') ? path.split('://') : ['http', path]
  const url = `${scheme}://${nameOf(simulation, ingress)}${at}`
  const done = journey(simulation, { from: 'external/inet', url, headers: [['Host', host], ...headers], insecure: true, ...rest })
  if (!done.ok) throw new Error(done.error.message)
  return { ...echoSaid(done.value.conversation), simulation: done.value.simulation }
}

test('a group has one balancer, whose name all members report and DNS knows', () => {
  expect(nameOf(base, 'shop')).toMatch(/^k8s-demo-[0-9a-f]{10}-\d+\.us-east-1\.elb\.amazonaws\.com$/)
  expect(nameOf(base, 'api')).toBe(nameOf(base, 'shop'))
  expect(ask(base, '/').conversation.fidelity).toContain('name-from-api')
})

test.each<[string, readonly Header[], number, string]>([
  ['/', [], 200, 'front /'],
  ['/any?x=1', [], 200, 'front /any?x=1'],
  ['/api', [], 200, 'api /api'],
  ['/api/items', [], 200, 'api /api/items'],
  ['/apis', [], 200, 'front /apis'],
  ['/tea', [], 200, 'front /tea'],
  ['/tea', [['X-Tea', 'Yes, please']], 418, ''],
  ['/tea/', [['X-Tea', 'yes']], 200, 'front /tea/'],
])('%s %j: %i %s', (path, headers, status, by) => {
  expect(ask(base, path, { headers })).toMatchObject({ status, by })
})

test('other hosts meet the default action', () => {
  const { status, headers, body } = ask(base, '/', { host: 'other.example.com' })
  expect([status, headerOf(headers, 'Server'), headerOf(headers, 'Content-Type'), body]).toEqual([
    404,
    'awselb/2.0',
    'text/plain; charset=utf-8',
    '',
  ])
})

describe('on the way to targets', () => {
  test('ip targets are pods, in turn, and see the address of the balancer in its subnet', () => {
    const first = ask(base, '/')
    const second = ask(first.simulation, '/')
    const third = ask(second.simulation, '/')
    expect(first.way).toEqual(['alb', 'router', expect.stringMatching(/^node-/), expect.stringMatching(/^p-default-front-/)])
    expect(first.peer).toBe('10.0.0.20')
    expect(second.pod).not.toBe(first.pod)
    expect(third.pod).toBe(first.pod)
  })

  test('instance targets are the node port of every node, in turn, and kube-proxy draws once more', () => {
    let simulation = base
    const nodes: string[] = []
    const ways = new Set<number>()
    for (let i = 0; i < 30; i++) {
      const said = ask(simulation, '/api')
      const { sent } = said.conversation.connections[1]?.packets[0] ?? {}
      expect(sent).toMatchObject({ transport: { destinationPort: 30080 } })
      expect(said.peer).toMatch(/^10\.(0\.32|244)\./)
      nodes.push(said.way[2] ?? '')
      ways.add(said.way.length)
      simulation = said.simulation
    }
    expect(nodes.slice(0, 6)).toEqual(['node-1', 'node-2', 'node-3', 'node-1', 'node-2', 'node-3'])
    expect(ways).toEqual(new Set([4, 5]))
  })

  test('targets are told of the client', () => {
    const { headers } = JSON.parse(ask(base, '/api', { headers: [['X-Forwarded-For', '192.0.2.7']] }).body) as {
      headers: Record<string, string[]>
    }
    expect(headers).toMatchObject({
      'X-Forwarded-For': ['192.0.2.7, 203.0.113.10'],
      'X-Forwarded-Proto': ['http'],
      'X-Forwarded-Port': ['80'],
      'X-Amzn-Trace-Id': [expect.stringMatching(/^Root=1-[0-9a-f]{8}-[0-9a-f]{24}$/)],
    })
  })

  test('weights divide requests between target groups', () => {
    let simulation = base
    const seen = new Map<string, number>()
    for (let i = 0; i < 60; i++) {
      const said = ask(simulation, '/new')
      seen.set(said.by, (seen.get(said.by) ?? 0) + 1)
      simulation = said.simulation
    }
    expect([...seen.keys()].toSorted((a, b) => (a < b ? -1 : 1))).toEqual(['api /new', 'front /new'])
    expect(seen.get('front /new')).toBeGreaterThan(seen.get('api /new') ?? 0)
  })

  test('who comes with the cookie stays with its target', () => {
    const first = ask(base, '/')
    const cookies = headersOf(first.headers, 'Set-Cookie')
    expect(cookies).toEqual([
      expect.stringMatching(/^AWSALB=[^;]+; Expires=.*GMT; Path=\/$/),
      expect.stringMatching(/^AWSALBCORS=.*; SameSite=None$/),
    ])
    let { simulation } = first
    for (let i = 0; i < 4; i++) {
      const again = ask(simulation, '/', { headers: [['Cookie', cookies[0]?.split(';')[0] ?? '']] })
      expect(again.pod).toBe(first.pod)
      simulation = again.simulation
    }
  })
})

describe('what goes wrong', () => {
  test.each<[string, string, string, string]>([
    [
      'an instance target of a ClusterIP',
      'alb.ingress.kubernetes.io/target-type: ip',
      'alb.ingress.kubernetes.io/target-type: instance',
      "ingress: default/shop: TargetGroup port is empty. When using Instance targets, your service be must of type 'NodePort' or 'LoadBalancer'",
    ],
    ['a star in a prefix', 'path: /new', 'path: /new*', "ingress: default/shop: prefix path shouldn't contain wildcards: /new*"],
    [
      'a port that is not there',
      'number: 80\n          - path: /new',
      'name: web\n          - path: /new',
      'ingress: default/shop: unable to find port web on service default/front',
    ],
    [
      'no weights',
      '"weight": 20',
      '"note": 20',
      'ingress: default/shop: invalid ForwardConfig: weight must be set when route to multiple target groups',
    ],
    ['two schemes', 'group.order: "-1"', 'scheme: internal', 'conflicting scheme: map[internal:{} internet-facing:{}]'],
    [
      'two protocols on a port',
      'group.order: "-1"',
      'listen-ports: \'[{"HTTPS": 80}]\'',
      'failed to merge listenPort config for port: 80: conflicting protocol, default/api: HTTPS | default/shop: HTTP',
    ],
  ])('%s: the group is not made', (_, from, to, words) => {
    expect(SAMPLE).toContain(from)
    const simulation = applied(start({ cloud: 'aws' }), SAMPLE.replace(from, to))
    expect([nameOf(simulation, 'shop'), nameOf(simulation, 'api')]).toEqual(['', ''])
    const log = [...configured(simulation).log, ...configured(simulation, 'alb-internal').log].filter(({ level }) => level === 'error')
    expect(log.map(({ text }) => text)).toEqual([`Failed build model due to ${words}`])
  })

  test('a Service that is not there is answered with 503', () => {
    const simulation = applied(base, SAMPLE.replace('name: front\n                port', 'name: gone\n                port'))
    expect(ask(simulation, '/')).toMatchObject({ status: 503, body: 'Backend service does not exist' })
  })

  test('without any pod: 503 where pods are targets, 502 where nodes are', () => {
    const none = applied(base, SAMPLE.replaceAll('replicas: 2', 'replicas: 0'))
    expect(ask(none, '/')).toMatchObject({ status: 503, way: [] })
    const api = ask(none, '/api')
    expect(api).toMatchObject({ status: 502, way: ['alb', 'router', 'node-1'] })
    expect(headerOf(api.headers, 'Server')).toBe('awselb/2.0')
  })

  test('pods that do not listen are tried all the same when none is well', () => {
    const deaf = applied(
      base,
      SAMPLE.replaceAll('labels:\n        app: front', 'annotations: {lab/no-listen: "true"}\n      labels:\n        app: front'),
    )
    const { status, conversation } = ask(deaf, '/')
    expect([status, conversation.connections[1]?.end]).toEqual([502, 'refused'])
    expect(conversation.connections[0]?.exchanges?.[0]?.routed?.tried).toMatchObject([{ kind: 'refused' }])
  })

  test('targets that fail their check are left out, where others do not', () => {
    const { config } = base.cluster
    const closed = configure(base, {
      ...config,
      admin: { ...config.admin, rules: { 'node-2': ['-I INPUT -s 10.0.0.0/24 -j DROP', '-I FORWARD -s 10.0.0.0/24 -j DROP'] } },
    })
    let simulation = closed
    const nodes: string[] = []
    for (let i = 0; i < 4; i++) {
      const said = ask(simulation, '/api')
      expect(said.status).toBe(200)
      nodes.push(said.way[2] ?? '')
      simulation = said.simulation
    }
    expect(nodes).toEqual(['node-1', 'node-3', 'node-1', 'node-3'])
    const states = ask(closed, '/api').conversation.connections[0]?.exchanges?.[0]?.routed?.balance?.endpoints.map(({ state }) => state)
    expect(states).toEqual(['healthy', 'unhealthy (timeout)', 'healthy'])
  })

  test('a target that takes longer than a minute', () => {
    expect(ask(base, '/?delay=61s')).toMatchObject({ status: 504 })
  })

  test('when the controller goes, what stands goes on, and what is new waits', () => {
    const scaled = edit(base, [{ op: 'delete', kind: 'Deployment', namespace: 'kube-system', name: 'aws-load-balancer-controller' }])
    expect(scaled.problems).toEqual([])
    expect(ask(scaled.simulation, '/api')).toMatchObject({ status: 200, by: 'api /api' })
    const more = applied(scaled.simulation, SECURE)
    expect(nameOf(more, 'secure')).toBe('')
  })

  test('without its controller a new Ingress waits', () => {
    const text = SAMPLE.slice(SAMPLE.indexOf('---\napiVersion: networking.k8s.io/v1\nkind: IngressClass'))
    expect(nameOf(applied(start({ cloud: 'aws' }), text), 'shop')).toBe('')
  })
})

const SECURE = `---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: secure
  annotations:
    alb.ingress.kubernetes.io/listen-ports: '[{"HTTP": 80}, {"HTTPS": 443}]'
    alb.ingress.kubernetes.io/certificate-arn: arn:aws:acm:us-east-1:123456789012:certificate/1
    alb.ingress.kubernetes.io/ssl-redirect: "443"
    alb.ingress.kubernetes.io/wafv2-acl-arn: some
spec:
  ingressClassName: alb
  defaultBackend: {service: {name: api, port: {number: 80}}}
  rules:
    - host: "*.example.com"
      http: {paths: [{path: /img/*/s?.png, pathType: ImplementationSpecific, backend: {service: {name: front, port: {number: 80}}}}]}
`

test('an internal balancer with TLS: redirect, certificate, wildcards, default backend', () => {
  const simulation = applied(
    base,
    SECURE.replace('wafv2', 'target-type: instance\n    alb.ingress.kubernetes.io/wafv2').replace('name: front', 'name: api'),
  )
  expect(nameOf(simulation, 'secure')).toMatch(/^internal-k8s-default-secure-/)
  const asked = { ingress: 'secure', from: 'external/client' } as const
  const plain = ask(simulation, '/a?b=c', asked)
  expect([plain.status, headerOf(plain.headers, 'Location')]).toEqual([301, 'https://shop.example.com:443/a?b=c'])
  const { conversation, status, peer } = ask(simulation, 'https:///img/a/b/s1.png', asked)
  expect([status, peer]).toEqual([200, expect.stringMatching(/^10\.(0\.32|244)\./)])
  const [first] = conversation.connections
  expect(first?.tls?.certificate?.names).toEqual(['*.example.com'])
  expect(first?.exchanges?.[0]?.routed?.matched[1]?.row).toBe('default/secure HTTPS:443 1')
  const other = ask(simulation, 'https:///img/a/large.png', asked)
  expect(other.conversation.connections[0]?.exchanges?.[0]?.routed?.matched[1]).toMatchObject({
    row: 'default/secure HTTPS:443 default',
    object: { field: 'spec.defaultBackend' },
  })
  expect(configured(simulation, 'alb-internal').log.map(({ text }) => text)).toEqual([
    'annotation alb.ingress.kubernetes.io/wafv2-acl-arn is not simulated',
    'Successfully reconciled',
  ])
})

test('the configuration is JSON, and says which line decided', () => {
  const { files, tables } = configured(base)
  expect(files.map(({ text }) => JSON.parse(text) as unknown)).toMatchObject([
    { Listeners: [{ Port: 80 }] },
    { TargetGroups: expect.anything() as unknown },
  ])
  const { conversation } = ask(base, '/api')
  const lines = (conversation.connections[0]?.exchanges?.[0]?.routed?.matched ?? []).map(({ at, table, row }) => {
    expect(tables.find(({ id }) => id === table)?.rows.map(({ id }) => id)).toContain(row)
    return files
      .find(({ name }) => name === at?.file)
      ?.text.split('\n')
      .slice(at?.line, (at?.line ?? 0) + 2)
      .map((line) => line.trim())
  })
  expect(lines).toEqual([
    ['"Port": 80,', '"Protocol": "HTTP",'],
    ['"Priority": "1",', '"Conditions": ['],
    [expect.stringMatching(/^"TargetGroupName": "k8s-default-api-/), expect.anything()],
    ['"Target": {', '"Id": "node-1",'],
  ])
})
