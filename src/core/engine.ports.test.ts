import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { get, list } from './cluster/cluster.ts'
import { apply, journey, resolveRequest, send, type Simulation, start, wait } from './engine.ts'
import { processOf } from './apps/programs.ts'
import { parseTcpRule } from './apps/traefik/tcp-rule.ts'
import { type Ip, parseIp } from './net/ip.ts'
import { type Conversation, packetsInOrder } from './sim/conversation.ts'

const sample = (name: string): string => readFileSync(new URL(`../../public/scenarios/${name}.yaml`, import.meta.url), 'utf8')

function applied(simulation: Simulation, ...texts: readonly string[]): Simulation {
  const done = apply(simulation, [{ name: 'case.yaml', text: texts.join('\n---\n') }])
  expect(done.problems.filter(({ severity }) => severity === 'error')).toEqual([])
  return done.simulation
}

const NAMES = `
apiVersion: v1
kind: Service
metadata: {name: names}
spec: {selector: {app: names}, ports: [{name: dns, port: 53, targetPort: 5353, protocol: UDP}, {name: dns-tcp, port: 53, targetPort: 5353}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: names}
spec:
  replicas: 2
  selector: {matchLabels: {app: names}}
  template:
    metadata: {labels: {app: names}}
    spec: {containers: [{name: c, image: example.com/names, ports: [{containerPort: 5353, protocol: UDP}, {containerPort: 5353}]}]}
`

interface Sent {
  readonly simulation: Simulation
  readonly said: Conversation
}

function datagram(simulation: Simulation, to: string, sourcePort?: number): Sent {
  const request = resolveRequest(simulation, {
    from: 'external/client',
    to,
    protocol: 'udp',
    ...(sourcePort !== undefined && { sourcePort }),
  })
  if (!request.ok) throw new Error(request.error.message)
  const done = send(simulation, request.value.request)
  return { simulation: done.simulation, said: done.conversation }
}
const podOf = (simulation: Simulation, address: string | undefined): string =>
  [...list(simulation.cluster, 'Pod')].find(({ status }) => status.podIP === address)?.metadata.name ?? String(address)
const upstreamOf = ({ said, simulation }: Sent): string =>
  said.connections[1] ? podOf(simulation, said.connections[1].packets[0]?.sent.ip.destination) : String(said.connections.length)

describe('UDP through ingress-nginx', () => {
  const nginx = sample('ingress-nginx').replace(
    '- --controller-class',
    '- --udp-services-configmap=$(POD_NAMESPACE)/udp-services\n            - --controller-class',
  )
  const simulation = applied(
    start({ loadBalancer: 'cloud' }),
    nginx,
    NAMES,
    'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: udp-services, namespace: ingress-nginx}\ndata: {"5300": "default/names:53"}',
    'apiVersion: v1\nkind: Service\nmetadata: {name: nginx-udp, namespace: ingress-nginx}\nspec: {type: NodePort, selector: {app.kubernetes.io/name: ingress-nginx}, ports: [{name: dns, port: 53, targetPort: 5300, nodePort: 30053, protocol: UDP}]}',
  )
  const node = [...list(simulation.cluster, 'Node')][1]?.status.addresses?.[0]?.address ?? ''

  test('the sample was started with the ConfigMap', () => expect(nginx).toContain('udp-services-configmap'))

  test('a datagram goes on from a socket of nginx’ own, and its answer comes back through it', () => {
    const sent = datagram(simulation, `${node}:30053`)
    expect(sent.said.outcome).toMatchObject({ kind: 'answered', reachedServer: true })
    expect(sent.said.connections[0]?.stream).toMatchObject({
      program: 'ingress-nginx',
      kind: 'proxy',
      balance: { upstream: 'udp-default-names-53' },
    })
    const order = packetsInOrder(sent.said).map(({ direction, sent: { ip } }) => `${direction} ${podOf(simulation, ip.source).slice(0, 5)}`)
    expect(order.map((each) => each.split(' ')[0])).toEqual(['original', 'original', 'reply', 'reply'])
    const nginxPod = [...list(simulation.cluster, 'Pod')].find(({ metadata }) => metadata.namespace === 'ingress-nginx')
    expect(sent.said.outcome.clientSeen).toContain(nginxPod?.status.podIP)
    expect(upstreamOf(sent)).toMatch(/^names-/)
  })

  test('one answer ends the session: the next datagram of the same client goes to the next endpoint', () => {
    const first = datagram(simulation, `${node}:30053`, 40001)
    const second = datagram(first.simulation, `${node}:30053`, 40001)
    expect(upstreamOf(second)).not.toBe(upstreamOf(first))
  })

  test('without endpoints nginx is silent', () => {
    const none = applied(simulation, NAMES.replace('replicas: 2', 'replicas: 0'))
    const { said } = datagram(none, `${node}:30053`)
    expect([said.outcome.kind, said.connections.length]).toEqual(['refused', 1])
  })
})

