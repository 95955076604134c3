import { describe, expect, test } from 'vitest'
import type { Condition } from './api/gateway.ts'
import { get, list } from './cluster/cluster.ts'
import { containerPortOf } from './cluster/contour-listeners.ts'
import { apply, edit, journey, type Simulation, start } from './engine.ts'
import { processOf } from './apps/programs.ts'
import type { Conversation } from './sim/conversation.ts'
import { parseIp } from './net/ip.ts'

const PROVISIONER = `
apiVersion: v1
kind: Namespace
metadata: {name: projectcontour}
---
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {name: contour}
spec: {controllerName: projectcontour.io/gateway-controller}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: contour-gateway-provisioner, namespace: projectcontour}
spec:
  selector: {matchLabels: {app: provisioner}}
  template:
    metadata: {labels: {app: provisioner}}
    spec: {containers: [{name: p, image: "ghcr.io/projectcontour/contour:v1.33.0", command: [contour], args: [gateway-provisioner]}]}
`
const app = (name: string, namespace = 'default', more = ''): string => `---
apiVersion: v1
kind: Pod
metadata: {name: ${name}, namespace: ${namespace}, labels: {app: ${name}}}
spec: {containers: [{name: c, image: example.com/app, ports: [{containerPort: 8080}, {name: https, containerPort: 8443}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: ${name}, namespace: ${namespace}}
spec: {selector: {app: ${name}}, ports: [{name: http, port: 80, targetPort: 8080${more}}, {name: https, port: 443, targetPort: 8443}]}
`
const gateway = (listeners: string, name = 'edge'): string => `---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: ${name}}
spec: {gatewayClassName: contour, listeners: ${listeners}}
`
const HTTP = '[{name: web, port: 80, protocol: HTTP}]'
const route = (kind: string, name: string, spec: string, version = 'v1'): string => `---
apiVersion: gateway.networking.k8s.io/${version}
kind: ${kind}
metadata: {name: ${name}}
spec: {parentRefs: [{name: edge}], ${spec}}
`

function applied(simulation: Simulation, ...texts: readonly string[]): Simulation {
  const done = apply(simulation, [{ name: 'case.yaml', text: texts.join('\n') }])
  expect(done.problems.filter(({ severity }) => severity === 'error')).toEqual([])
  return done.simulation
}
const made = (...texts: readonly string[]): Simulation =>
  applied(start({ loadBalancer: 'cloud' }), PROVISIONER, app('web'), app('next'), ...texts)

const addressOf = ({ cluster }: Simulation, name = 'edge') =>
  parseIp(get(cluster, 'Gateway', 'default', name)?.status?.addresses?.[0]?.value ?? '')

function ask(simulation: Simulation, url: string, more: Partial<Parameters<typeof journey>[1]> = {}): Conversation {
  const address = addressOf(simulation)
  if (!address) throw new Error('the Gateway has no address')
  const [, port = url.startsWith('https') ? '443' : '80'] = /^\w+:\/\/[^/:]+:(\d+)/.exec(url) ?? []
  const resolve = [{ host: '*', port: Number(port), address }]
  const done = journey(simulation, { from: 'external/client', url, insecure: true, resolve, ...more })
  if (!done.ok) throw new Error(done.error.message)
  return done.value.conversation
}
const answer = ({ connections }: Conversation) => connections[0]?.exchanges?.at(-1)?.response
const by = (said: Conversation): string => /"pod": "([\w-]+)"/.exec(answer(said)?.body ?? '')?.[1] ?? String(answer(said)?.status)
const reasons = (conditions: readonly Condition[] = []): readonly string[] =>
  conditions.map(({ type, status, reason }) => `${type}=${status} ${reason}`)

