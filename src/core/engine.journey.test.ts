import { describe, expect, it } from 'vitest'
import { apply, configure, journey, journeyPaths, type JourneyText, resolveRequest, send, type Simulation, start } from './engine.ts'
import type { ProxyMode } from './cluster/config.ts'
import type { NetnsId } from './kernel/interface.ts'
import type { Conversation } from './sim/conversation.ts'
import { transcriptText } from './sim/transcript.ts'

const SHOP = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  replicas: 3
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec: { containers: [{ name: web, image: web, ports: [{ containerPort: 8080 }, { name: https, containerPort: 9443 }] }] }
---
apiVersion: v1
kind: Service
metadata: { name: web }
spec:
  type: NodePort
  selector: { app: web }
  ports: [{ name: http, port: 80, targetPort: 8080, nodePort: 30080 }, { name: https, port: 443, targetPort: https }, { name: wrong, port: 81, targetPort: 1 }]
---
apiVersion: v1
kind: Service
metadata: { name: nobody }
spec: { selector: { app: nobody }, ports: [{ port: 80 }] }
---
apiVersion: v1
kind: Pod
metadata: { name: curl }
spec: { nodeName: node-1, containers: [{ name: curl, image: curl }] }
`

const cluster = (mode: ProxyMode = 'iptables'): Simulation => {
  const begun = start({ mode })
  const { simulation, problems } = apply(begun, [{ name: 'shop.yaml', text: SHOP }], { nodes: 3 })
  expect(problems.filter(({ severity }) => severity === 'error')).toEqual([])
  return simulation
}

function curl(simulation: Simulation, text: Partial<JourneyText> & { readonly url: string }) {
  const done = journey(simulation, { from: 'pod/default/curl', ...text })
  if (!done.ok) throw new Error(done.error.message)
  return done.value
}

const body = ({ outcome }: Conversation): Record<string, unknown> => JSON.parse(outcome.http?.body ?? '{}')

describe('an echo server', () => {
  it.each(['iptables', 'ipvs', 'nftables', 'userspace'] as const)(
    'is reached over a ClusterIP in %s mode, and each connection is closed',
    (mode) => {
      const { conversation, simulation } = curl(cluster(mode), { url: 'http://web/cart?id=7', headers: [['X-Team', 'a']] })
      expect(conversation.outcome).toMatchObject({
        kind: 'answered',
        http: { status: 200 },
        served: { program: 'echo' },
        curl: { exit: 0 },
      })
      expect(body(conversation)).toMatchObject({
        path: '/cart?id=7',
        host: 'web',
        method: 'GET',
        headers: { 'X-Team': ['a'] },
        namespace: 'default',
      })
      expect(conversation.connections.map(({ end }) => end)).toEqual(mode === 'userspace' ? ['closed', 'closed'] : ['closed'])
      const states = [...simulation.runtime.conntrack.values()].flatMap((entries) =>
        [...entries.values()].flatMap(({ state }) => state ?? []),
      )
      expect(states.every((state) => state === 'TIME_WAIT')).toBe(true)
      expect(conversation.fidelity).toEqual(expect.arrayContaining(['name-from-api', 'echo-server']))
    },
  )

  it('sees the node that a NodePort came in by', () => {
    const simulation = cluster()
    const seen = [1, 2, 3, 4, 5, 6].map((seed) => {
      const done = journey(simulation, { from: 'external/client', url: 'http://192.168.1.11:30080/' }, { seed })
      if (!done.ok) throw new Error(done.error.message)
      return String(body(done.value.conversation)['peer'])
    })
    expect(new Set(seen.map((peer) => peer.replace(/:\d+$/, '').replace(/^10\.244\.\d+/, '10.244.x')))).not.toContain('192.168.1.100')
  })

  it('speaks TLS where its port is called so', () => {
    expect(curl(cluster(), { url: 'https://web/' }).conversation.outcome.curl).toMatchObject({ exit: 60 })
    expect(body(curl(cluster(), { url: 'https://web/', insecure: true }).conversation)).toMatchObject({
      proto: 'HTTP/2.0',
      tls: { serverName: 'web', negotiatedProtocol: 'h2' },
    })
    expect(curl(cluster(), { url: 'http://web:443/' }).conversation.outcome.http?.status).toBe(400)
  })
})

it.each([
  ['http://web:81/', 'refused', 7],
  ['http://nobody/', 'refused', 7],
  ['http://10.99.99.99/', 'timeout', 28],
])('%s is %s', (url, kind, exit) => {
  expect(curl(cluster(), { url, connectTimeout: 3 }).conversation.outcome).toMatchObject({ kind, curl: { exit } })
})

it.each([
  ['http://absent/', 'pod/default/curl', 'nxdomain'],
  ['http://web/', 'external/client', 'nxdomain'],
  ['http://web/', 'pod/default/none', 'sender'],
  ['ftp://web/', 'pod/default/curl', 'address'],
])('%s from %s cannot be sent: %s', (url, from, code) => {
  const done = journey(cluster(), { from, url })
  expect(done.ok ? undefined : done.error.code).toBe(code)
})

it('goes where a packet alone would go, for the same seed', () => {
  const simulation = cluster()
  const alone = resolveRequest(simulation, { from: 'pod/default/curl', to: 'http://web/' })
  if (!alone.ok) throw new Error(alone.error.message)
  for (const seed of [1, 2, 3, 4, 5]) {
    const done = journey(simulation, { from: 'pod/default/curl', url: 'http://web/' }, { seed })
    const { outcome } = send(simulation, alone.value.request, { seed }).conversation
    expect(done.ok && done.value.conversation.outcome).toMatchObject({ answeredBy: outcome.answeredBy, clientSeen: outcome.clientSeen })
  }
})

it('may take every path that chance allows', () => {
  const found = journeyPaths(cluster(), { from: 'pod/default/curl', url: 'http://web/' }, 100)
  if (!found.ok) throw new Error(found.error.message)
  expect(found.value.complete).toBe(true)
  expect(found.value.paths.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1)
  expect(new Set(found.value.paths.map(({ value }) => value.outcome.answeredBy)).size).toBe(3)
})

it('is stopped by a node that drops what is long', () => {
  const simulation = cluster()
  const { config } = simulation.cluster
  const rules = { 'node-1': ['-I FORWARD -p tcp -m tcp --tcp-flags PSH PSH -j DROP'] }
  const broken = configure(simulation, { ...config, admin: { ...config.admin, rules } })
  const { conversation, simulation: after } = curl(broken, { url: 'http://web/', maxTime: 4 })
  expect([conversation.outcome.kind, conversation.outcome.curl?.exit, after.runtime.now]).toEqual(['timeout', 28, 4])
  expect(
    conversation.connections[0]?.packets.some(
      ({ disposition }) => disposition.kind === 'dropped' && disposition.netns === ('node-1' as NetnsId),
    ),
  ).toBe(true)
})

it('is told as curl -v tells it', () => {
  const ip = cluster().cluster.objects.Service.get('default')?.get('web')?.spec.clusterIP ?? ''
  const { conversation } = curl(cluster(), {
    url: 'http://shop.test/a',
    resolve: [{ host: 'shop.test', port: 80, address: ip as never }],
    method: 'HEAD',
  })
  expect(transcriptText(conversation).split('\n')).toEqual([
    `* Added shop.test:80:${ip} to DNS cache`,
    '* Hostname shop.test was found in DNS cache',
    `*   Trying ${ip}:80...`,
    `* Connected to shop.test (${ip}) port 80`,
    '> HEAD /a HTTP/1.1',
    '> Host: shop.test',
    '> User-Agent: curl/8.5.0',
    '> Accept: */*',
    '>',
    '< HTTP/1.1 200 OK',
    '< Content-Type: application/json',
    '< Content-Length: 0',
    '<',
    '* Connection #0 to host shop.test left intact',
  ])
})

it('has curl’s own words where the kernel gives up dialling, and where curl does', () => {
  const { config } = cluster().cluster
  const rules = Object.fromEntries(['node-1', 'node-2', 'node-3'].map((node) => [node, ['-I FORWARD -p tcp -j DROP']]))
  const broken = configure(cluster(), { ...config, admin: { ...config.admin, rules } })
  const lost = (asked: object): readonly string[] =>
    transcriptText(curl(broken, { url: 'http://web/', ...asked }).conversation)
      .split('\n')
      .slice(1)
  const words = "Failed to connect to web port 80 after 127000 ms: Couldn't connect to server"
  expect(lost({})).toEqual([
    expect.stringMatching(/^\* connect to \S+ port 80 failed: Connection timed out$/),
    `* ${words}`,
    '* Closing connection',
    `curl: (28) ${words}`,
  ])
  expect(lost({ connectTimeout: 2 }).at(-1)).toBe('curl: (28) Connection timed out after 2000 milliseconds')
})
