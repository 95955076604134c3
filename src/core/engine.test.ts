import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { allPaths, apply, resolveRequest, send, type Simulation, start, wait } from './engine.ts'
import type { Conversation } from './sim/conversation.ts'

const SHOP = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  replicas: 4
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec: { containers: [{ name: web, image: web, ports: [{ containerPort: 8080 }] }] }
---
apiVersion: v1
kind: Service
metadata: { name: web }
spec: { type: NodePort, selector: { app: web }, ports: [{ port: 80, targetPort: 8080, nodePort: 30080 }] }
---
apiVersion: v1
kind: Service
metadata: { name: sticky }
spec: { selector: { app: web }, sessionAffinity: ClientIP, ports: [{ port: 80, targetPort: 8080 }] }
---
apiVersion: v1
kind: Service
metadata: { name: direct }
spec: { clusterIP: None, selector: { app: web }, ports: [{ port: 8080 }] }
---
apiVersion: v1
kind: Service
metadata: { name: elsewhere }
spec: { type: ExternalName, externalName: example.com }
---
apiVersion: v1
kind: Pod
metadata: { name: curl }
spec: { nodeName: node-1, containers: [{ name: curl, image: curl }] }
---
apiVersion: v1
kind: Pod
metadata: { name: edge }
spec: { nodeName: node-2, containers: [{ name: edge, image: edge, ports: [{ containerPort: 80, hostPort: 8088 }] }] }
`

function cluster(backend: 'vxlan' | 'host-gw' = 'vxlan'): Simulation {
  const applied = apply(start({ backend }), [{ name: 'shop.yaml', text: SHOP }], { nodes: 3 })
  expect(applied.problems.filter((p) => p.severity === 'error')).toEqual([])
  return applied.simulation
}

function ask(simulation: Simulation, from: string, to: string) {
  const resolved = resolveRequest(simulation, { from, to })
  if (!resolved.ok) throw new Error(resolved.error.message)
  return resolved.value.request
}
const said = ({ outcome }: Conversation): string =>
  [outcome.kind, outcome.errno, outcome.answeredBy?.split('-')[0]].filter(Boolean).join(' ')

describe('send', () => {
  const simulation = cluster()

  it.each([
    ['pod/default/curl', 'http://web/', 'answered default/web'],
    ['pod/default/curl', 'http://web.default.svc.cluster.local:80/cart', 'answered default/web'],
    ['pod/default/curl', 'direct:8080', 'answered default/web'],
    ['external/client', 'node/node-3:30080', 'answered default/web'],
    ['node/node-1', '127.0.0.1:30080', 'answered default/web'],
    ['external/inet', 'node/node-2:30080', 'answered default/web'],
    ['pod/default/curl', 'pod/default/edge:80', 'answered default/edge'],
    ['pod/default/curl', '203.0.113.10', 'answered inet'],
    ['pod/default/curl', 'node/node-1:22', 'refused ECONNREFUSED'],
    ['external/client', 'node/node-2:8088', 'answered default/edge'],
    ['external/client', 'node/node-1:8088', 'refused ECONNREFUSED'],
  ])('%s to %s: %s', (from, to, expected) => {
    expect(said(send(simulation, ask(simulation, from, to)).conversation)).toBe(expected)
  })

  it.each([
    ['pod/default/curl', 'http://nowhere/', 'Could not resolve host: nowhere (NXDOMAIN)'],
    ['pod/default/curl', 'http://web.other/', 'Could not resolve host: web.other (NXDOMAIN)'],
    [
      'external/client',
      'http://web/',
      "Could not resolve host: web (the sender's resolv.conf does not point at cluster DNS; dial the address)",
    ],
    ['pod/default/curl', 'http://elsewhere/', "elsewhere is a CNAME to example.com, which is outside the cluster's DNS"],
    ['pod/default/curl', 'ftp://web/', 'Protocol "ftp" not supported'],
    ['pod/default/curl', '10.0.0.1:99999', 'port 99999 is not between 1 and 65535'],
    ['pod/default/curl', '10.0.0.300:80', '"10.0.0.300" is not an address'],
    ['pod/default/none', 'web', 'pods "none" not found in namespace "default"'],
    ['node/node-9', '10.0.0.1:80', 'nodes "node-9" not found'],
    ['web', '10.0.0.1:80', '"web" is not pod/NAMESPACE/NAME, node/NAME or external/NAME'],
  ])('%s to %s is refused: %s', (from, to, message) => {
    const resolved = resolveRequest(simulation, { from, to })
    expect(resolved.ok ? 'resolved' : resolved.error.message).toBe(message)
  })

  it('says that a name was looked up without DNS packets', () => {
    const resolved = resolveRequest(simulation, { from: 'pod/default/curl', to: 'http://web/' })
    expect(resolved.ok && resolved.value.fidelity).toEqual(['name-from-api'])
  })

  it('repeats itself for a seed, whatever was sent before', () => {
    const request = ask(simulation, 'pod/default/curl', 'http://web/')
    const other = send(simulation, ask(simulation, 'external/client', 'node/node-3:30080')).simulation
    const path = (s: Simulation) => send(s, request).conversation.choices.map((c) => c.taken)
    expect(path(simulation)).toEqual(path(simulation))
    expect(path(other)).toEqual(path(simulation))
  })

  it('keeps a client with its endpoint until affinity is forgotten', () => {
    const request = ask(simulation, 'pod/default/curl', 'http://sticky/')
    const first = send(simulation, request, { seed: 1 })
    const by = first.conversation.outcome.answeredBy
    let now = first.simulation
    for (let seed = 2; seed < 12; seed++) {
      const next = send(now, { ...request, sourcePort: 40000 + seed }, { seed })
      expect(next.conversation.outcome.answeredBy).toBe(by)
      now = next.simulation
    }
    const later = wait(now, 3 * 3600 + 1)
    const others = Array.from(
      { length: 10 },
      (_, seed) => send(later, { ...request, sourcePort: 41000 + seed }, { seed }).conversation.outcome.answeredBy,
    )
    expect(new Set(others).size).toBeGreaterThan(1)
  })

  it('changes nothing in the simulation that it was given', () => {
    const before = JSON.stringify([...simulation.runtime.conntrack])
    send(simulation, ask(simulation, 'external/client', 'node/node-3:30080'))
    expect(JSON.stringify([...simulation.runtime.conntrack])).toBe(before)
  })
})

describe('allPaths', () => {
  const targets = fc.constantFrom(
    'http://web/',
    'http://sticky/',
    'node/node-1:30080',
    'node/node-3:30080',
    'pod/default/edge:80',
    '10.99.99.99:80',
  )
  const senders = fc.constantFrom('pod/default/curl', 'node/node-1', 'node/node-2', 'external/client')
  const simulations = { vxlan: cluster('vxlan'), 'host-gw': cluster('host-gw') }

  it('has probabilities that sum to 1, and every seeded path is among them', () => {
    fc.assert(
      fc.property(fc.constantFrom('vxlan' as const, 'host-gw' as const), senders, targets, fc.nat(1000), (backend, from, to, seed) => {
        const simulation = simulations[backend]
        const resolved = resolveRequest(simulation, { from, to })
        fc.pre(resolved.ok)
        if (!resolved.ok) return
        const { request } = resolved.value
        const { paths, complete } = allPaths(simulation, request, 100, { detail: 'lean' })
        expect(complete).toBe(true)
        expect(paths.reduce((sum, path) => sum + path.probability, 0)).toBeCloseTo(1, 6)
        const taken = (c: Conversation): string => c.choices.map((choice) => choice.taken).join()
        expect(paths.map((path) => taken(path.value))).toContain(taken(send(simulation, request, { seed }).conversation))
      }),
      { numRuns: 40 },
    )
  })

  it('gives every endpoint the same chance', () => {
    const simulation = simulations.vxlan
    const { paths } = allPaths(simulation, ask(simulation, 'pod/default/curl', 'http://web/'), 100)
    expect(paths.map((path) => path.probability.toFixed(3))).toEqual(['0.250', '0.250', '0.250', '0.250'])
    expect(new Set(paths.map((path) => path.value.outcome.answeredBy)).size).toBe(4)
  })

  it('is the same whether chains are indexed or walked rule by rule', () => {
    fc.assert(
      fc.property(senders, targets, (from, to) => {
        const simulation = simulations.vxlan
        const resolved = resolveRequest(simulation, { from, to })
        fc.pre(resolved.ok)
        if (!resolved.ok) return
        const [indexed, linear] = (['indexed', 'linear'] as const).map((walk) =>
          allPaths(simulation, resolved.value.request, 100, { walk }),
        )
        expect(indexed).toEqual(linear)
      }),
      { numRuns: 20 },
    )
  })

  it('stops at its limit and says so', () => {
    const simulation = simulations.vxlan
    const { paths, complete } = allPaths(simulation, ask(simulation, 'pod/default/curl', 'http://web/'), 2)
    expect([paths.length, complete]).toEqual([2, false])
  })
})

describe('apply', () => {
  it('leaves the cluster as it was when anything is wrong', () => {
    const simulation = cluster()
    const bad = apply(simulation, [
      {
        name: 'bad.yaml',
        text: `${SHOP}\n---\napiVersion: v1\nkind: Service\nmetadata: { name: UPPER }\nspec: { ports: [{ port: 70000 }] }\n`,
      },
    ])
    expect(bad.problems.some((p) => p.severity === 'error' && p.file === 'bad.yaml' && p.line > 0)).toBe(true)
    expect(bad.simulation.cluster).toBe(simulation.cluster)
  })
})
