import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { Opened, SendOrder } from './protocol.ts'
import { DEFAULTS, Session } from './session.ts'

interface Sample {
  readonly id: string
  readonly files: readonly string[]
  readonly request: SendOrder
}

const FOLDER = new URL('../../public/scenarios/', import.meta.url)
const text = (name: string): string => readFileSync(new URL(name, FOLDER), 'utf8')
const SAMPLES = JSON.parse(text('index.json')) as readonly Sample[]

function open(sample: Sample, ...orders: readonly SendOrder[]): Opened {
  const files = sample.files.map((name) => ({ name, text: text(name) }))
  const intents = [
    { kind: 'start' as const, options: DEFAULTS },
    { kind: 'apply' as const, files },
    ...orders.map((order) => ({ kind: 'send' as const, order })),
  ]
  return new Session().answer({ kind: 'open', intents }) as Opened
}

const sampleOf = (id: string): Sample => {
  const sample = SAMPLES.find((one) => one.id === id)
  if (!sample) throw new Error(`no sample ${id}`)
  return sample
}

const outcomes = (opened: Opened): readonly string[] => opened.sent.map(({ conversation }) => conversation.outcome.kind)

describe('the samples', () => {
  it.each(SAMPLES.map((sample) => [sample.id, sample] as const))('%s has no errors, and its request is sent', (_, sample) => {
    const opened = open(sample, sample.request)
    expect(opened.problems.filter((problem) => problem.severity === 'error')).toEqual([])
    expect(opened.failed).toEqual([])
    expect(outcomes(opened)).toEqual([sample.id === 'noEndpoints' ? 'refused' : 'answered'])
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

  it('lists kinds that are not simulated', () => {
    expect(open(sampleOf('myApp')).problems.map((problem) => problem.severity)).toContain('ignored')
  })
})