describe('the provisioner', () => {
  const simulation = made(gateway('[{name: web, port: 80, protocol: HTTP}, {name: odd, port: 9000, protocol: HTTP}]'))

  test('makes a Contour, Envoys and their Services for a Gateway, which gets the address of the balancer', () => {
    const { cluster } = simulation
    expect(get(cluster, 'Deployment', 'default', 'contour-edge')?.spec.replicas).toBe(2)
    expect(get(cluster, 'DaemonSet', 'default', 'envoy-edge')).toBeDefined()
    const service = get(cluster, 'Service', 'default', 'envoy-edge')
    expect(service?.spec).toMatchObject({
      type: 'LoadBalancer',
      externalTrafficPolicy: 'Local',
      ports: [
        { name: 'http-80', port: 80, targetPort: 8080 },
        { name: 'http-9000', port: 9000, targetPort: 17000 },
      ],
    })
    const { addresses, conditions } = get(cluster, 'Gateway', 'default', 'edge')?.status ?? {}
    expect(addresses).toEqual([{ type: 'IPAddress', value: service?.status?.loadBalancer?.ingress?.[0]?.ip }])
    expect(reasons(conditions)).toEqual(['Accepted=True Accepted', 'Programmed=True Programmed'])
    expect(reasons(get(cluster, 'GatewayClass', '', 'contour')?.status?.conditions)).toEqual(['Accepted=True Accepted'])
  })

  test('takes it all away with the Gateway, and follows its ports', () => {
    const more = applied(simulation, gateway('[{name: web, port: 81, protocol: HTTP}]'))
    expect(get(more.cluster, 'Service', 'default', 'envoy-edge')?.spec.ports).toMatchObject([{ name: 'http-81', targetPort: 8081 }])
    const gone = edit(more, [{ op: 'delete', kind: 'Gateway', namespace: 'default', name: 'edge' }]).simulation
    const rest = (['Deployment', 'DaemonSet', 'Service', 'Pod'] as const).flatMap((kind) => [...list(gone.cluster, kind)])
    expect(rest.filter(({ metadata }) => /-edge/.test(metadata.name))).toEqual([])
  })

  test('a ContourDeployment makes Envoy a Deployment behind node ports; one that is not there is an invalid parameter', () => {
    const own = `---
apiVersion: projectcontour.io/v1alpha1
kind: ContourDeployment
metadata: {name: small, namespace: projectcontour}
spec: {envoy: {workloadType: Deployment, replicas: 1, networkPublishing: {type: NodePortService, externalTrafficPolicy: Cluster}}}
`
    const ofClass = (name: string): string => `---
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {name: contour}
spec:
  controllerName: projectcontour.io/gateway-controller
  parametersRef: {group: projectcontour.io, kind: ContourDeployment, namespace: projectcontour, name: ${name}}
`
    const base = start({ loadBalancer: 'cloud' })
    const { cluster } = applied(
      base,
      PROVISIONER.replace(/apiVersion: gateway[\s\S]*?---/, ''),
      ofClass('small'),
      own,
      gateway('[{name: web, port: 30080, protocol: HTTP}]'),
    )
    expect(get(cluster, 'Deployment', 'default', 'envoy-edge')?.spec.replicas).toBe(1)
    expect(get(cluster, 'Service', 'default', 'envoy-edge')?.spec).toMatchObject({ type: 'NodePort', ports: [{ nodePort: 30080 }] })
    const wrong = applied(base, PROVISIONER.replace(/apiVersion: gateway[\s\S]*?---/, ''), ofClass('none'), gateway(HTTP)).cluster
    expect(reasons(get(wrong, 'GatewayClass', '', 'contour')?.status?.conditions)).toEqual(['Accepted=False InvalidParameters'])
    expect(get(wrong, 'DaemonSet', 'default', 'envoy-edge')).toBeUndefined()
  })

  test.each([
    [80, 8080],
    [443, 8443],
    [57535, 65535],
    [57536, 1024],
    [58559, 1024],
    [65535, 8000],
  ])('Envoy listens for port %i on %i', (port, container) => {
    expect(containerPortOf(port)).toBe(container)
  })
})

