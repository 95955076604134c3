import { describe, expect, it } from 'vitest'
import type { Answers, Ask, ClusterEdit, StartOptions } from './protocol.ts'
import { DEFAULTS, Session } from './session.ts'
import * as traffic from './traffic.ts'

const pod = (name: string, port: string, more = ''): string =>
  `{apiVersion: v1, kind: Pod, metadata: {name: ${name}, labels: {app: web}}, spec: {containers: [{name: c, image: web, ports: [${port}]}]}${more}}`
const service = (spec: string): string => `{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {selector: {app: web}, ${spec}}}`
const DEPLOYMENT =
  '{apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: {replicas: 1, selector: {matchLabels: {app: web}}, template: {metadata: {labels: {app: web}}, spec: {containers: [{name: c, image: web}]}}}}'

const ask = <A extends Ask>(session: Session, question: A): Answers[A['kind']] => session.answer(question) as Answers[A['kind']]
function opened(documents: readonly string[], options: Partial<StartOptions> = {}): Session {
  const session = new Session(traffic)
  const files = [{ name: 'a.yaml', text: documents.join('\n---\n') }]
  const start = { kind: 'start' as const, options: { ...DEFAULTS, ...options } }
  expect(ask(session, { kind: 'open', intents: [start, { kind: 'apply', files, ground: true }] }).failed).toEqual([])
  return session
}
const reportOf = (session: Session) => {
  const report = ask(session, { kind: 'service', target: 'service/default/web' })
  if (!report) throw new Error('no report')
  return report
}

describe('the report of a Service', () => {
  it('resolves a named target port on each pod', () => {
    const pods = [
      pod('a', '{name: http, containerPort: 8080}'),
      pod('b', '{name: http, containerPort: 9090}'),
      pod('c', '{containerPort: 1}'),
    ]
    const { ports } = reportOf(opened([...pods, service('ports: [{port: 80, targetPort: http}]')]))
    expect(
      ports.map(({ targets }) => targets.map(({ number, pods: names }) => `${number ?? 'nothing'}: ${names.join(' ')}`).toSorted()),
    ).toEqual([['8080: pod/default/a', '9090: pod/default/b', 'nothing: pod/default/c']])
  })

  it('tells conditions, and what the fields say', () => {
    const unready = ", status: {phase: Running, podIP: 10.244.0.77, conditions: [{type: Ready, status: 'False'}]}"
    const spec =
      'sessionAffinity: ClientIP, sessionAffinityConfig: {clientIP: {timeoutSeconds: 60}}, publishNotReadyAddresses: false, ports: [{port: 80}]'
    const { endpoints, policies, type, addresses } = reportOf(opened([pod('a', '{containerPort: 80}', unready), service(spec)]))
    expect(endpoints).toMatchObject([{ address: '10.244.0.77', object: 'pod/default/a', ready: false, serving: false, terminating: false }])
    expect(policies).toContainEqual({ field: 'sessionAffinity', value: 'ClientIP, 60 s' })
    expect([type, ...addresses.map(({ kind }) => kind)]).toEqual(['ClusterIP', 'cluster'])
  })

  it('hears what every node answers to the health check', () => {
    const session = opened([
      pod('a', '{containerPort: 80}'),
      service('type: LoadBalancer, externalTrafficPolicy: Local, ports: [{port: 80}]'),
    ])
    const { health } = reportOf(session)
    expect(health?.answers.map(({ status, localEndpoints }) => `${status} ${localEndpoints}`).toSorted()).toEqual([
      '200 1',
      '503 0',
      '503 0',
    ])
  })

  it('shows who brings traffic from outside, and follows the provider', () => {
    const session = opened([pod('a', '{containerPort: 80}'), service('type: LoadBalancer, ports: [{port: 80}]')])
    const provide = (value: 'service-lb' | 'cloud'): ClusterEdit => ({ op: 'configure', setting: { name: 'loadBalancer', value } })
    expect(reportOf(session).outside).toMatchObject({ provider: 'none', addresses: [], forwarders: [] })
    ask(session, { kind: 'edit', edits: [provide('service-lb')] })
    expect(reportOf(session).outside).toMatchObject({
      provider: 'service-lb',
      addresses: [{}, {}, {}].map(() => expect.any(String)),
      forwarderCount: 3,
    })
    ask(session, { kind: 'edit', edits: [provide('cloud')] })
    expect(reportOf(session).outside).toMatchObject({ provider: 'cloud', balancer: 'external/router', addresses: [expect.any(String)] })
  })

  it('of what is no Service there is none', () => {
    expect(ask(opened([pod('a', '{containerPort: 80}')]), { kind: 'service', target: 'pod/default/a' })).toBeUndefined()
  })
})

it('Services and workloads know each other, and slices know both', () => {
  const session = opened([DEPLOYMENT, service('ports: [{port: 80}]')])
  const related = (target: string) =>
    ask(session, { kind: 'describe', target })?.relations.map(({ label, id }) => `${label} ${id.split('/')[0]}`)
  expect(related('service/default/web')).toEqual(['workload deployment', 'endpoint pod', 'slice endpointslice'])
  expect(related('deployment/default/web')).toEqual(['service service', 'pod pod'])
  const [slice] = ask(session, { kind: 'list', group: 'default/EndpointSlice', offset: 0, limit: 9 }).filter(({ name }) =>
    name.startsWith('web'),
  )
  expect(related(slice?.id ?? '')).toEqual(['owner service', 'service service', 'endpoint pod'])
})