const TRAEFIK = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: traefik, namespace: kube-system}
spec:
  selector: {matchLabels: {app: traefik}}
  template:
    metadata: {labels: {app: traefik}}
    spec:
      containers:
      - name: traefik
        image: traefik:v3.3
        args:
        - --entryPoints.web.address=:8000
        - --entryPoints.secure.address=:8443
        - --entryPoints.db.address=:5432
        - --entryPoints.dns.address=:5300/udp
        - --entryPoints.dns.udp.timeout=10s
        - --providers.kubernetesCRD
---
apiVersion: v1
kind: Service
metadata: {name: traefik, namespace: kube-system}
spec:
  type: NodePort
  selector: {app: traefik}
  ports:
  - {name: dns, port: 53, targetPort: 5300, nodePort: 30053, protocol: UDP}
  - {name: db, port: 5432, targetPort: 5432, nodePort: 30432}
  - {name: secure, port: 443, targetPort: 8443, nodePort: 30443}
---
apiVersion: traefik.io/v1alpha1
kind: IngressRouteUDP
metadata: {name: dns}
spec: {entryPoints: [dns], routes: [{services: [{name: names, port: 53}]}]}
`

describe('Traefik’s routes of ports', () => {
  const simulation = applied(start(), TRAEFIK, NAMES)
  const node = [...list(simulation.cluster, 'Node')][1]?.status.addresses?.[0]?.address ?? ''

  test('an entry point of UDP passes datagrams on, to the same server while the session lasts', () => {
    const first = datagram(simulation, `${node}:30053`, 40001)
    expect(first.said.outcome.kind).toBe('answered')
    expect(first.said.connections[0]?.stream).toMatchObject({
      program: 'traefik',
      matched: [{ table: 'udp', row: 'default-dns-0@kubernetescrd' }],
    })
    const again = datagram(wait(first.simulation, 5), `${node}:30053`, 40001)
    expect(again.said.connections[0]?.stream?.why).toBe('session')
    expect(upstreamOf(again)).toBe(upstreamOf(first))
    const port = ({ said }: Sent) => said.connections[1]?.packets[0]?.sent.transport
    expect(port(again)).toMatchObject({ sourcePort: (port(first) as { sourcePort: number }).sourcePort })
    const later = datagram(wait(again.simulation, 11), `${node}:30053`, 40001)
    expect(upstreamOf(later)).not.toBe(upstreamOf(first))
  })

  const tcp = (spec: string, name = 'db'): string =>
    `apiVersion: traefik.io/v1alpha1\nkind: IngressRouteTCP\nmetadata: {name: ${name}}\nspec: ${spec}`
  const WEB = `