describe('HTTPRoutes on Contour', () => {
  const simulation = made(
    gateway(HTTP),
    route(
      'HTTPRoute',
      'shop',
      `rules: [
        {matches: [{path: {value: /a}}], backendRefs: [{name: web, port: 80}]},
        {matches: [{path: {value: /a}, method: PUT}, {path: {value: /a}, headers: [{name: v, value: "2"}]}], backendRefs: [{name: next, port: 80}]},
        {matches: [{path: {type: RegularExpression, value: "/n[0-9]+"}, queryParams: [{name: q, value: x}]}], backendRefs: [{name: next, port: 80}]},
        {matches: [{path: {value: /old/}}], filters: [{type: RequestRedirect, requestRedirect: {scheme: https, path: {type: ReplacePrefixMatch, replacePrefixMatch: /}}}]},
        {matches: [{path: {value: /strip}}], filters: [{type: URLRewrite, urlRewrite: {hostname: in.example, path: {type: ReplacePrefixMatch, replacePrefixMatch: /}}}], backendRefs: [{name: web, port: 80}]},
        {matches: [{path: {value: /copy}}], filters: [{type: RequestMirror, requestMirror: {backendRef: {name: next, port: 80}}}], backendRefs: [{name: web, port: 80}]},
        {matches: [{path: {value: /none}}], backendRefs: [{name: nobody, port: 80}]},
        {matches: [{path: {value: /heads}}], filters: [
          {type: RequestHeaderModifier, requestHeaderModifier: {set: [{name: X-Set, value: s}], add: [{name: X-Add, value: b}], remove: [X-Gone]}},
          {type: ResponseHeaderModifier, responseHeaderModifier: {add: [{name: X-Back, value: r}]}}], backendRefs: [{name: web, port: 80}]}]`,
    ),
  )

  test('methods, headers and queries come before what they narrow', () => {
    expect(by(ask(simulation, 'http://x.example/a/b'))).toBe('web')
    expect(by(ask(simulation, 'http://x.example/a', { method: 'PUT' }))).toBe('next')
    expect(by(ask(simulation, 'http://x.example/a', { headers: [['V', '2']] }))).toBe('next')
    expect(by(ask(simulation, 'http://x.example/ab'))).toBe('404')
    expect(by(ask(simulation, 'http://x.example/n12?q=x'))).toBe('next')
    expect(by(ask(simulation, 'http://x.example/n12'))).toBe('404')
  })

  test('filters change what Envoy sends on, and what it answers', () => {
    const moved = answer(ask(simulation, 'http://x.example/old//b?c=d'))
    expect([moved?.status, moved?.headers.find(([name]) => name === 'location')?.[1]]).toEqual([302, 'https://x.example/b?c=d'])
    const stripped = answer(ask(simulation, 'http://x.example/strip/b'))?.body ?? ''
    expect(stripped).toMatch(/"path": "\/b"/)
    expect(stripped).toMatch(/"host": "in.example"/)
    const heads = answer(
      ask(simulation, 'http://x.example/heads', {
        headers: [
          ['X-Add', 'a'],
          ['X-Gone', '1'],
        ],
      }),
    )
    const echo = JSON.parse(heads?.body ?? '{}') as { headers: Record<string, string[]> }
    expect([echo.headers['x-set'], echo.headers['x-add'], echo.headers['x-gone']]).toEqual([['s'], ['a', 'b'], undefined])
    expect(heads?.headers).toContainEqual(['x-back', 'r'])
  })

  test('a mirror gets a copy under a shadow’s name; a backend that is not there answers 500', () => {
    const said = ask(simulation, 'http://x.example/copy')
    expect(said.connections.flatMap(({ server }) => server?.owner ?? [])).toEqual(expect.arrayContaining(['default/next', 'default/web']))
    expect(answer(ask(simulation, 'http://x.example/none'))?.status).toBe(500)
  })

  test('the configuration names the listener of the port, and the line of the route that matched', () => {
    const pod = [...list(simulation.cluster, 'Pod')].find(({ metadata }) => metadata.labels?.['app'] === 'envoy-edge')
    if (!pod) throw new Error('no Envoy')
    const { files, listeners } = processOf({ cluster: simulation.cluster, place: { kind: 'pod', pod } }).running.configured
    expect(listeners).toEqual([{ protocol: 'tcp', port: 8080, purpose: 'http-80' }])
    const routed = ask(simulation, 'http://x.example/a').connections[0]?.exchanges?.[0]?.routed
    const at = routed?.matched.find(({ table }) => table === 'routes')?.at
    const line = files.find(({ name }) => name === at?.file)?.text.split('\n')[(at?.line ?? 0) - 1]
    expect(line).toContain('path_separated_prefix: "/a"')
  })
})

