import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { FindingsFound } from './protocol/findings.ts'
import type { Opened, SendOrder, StartOptions } from './protocol.ts'
import { DEFAULTS, Session } from './session.ts'
import * as traffic from './traffic.ts'

interface Sample {
  readonly id: string
  readonly files: readonly string[]
  readonly start?: Partial<StartOptions>
  readonly request: SendOrder
}

const FOLDER = new URL('../../public/scenarios/', import.meta.url)
const text = (name: string): string => readFileSync(new URL(name, FOLDER), 'utf8')
const SAMPLES = JSON.parse(text('index.json')) as readonly Sample[]

function open(sample: Sample, ...orders: readonly SendOrder[]): Opened {
  const files = sample.files.map((name) => ({ name, text: text(name) }))
  const intents = [
    { kind: 'start' as const, options: { ...DEFAULTS, ...sample.start } },
    { kind: 'apply' as const, files },
    ...orders.map((order) => ({ kind: 'send' as const, order })),
  ]
  return new Session(traffic).answer({ kind: 'open', intents }) as Opened
}

const sampleOf = (id: string): Sample => {
  const sample = SAMPLES.find((one) => one.id === id)
  if (!sample) throw new Error(`no sample ${id}`)
  return sample
}

const outcomes = (opened: Opened): readonly string[] => opened.sent.map(({ conversation }) => conversation.outcome.kind)

/** What the first request of a sample comes to, where its lesson is not an answer. */
const LESSONS: Readonly<Record<string, string>> = {
  noEndpoints: 'refused',
  endpoints: 'refused',
  internalLocal: 'timeout',
  sourceRanges: 'timeout',
  workshop: 'refused',
}

const answerers = (id: string, from: string, to: string, times = 8): readonly string[] => {
  const order: SendOrder = { from, to, protocol: 'tcp' }
  const opened = open(sampleOf(id), ...Array.from({ length: times }, () => order))
  return [...new Set(opened.sent.map(({ conversation }) => conversation.outcome.answeredBy ?? conversation.outcome.kind))].toSorted()
}

/** The address that whoever answered saw the request come from. */
const seen = (id: string, from: string, to: string): string | undefined =>
  open(sampleOf(id), { from, to, protocol: 'tcp' }).sent[0]?.conversation.outcome.clientSeen?.split(':')[0]

