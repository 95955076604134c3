import { describe, expect, it } from 'vitest'
import { allPaths, apply, resolveRequest, send, type Simulation, start } from './engine.ts'
import type { NetnsId } from './kernel/interface.ts'
import { saveRuleset } from './kernel/netfilter/save.ts'
import { network } from './node/network.ts'
import { restoreText, rulesetOf } from './node/ruleset.ts'
import type { Conversation } from './sim/conversation.ts'

const MANIFEST = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 3
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: c, image: nginx, ports: [{containerPort: 80}, {containerPort: 53, protocol: UDP}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  type: NodePort
  clusterIP: 10.96.7.7
  selector: {app: web}
  externalIPs: [198.51.100.7]
  ports: [{name: http, port: 80, nodePort: 30080}, {name: dns, port: 53, protocol: UDP, nodePort: 30053}, {name: sctp, port: 9, protocol: SCTP, nodePort: 30009}]
---
apiVersion: v1
kind: Service
metadata: {name: sticky}
spec: {clusterIP: 10.96.7.9, selector: {app: web}, sessionAffinity: ClientIP, ports: [{port: 80}]}
---
apiVersion: v1
kind: Service
metadata: {name: closed}
spec: {clusterIP: 10.96.7.10, selector: {app: web}, ports: [{name: http, port: 80, targetPort: 81}, {name: dns, port: 53, targetPort: 54, protocol: UDP}]}
---
apiVersion: v1
kind: Service
metadata: {name: none}
spec: {clusterIP: 10.96.7.8, selector: {app: nobody}, ports: [{port: 80}]}
---
apiVersion: v1
kind: Pod
metadata: {name: client}
spec: {nodeName: node-1, containers: [{name: c, image: busybox}]}
`

const CLUSTER = ((): Simulation => {
  const applied = apply(start({ mode: 'userspace' }), [{ name: 'all.yaml', text: MANIFEST }], { nodes: 3 })
  expect(applied.problems.filter(({ severity }) => severity === 'error')).toEqual([])
  return applied.simulation
})()

interface Asked {
  readonly simulation?: Simulation
  readonly from?: string
  readonly protocol?: 'tcp' | 'udp' | 'sctp'
}

function requestTo(to: string, { simulation = CLUSTER, from = 'pod/default/client', protocol = 'tcp' }: Asked = {}) {
  const resolved = resolveRequest(simulation, { from, to, protocol })
  if (!resolved.ok) throw new Error(resolved.error.message)
  return resolved.value.request
}

const ask = (to: string, asked: Asked = {}) => send(asked.simulation ?? CLUSTER, requestTo(to, asked))

/** Who answered each of some requests, one after the other. */
function answers(to: string, count: number): readonly (string | undefined)[] {
  let simulation = CLUSTER
  return Array.from({ length: count }, () => {
    const sent = ask(to, { simulation })
    ;({ simulation } = sent)
    return sent.conversation.outcome.answeredBy
  })
}

const flags = ({ connections }: Conversation): readonly string[] =>
  connections.map(({ packets }) =>
    packets.map(({ sent: { transport } }) => (transport.kind === 'tcp' ? transport.flags : transport.kind)).join(' '),
  )

const nodeAddress = /^(10\.244\.0\.[01]|192\.168\.1\.11):/

describe('kube-proxy in userspace mode', () => {
  it('makes a connection of its own, so that the server sees the node', () => {
    const { conversation } = ask('10.96.7.7:80')
    expect(flags(conversation)).toEqual(['S SA A', 'S SA A'])
    expect(conversation.outcome).toMatchObject({
      kind: 'answered',
      reachedServer: true,
      answeredBy: expect.stringMatching(/^default\/web-/) as string,
    })
    expect(conversation.outcome.clientSeen).toMatch(nodeAddress)
    expect(conversation.connections[0]?.packets[0]?.disposition).toMatchObject({ kind: 'delivered', owner: 'kube-proxy/node-1' })
    expect(conversation.connections[1]?.packets[0]?.netns).toBe('node-1')
    expect(conversation.fidelity).toContain('kube-proxy-userspace')
  })

  it('answers by UDP when the endpoint has', () => {
    const { conversation } = ask('10.96.7.7:53', { protocol: 'udp' })
    expect(conversation.outcome).toMatchObject({ kind: 'answered', answeredBy: expect.stringMatching(/^default\/web-/) as string })
    expect(flags(conversation)).toEqual(['udp udp', 'udp udp'])
    const closed = ask('10.96.7.10:53', { protocol: 'udp' }).conversation
    expect(closed.outcome).toMatchObject({ kind: 'timeout', reachedServer: false })
    expect(flags(closed)).toEqual(['udp', 'udp icmp-error'])
  })

  it('is reached by node port and external address, from nodes and from outside', () => {
    for (const [from, to] of [
      ['node/node-1', '10.96.7.7:80'],
      ['node/node-1', '127.0.0.1:30080'],
      ['node/node-1', '192.168.1.12:30080'],
      ['external/client', '192.168.1.13:30080'],
      ['external/client', '192.168.1.13:30080'],
    ] as const)
      expect(ask(to, { from }).conversation.outcome).toMatchObject({
        kind: 'answered',
        answeredBy: expect.stringMatching(/^default\/web-/) as string,
      })
  })

  it('gives endpoints their turns, beginning anywhere', () => {
    const six = answers('10.96.7.7:80', 6)
    expect(new Set(six.slice(0, 3)).size).toBe(3)
    expect(six.slice(3)).toEqual(six.slice(0, 3))
    const { paths, complete } = allPaths(CLUSTER, requestTo('10.96.7.7:80'), 100)
    expect(complete).toBe(true)
    expect(paths.map(({ probability }) => probability)).toEqual([1 / 3, 1 / 3, 1 / 3])
    expect(new Set(paths.map(({ value }) => value.outcome.answeredBy)).size).toBe(3)
  })

  it('leaves a client with its endpoint under session affinity, as long as that is there', () => {
    const four = answers('10.96.7.9:80', 4)
    expect(new Set(four).size).toBe(1)
  })

  it('closes a connection that leads nowhere', () => {
    const { conversation } = ask('10.96.7.8:80')
    expect(flags(conversation)).toEqual(['S SA A'])
    expect(conversation.outcome).toMatchObject({ kind: 'refused', errno: 'ECONNRESET', reachedServer: false })
  })

  it('tries four times to reach an endpoint', () => {
    const { conversation } = ask('10.96.7.10:80')
    expect(flags(conversation)).toEqual(['S SA A', 'S RA', 'S RA', 'S RA', 'S RA'])
    const tried = conversation.connections.slice(1).map(({ packets }) => packets[0]?.sent.ip.destination)
    expect(new Set(tried).size).toBe(3)
    expect(tried[3]).toBe(tried[0])
  })

  it('knows no SCTP', () => {
    expect(ask('10.96.7.7:9', { protocol: 'sctp' }).conversation.outcome.kind).not.toBe('answered')
    expect(saveRuleset(rulesetOf(CLUSTER.cluster, 'node-1'))).not.toContain('sctp')
  })

  it('writes rules that do not know endpoints', () => {
    const text = saveRuleset(rulesetOf(CLUSTER.cluster, 'node-2')).replace(/--to-ports \d+|192\.168\.1\.12:\d+/g, 'PROXY')
    expect(text.split('\n').filter((line) => line.includes('198.51.100.7') && line.includes('tcp'))).toEqual([
      '-A KUBE-PORTALS-CONTAINER -d 198.51.100.7/32 -p tcp -m comment --comment "default/web:http" -m tcp --dport 80 -m physdev ! --physdev-is-in -j REDIRECT PROXY',
      '-A KUBE-PORTALS-CONTAINER -d 198.51.100.7/32 -p tcp -m comment --comment "default/web:http" -m tcp --dport 80 -m addrtype --dst-type LOCAL -j REDIRECT PROXY',
      '-A KUBE-PORTALS-HOST -d 198.51.100.7/32 -p tcp -m comment --comment "default/web:http" -m tcp --dport 80 -m addrtype --dst-type LOCAL -j DNAT --to-destination PROXY',
    ])
    expect(text).not.toContain('KUBE-SEP')
    expect(restoreText(CLUSTER.cluster, 'node-2')).toContain('iptables -w 5 -W 100000 -A KUBE-NODEPORT-NON-LOCAL -t filter -p tcp')
  })

  it('takes the same steps with and without an index over its rules', () => {
    for (const to of ['10.96.7.7:80', '198.51.100.7:80', '192.168.1.12:30080', '10.96.7.8:80', '10.96.7.7:81', '192.168.1.12:30009'])
      for (const from of ['pod/default/client', 'node/node-2', 'external/client']) {
        const [indexed, linear] = (['indexed', 'linear'] as const).map(
          (walk) => send(CLUSTER, requestTo(to, { from }), { walk }).conversation,
        )
        expect(linear).toEqual(indexed)
      }
  })

  it('listens on ports of its own, different ones for each Service', () => {
    const sockets = network(CLUSTER.cluster).netns('node-1' as NetnsId)?.sockets ?? []
    const ports = sockets.filter(({ relay }) => relay).map(({ protocol, port }) => `${protocol} ${port}`)
    expect(ports).toHaveLength(7)
    expect(new Set(ports).size).toBe(7)
  })
})