describe('what Contour says', () => {
  const KEY = `---
apiVersion: v1
kind: Secret
metadata: {name: broken}
stringData: {tls.crt: broken, tls.key: broken}
`
  test.each([
    ['{name: l, port: 80, protocol: SCTP}', ['Accepted=False UnsupportedProtocol', 'Programmed=False Invalid']],
    ['{name: l, port: 53, protocol: UDP}', ['Accepted=False UnsupportedProtocol', 'Programmed=False Invalid']],
    ['{name: l, port: 443, protocol: HTTPS, tls: {}}', ['Programmed=False Invalid']],
    ['{name: l, port: 443, protocol: HTTPS, tls: {certificateRefs: [{name: broken}]}}', ['ResolvedRefs=False InvalidCertificateRef']],
    [
      '{name: l, port: 443, protocol: HTTPS, tls: {certificateRefs: [{name: c, namespace: other}]}}',
      ['ResolvedRefs=False RefNotPermitted'],
    ],
    ['{name: l, port: 80, protocol: HTTP, allowedRoutes: {kinds: [{kind: TLSRoute}]}}', ['ResolvedRefs=False InvalidRouteKinds']],
    [
      '{name: a, port: 80, protocol: HTTP}, {name: l, port: 80, protocol: HTTP}',
      ['Conflicted=True HostnameConflict', 'Programmed=False Invalid'],
    ],
    ['{name: a, port: 80, protocol: TCP}, {name: l, port: 80, protocol: HTTP}', ['Conflicted=True ProtocolConflict']],
    ['{name: a, port: 57536, protocol: HTTP}, {name: l, port: 58559, protocol: HTTP}', ['Accepted=False PortUnavailable']],
    ['{name: l, port: 80, protocol: HTTP, allowedRoutes: {namespaces: {from: Selector}}}', ['Programmed=False Invalid']],
  ])('of a listener %s: %j', (listener, expected) => {
    const { cluster } = made(KEY, gateway(`[${listener}]`))
    const { conditions, listeners = [] } = get(cluster, 'Gateway', 'default', 'edge')?.status ?? {}
    expect(reasons(listeners.find(({ name }) => name === 'l')?.conditions)).toEqual(expect.arrayContaining(expected))
    expect(reasons(conditions)).toEqual(['Accepted=True Accepted', 'Programmed=False ListenersNotValid'])
  })

  const rule = (ref: string): string => `rules: [{backendRefs: [${ref}]}]`
  test.each([
    ['HTTPRoute', rule('{name: web, port: 80}'), ['Accepted=True Accepted', 'ResolvedRefs=True ResolvedRefs']],
    ['HTTPRoute', rule('{name: missing, port: 80}'), ['Accepted=True Accepted', 'ResolvedRefs=False BackendNotFound']],
    ['HTTPRoute', rule('{name: web, port: 81}'), ['ResolvedRefs=False BackendNotFound']],
    ['HTTPRoute', rule('{name: web, namespace: other, port: 80}'), ['ResolvedRefs=False RefNotPermitted']],
    ['HTTPRoute', rule('{kind: Pod, name: web, port: 80}'), ['ResolvedRefs=False InvalidKind']],
    ['HTTPRoute', 'rules: [{}]', ['ResolvedRefs=False Degraded']],
    [
      'HTTPRoute',
      'rules: [{filters: [{type: CORS, cors: {}}], backendRefs: [{name: web, port: 80}]}]',
      ['Accepted=False UnsupportedValue'],
    ],
    [
      'HTTPRoute',
      `hostnames: [a.example], ${rule('{name: web, port: 80}')}, parentRefs: [{name: edge, sectionName: other}]`,
      ['Accepted=False NoMatchingParent'],
    ],
    [
      'HTTPRoute',
      `parentRefs: [{name: edge, sectionName: tls}], ${rule('{name: web, port: 80}')}`,
      ['Accepted=False NotAllowedByListeners'],
    ],
    [
      'HTTPRoute',
      `parentRefs: [{name: edge, sectionName: named}], hostnames: [a.other], ${rule('{name: web, port: 80}')}`,
      ['Accepted=False NoMatchingListenerHostname'],
    ],
    [
      'GRPCRoute',
      'rules: [{matches: [{method: {service: a}}], backendRefs: [{name: web, port: 80}]}]',
      ['Accepted=False InvalidMethodMatch'],
    ],
    [
      'GRPCRoute',
      'rules: [{matches: [{method: {type: RegularExpression, service: a}}], backendRefs: [{name: web, port: 80}]}]',
      ['Accepted=False UnsupportedValue'],
    ],
  ])('of a %s with %s: %j', (kind, spec, expected) => {
    const { cluster } = made(
      gateway(
        `[{name: web, port: 80, protocol: HTTP}, {name: named, port: 81, protocol: HTTP, hostname: "*.named"}, {name: tls, port: 443, protocol: TLS, tls: {mode: Passthrough}}]`,
      ),
      spec.includes('parentRefs') ? route(kind, 'r', spec).replace('parentRefs: [{name: edge}], ', '') : route(kind, 'r', spec),
    )
    const status = get(cluster, kind as 'HTTPRoute', 'default', 'r')?.status
    expect(status?.parents[0]?.controllerName).toBe('projectcontour.io/gateway-controller')
    expect(reasons(status?.parents[0]?.conditions)).toEqual(expect.arrayContaining(expected))
  })

  test('the second of two routes with the same match is dropped, wholly or in part', () => {
    const one = (name: string, paths: readonly string[]): string =>
      route(
        'HTTPRoute',
        name,
        `rules: [${paths.map((path) => `{matches: [{path: {value: ${path}}}], backendRefs: [{name: ${name === 'a' ? 'web' : 'next'}, port: 80}]}`).join()}]`,
      )
    const whole = made(gateway(HTTP), one('a', ['/x']), one('b', ['/x']))
    expect(reasons(get(whole.cluster, 'HTTPRoute', 'default', 'b')?.status?.parents[0]?.conditions)).toContain(
      'Accepted=False RuleMatchConflict',
    )
    expect(by(ask(whole, 'http://h/x'))).toBe('web')
    const part = made(gateway(HTTP), one('a', ['/x']), one('b', ['/x', '/y']))
    expect(reasons(get(part.cluster, 'HTTPRoute', 'default', 'b')?.status?.parents[0]?.conditions)).toContain(
      'PartiallyInvalid=True RuleMatchPartiallyConflict',
    )
    expect(by(ask(part, 'http://h/y'))).toBe('next')
  })

  test('two Gateways write into the status of one route, and come to rest', () => {
    const { cluster } = made(
      gateway(HTTP),
      gateway(HTTP, 'inner'),
      route('HTTPRoute', 'r', rule('{name: web, port: 80}')).replace('[{name: edge}]', '[{name: inner}, {name: edge}]'),
    )
    expect(get(cluster, 'HTTPRoute', 'default', 'r')?.status?.parents.map(({ parentRef }) => parentRef.name)).toEqual(['inner', 'edge'])
  })
})