apiVersion: v1
kind: Pod
metadata: {name: vault, labels: {app: vault}}
spec: {containers: [{name: c, image: example.com/vault, ports: [{containerPort: 8080}, {name: https, containerPort: 8443}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: vault}
spec: {selector: {app: vault}, ports: [{name: http, port: 80, targetPort: 8080}, {name: https, port: 443, targetPort: 8443}]}
`
  const ask = (of: Simulation, url: string): Conversation => {
    const [, port = '0'] = /:(\d+)\//.exec(url) ?? []
    const done = journey(of, {
      from: 'external/client',
      url,
      insecure: true,
      resolve: [{ host: '*', port: Number(port), address: parseIp(node) as Ip }],
    })
    if (!done.ok) throw new Error(done.error.message)
    return done.value.conversation
  }

  test('HostSNI(`*`) without TLS takes every connection of its entry point', () => {
    const of = applied(simulation, WEB, tcp('{entryPoints: [db], routes: [{match: "HostSNI(`*`)", services: [{name: vault, port: 80}]}]}'))
    const said = ask(of, 'http://any:30432/')
    expect(said.connections[0]?.stream).toMatchObject({ program: 'traefik', kind: 'proxy', to: { upstream: 'default-vault-80' } })
    expect(said.outcome.http?.body).toContain('"pod": "vault"')
  })

  test('with passthrough the server’s own certificate is shown; other names get Traefik’s', () => {
    const of = applied(
      simulation,
      WEB,
      tcp(
        '{entryPoints: [secure], routes: [{match: "HostSNI(`vault.example`)", services: [{name: vault, port: 443}]}], tls: {passthrough: true}}',
      ),
    )
    expect(ask(of, 'https://vault.example:30443/').connections[0]?.tls?.certificate?.subject).toBe('vault')
    expect(ask(of, 'https://other.example:30443/').connections[0]?.tls?.certificate?.subject).toBe('TRAEFIK DEFAULT CERT')
  })

  test('a name without TLS is an error, and so is a client that a rule does not let in', () => {
    const of = applied(
      simulation,
      WEB,
      tcp('{entryPoints: [db], routes: [{match: "HostSNI(`a.example`)", services: [{name: vault, port: 80}]}]}'),
    )
    const pod = [...list(of.cluster, 'Pod')].find(({ metadata }) => metadata.labels?.['app'] === 'traefik')
    if (!pod) throw new Error('no Traefik')
    const { log, listeners } = processOf({ cluster: of.cluster, place: { kind: 'pod', pod } }).running.configured
    expect(log.map(({ text }) => text).join()).toContain('has HostSNI matcher, but no TLS on router')
    expect(listeners).toContainEqual({ protocol: 'udp', port: 5300, purpose: 'dns' })
    const closed = applied(
      simulation,
      WEB,
      tcp('{entryPoints: [db], routes: [{match: "HostSNI(`*`) && ClientIP(`203.0.113.0/24`)", services: [{name: vault, port: 80}]}]}'),
    )
    expect(ask(closed, 'http://any:30432/').outcome.http?.status).toBe(404)
    expect(get(closed.cluster, 'IngressRouteTCP', 'default', 'db')).toBeDefined()
  })

  test.each([
    ['HostSNI(`a.example`)', 'a.example', true],
    ['HostSNI(`a.example`, `b.example`)', 'b.example', true],
    ['HostSNI(`*`)', '', true],
    ['HostSNIRegexp(`^.+\\.example$`)', 'x.example', true],
    ['HostSNI(`a.example`) && !ALPN(`h2`)', 'a.example', false],
    ['HostSNI(`a.example`) && (ClientIP(`10.0.0.0/8`) || ClientIP(`192.0.2.1`))', 'a.example', true],
    ['HostSNI(`a.example`) && ClientIP(`192.0.2.1`)', 'a.example', false],
  ])('%s for %s: %s', (rule, serverName, expected) => {
    expect(parseTcpRule(rule).matches({ serverName, client: '10.1.2.3' as Ip, alpn: ['h2'] })).toBe(expected)
  })

  test.each(['Host(`a`)', 'HostSNI()', 'HostSNI(`a`) &&', 'HostSNIRegexp(`(`)', 'ClientIP(`x`)'])('%s is refused', (rule) => {
    expect(() => parseTcpRule(rule)).toThrow()
  })
})

describe('HAProxy’s TCP services', () => {
  const CONTROLLER = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: haproxy}
spec:
  selector: {matchLabels: {app: haproxy}}
  template:
    metadata: {labels: {app: haproxy}}
    spec: {containers: [{name: c, image: "haproxytech/kubernetes-ingress:3.1", args: [--configmap-tcp-services=default/tcp]}]}
---
apiVersion: v1
kind: Service
metadata: {name: haproxy}
spec: {type: NodePort, selector: {app: haproxy}, ports: [{name: db, port: 5432, targetPort: 5432, nodePort: 30432}]}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: tcp}
data: {"5432": "default/names:53", "5433": "default/nobody:53", "5434": "names"}
`
  const simulation = applied(
    start(),
    CONTROLLER,
    NAMES.replace('targetPort: 5353, protocol: UDP', 'targetPort: 5353').replace('port: 53, ', 'port: 54, '),
  )
  const node = [...list(simulation.cluster, 'Node')][1]?.status.addresses?.[0]?.address ?? ''

  test('a port’s connections go to the endpoints of its Service; what cannot be had is in the log', () => {
    const done = journey(simulation, { from: 'external/client', url: `http://${node}:30432/` })
    if (!done.ok) throw new Error(done.error.message)
    const [first] = done.value.conversation.connections
    expect(first?.stream).toMatchObject({
      program: 'haproxy',
      to: { upstream: 'default_svc_names_dns-tcp' },
      matched: [{ table: 'frontends', row: 'tcp-5432' }, {}],
    })
    expect(done.value.conversation.outcome.http?.status).toBe(200)
    const pod = [...list(simulation.cluster, 'Pod')].find(({ metadata }) => metadata.labels?.['app'] === 'haproxy')
    if (!pod) throw new Error('no HAProxy')
    const { log, files } = processOf({ cluster: simulation.cluster, place: { kind: 'pod', pod } }).running.configured
    expect(log.map(({ text }) => text)).toEqual(
      expect.arrayContaining([
        "tcp-services: service 'default/nobody' not found",
        "incorrect format 'names', 'ServiceName:ServicePort' is required",
      ]),
    )
    expect(files[0]?.text).toContain('frontend tcp-5432\n  mode tcp\n  bind *:5432')
  })
})