describe('the samples', () => {
  it('are at least twenty, each with a name of its own', () => {
    expect(new Set(SAMPLES.map((sample) => sample.id)).size).toBe(SAMPLES.length)
    expect(SAMPLES.length).toBeGreaterThanOrEqual(20)
  })

  it.each(SAMPLES.map((sample) => [sample.id, sample] as const))('%s has no errors, and its request is sent', (_, sample) => {
    const opened = open(sample, sample.request)
    expect(opened.problems.filter((problem) => problem.severity === 'error')).toEqual([])
    expect(opened.failed).toEqual([])
    expect(outcomes(opened)).toEqual([LESSONS[sample.id] ?? 'answered'])
  })

  it('drops what a node without an endpoint gets under externalTrafficPolicy Local', () => {
    const sample = sampleOf('localPolicy')
    const opened = open(sample, sample.request, { ...sample.request, to: '192.168.1.11:30080' })
    expect(outcomes(opened)).toEqual(['answered', 'timeout'])
    expect(opened.sent[0]?.conversation.outcome.clientSeen).toMatch(/^192\.168\.1\.100:/)
  })

  it('keeps a client with its pod under session affinity', () => {
    const { request } = sampleOf('affinity')
    const opened = open(sampleOf('affinity'), request, request, request, request, request)
    expect(new Set(opened.sent.map(({ conversation }) => conversation.outcome.answeredBy)).size).toBe(1)
  })

  it('spreads requests over pods otherwise, also those to a headless name', () => {
    for (const id of ['shop', 'headless']) {
      const { request } = sampleOf(id)
      const opened = open(sampleOf(id), ...Array.from({ length: 12 }, () => request))
      expect(new Set(opened.sent.map(({ conversation }) => conversation.outcome.answeredBy)).size, id).toBeGreaterThan(1)
    }
  })

  it('tells of versions that are no longer served', () => {
    expect(open(sampleOf('myApp')).problems.map((problem) => problem.severity)).toContain('warning')
  })

  it.each([
    ['internalLocal', 'pod/default/near', 'log-agent.default:24224', ['default/log-agent-1']],
    [
      'sourceRanges',
      'external/inet',
      '192.168.1.12:80',
      [expect.stringMatching(/^default\/web-/), expect.stringMatching(/^default\/web-/)],
    ],
    ['readiness', 'pod/default/curl', 'http://web.default/', ['default/web-ready']],
    ['zones', 'pod/default/curl-east', 'http://web.default/', ['default/web-east']],
    ['zones', 'pod/default/curl-west', 'http://web.default/', ['default/web-west']],
    ['namedPorts', 'pod/default/curl', 'http://gateway.default/', ['default/gateway-new', 'default/gateway-old']],
    ['externalIPs', 'external/client', '192.168.1.13:80', ['refused']],
    ['cloudRanges', 'external/client', '203.0.113.241:80', ['timeout']],
    ['nftables', 'external/client', '192.168.1.11:30081', ['refused']],
    ['nftables', 'node/node-1', '127.0.0.1:30080', ['refused']],
    ['threeTier', 'pod/store/db-0', 'http://api:8000/', [expect.anything(), expect.anything(), expect.anything()]],
  ] as const)('%s: %s to %s', (id, from, to, expected) => {
    expect(answerers(id, from, to, 24)).toEqual(expected)
  })

  it('rewrites the source where a text says so, and nowhere else', () => {
    const own = (id: string, name: string) => {
      const [record] = open(sampleOf(id), sampleOf(id).request).sent
      return Object.entries(record?.owners ?? {}).find(([, owner]) => owner === name)?.[0]
    }
    expect(seen('hairpin', 'pod/default/echo', 'http://echo.default/')).not.toBe(own('hairpin', 'pod/default/echo'))
    expect(seen('egress', 'pod/default/crawler', '203.0.113.10:80')).toBe('192.168.1.12')
    expect(seen('egress', 'pod/default/crawler', 'pod/default/neighbour')).toBeUndefined()
    expect(seen('vxlan', 'pod/default/client', 'pod/default/server:8080')).toBe(own('vxlan', 'pod/default/client'))
    expect(seen('hostNetwork', 'pod/default/prometheus', '192.168.1.12:9100')).toBe('192.168.1.11')
    expect(seen('manualEndpoints', 'pod/default/app', 'legacy-db.default:5432')).toBe('192.168.1.12')
  })

  it('workshop: what is wrong is mended by one click each, until nothing is', () => {
    const { files } = sampleOf('workshop')
    const session = new Session(traffic)
    session.answer({ kind: 'open', intents: [{ kind: 'apply', files: files.map((name) => ({ name, text: text(name) })) }] })
    const wrong = () =>
      (session.answer({ kind: 'findings', find: '', limit: 99 }) as FindingsFound).findings.filter(
        ({ finding }) => finding.severity !== 'info',
      )
    expect(new Set(wrong().map(({ subject }) => subject)).size).toBe(8)
    for (let mended = 0; mended < 9; mended++) {
      const [first] = wrong().flatMap(({ mends }) => mends)
      if (first) expect(session.answer({ kind: 'edit', edits: [first.edit] })).toMatchObject({ accepted: true })
    }
    expect(wrong()).toEqual([])
  })

  it('ipvs: one pod after the other', () => {
    const { request } = sampleOf('ipvs')
    const who = open(sampleOf('ipvs'), ...Array.from({ length: 6 }, () => request)).sent.map(
      ({ conversation }) => conversation.outcome.answeredBy,
    )
    expect(new Set(who.slice(0, 3)).size).toBe(3)
    expect(who.slice(3)).toEqual(who.slice(0, 3))
  })

  it('healthCheck: nodes say whether they have a pod, and the balancer sends to the one that has', () => {
    const ask = (node: number): SendOrder => ({ from: 'external/client', to: `http://192.168.1.1${node}:32100/`, protocol: 'tcp' })
    const opened = open(sampleOf('healthCheck'), ask(1), ask(2), ask(3), { from: 'external/inet', to: '203.0.113.241:80', protocol: 'tcp' })
    expect(opened.sent.map(({ conversation }) => conversation.outcome.http?.status)).toEqual([503, 200, 503, undefined])
    expect(opened.sent[3]?.conversation.outcome.clientSeen).toMatch(/^203\.0\.113\.10:/)
  })

  it('wraps packets under vxlan and leaves them alone under host-gw', () => {
    const steps = (id: string) =>
      open(sampleOf(id), sampleOf(id).request).sent.flatMap(({ conversation }) =>
        conversation.connections.flatMap((each) =>
          each.packets.flatMap((packet) => packet.hops.flatMap((hop) => hop.steps.map((step) => step.kind))),
        ),
      )
    expect(steps('vxlan')).toContain('encapsulate')
    expect(steps('hostGw')).not.toContain('encapsulate')
  })
})