describe('routes of connections', () => {
  test('a TLSRoute passes bytes through by server name; who names another one is hung up on', () => {
    const simulation = made(
      gateway('[{name: tls, port: 443, protocol: TLS, tls: {mode: Passthrough}}]'),
      route('TLSRoute', 'vault', 'hostnames: [vault.example], rules: [{backendRefs: [{name: web, port: 443}]}]', 'v1alpha2'),
    )
    const said = ask(simulation, 'https://vault.example/')
    expect(said.connections[0]?.tls?.certificate?.subject).toBe('web')
    expect(by(said)).toBe('web')
    expect(ask(simulation, 'https://other.example/').outcome.curl?.exit).toBe(35)
  })

  test('a TCPRoute takes every connection of its port', () => {
    const simulation = made(
      gateway('[{name: any, port: 5432, protocol: TCP}]'),
      route('TCPRoute', 'db', 'rules: [{backendRefs: [{name: web, port: 80, weight: 1}, {name: next, port: 80, weight: 0}]}]', 'v1alpha2'),
    )
    const said = ask(simulation, 'http://db:5432/')
    expect(by(said)).toBe('web')
    expect(said.connections[0]?.stream).toMatchObject({ program: 'envoy', kind: 'proxy' })
    expect(reasons(get(simulation.cluster, 'TCPRoute', 'default', 'db')?.status?.parents[0]?.conditions)).toContain(
      'Accepted=True Accepted',
    )
  })
})

describe('a Contour that its file tells of a Gateway', () => {
  const STATIC = `
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {name: contour}
spec: {controllerName: projectcontour.io/gateway-controller}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: own}
data:
  contour.yaml: |
    gateway:
      gatewayRef:
        name: edge
        namespace: default
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: contour}
spec:
  selector: {matchLabels: {app: contour}}
  template:
    metadata: {labels: {app: contour}}
    spec:
      volumes: [{name: config, configMap: {name: own, items: [{key: contour.yaml, path: contour.yaml}]}}]
      containers:
      - name: contour
        image: ghcr.io/projectcontour/contour:v1.30.0
        command: [contour]
        args: [serve, --incluster, --config-path=/config/contour.yaml]
        env: [{name: CONTOUR_NAMESPACE, valueFrom: {fieldRef: {fieldPath: metadata.namespace}}}]
        volumeMounts: [{name: config, mountPath: /config}]
---
apiVersion: v1
kind: Service
metadata: {name: contour}
spec: {selector: {app: contour}, ports: [{port: 8001}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: envoy}
spec:
  selector: {matchLabels: {app: envoy}}
  template:
    metadata: {labels: {app: envoy}}
    spec:
      initContainers: [{name: i, image: "ghcr.io/projectcontour/contour:v1.30.0", command: [contour], args: [bootstrap, /config/envoy.json, --xds-address=contour]}]
      containers: [{name: envoy, image: "docker.io/envoyproxy/envoy:v1.31.0"}]
---
apiVersion: v1
kind: Service
metadata: {name: envoy}
spec: {type: LoadBalancer, selector: {app: envoy}, ports: [{port: 80, targetPort: 8080}]}
`
  const simulation = applied(
    start({ loadBalancer: 'cloud' }),
    STATIC,
    app('web'),
    gateway(HTTP),
    route('HTTPRoute', 'r', 'rules: [{backendRefs: [{name: web, port: 80}]}]'),
  )

  test('serves it, and says nothing of its class', () => {
    expect(by(ask(simulation, 'http://h/'))).toBe('web')
    expect(get(simulation.cluster, 'GatewayClass', '', 'contour')?.status).toBeUndefined()
    const { cluster } = applied(simulation, gateway(HTTP, 'other'))
    expect(get(cluster, 'Gateway', 'default', 'other')?.status).toBeUndefined()
  })

  test('Ingresses share the one listener for HTTP, and have none where there are two', () => {
    const ingress = `---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: i}
spec: {rules: [{host: i.example, http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}}]}
`
    expect(by(ask(applied(simulation, ingress), 'http://i.example/x'))).toBe('web')
    const two = applied(
      simulation,
      ingress,
      gateway('[{name: web, port: 80, protocol: HTTP, hostname: h}, {name: b, port: 81, protocol: HTTP}]'),
    )
    expect(answer(ask(two, 'http://i.example/x'))?.status).toBe(404)
  })
})
