import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { PathsFound, Sent, SendOrder } from './protocol.ts'
import { DEFAULTS, Session } from './session.ts'
import * as traffic from './traffic.ts'

const text = (name: string): string => readFileSync(new URL(`../../public/scenarios/${name}`, import.meta.url), 'utf8')

function sessionWith(name: string): Session {
  const session = new Session(traffic)
  session.answer({
    kind: 'open',
    intents: [
      { kind: 'start', options: DEFAULTS },
      { kind: 'apply', files: [{ name, text: text(name) }] },
    ],
  })
  return session
}

const found = (session: Session, order: SendOrder, limit = 100): Extract<PathsFound, { found: true }> => {
  const answer = session.answer({ kind: 'paths', order, limit }) as PathsFound
  if (!answer.found) throw new Error(answer.problem.message)
  return answer
}

const WEB: SendOrder = { from: 'pod/default/curl', to: 'http://web.default/', protocol: 'tcp' }

describe('all paths of a request', () => {
  it('end at every endpoint of a Service, with chances that sum to 1', () => {
    const { complete, paths } = found(sessionWith('shop.yaml'), WEB)
    expect(complete).toBe(true)
    expect(paths.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 9)
    expect(new Set(paths.map(({ address }) => address)).size).toBe(paths.length)
    expect(paths.length).toBeGreaterThan(1)
    expect(paths.every(({ place, passes }) => place?.kind === 'pod' && passes.length > 1)).toBe(true)
  })

  it('are replayed from their picks', () => {
    const session = sessionWith('shop.yaml')
    for (const path of found(session, WEB).paths) {
      const sent = session.answer({ kind: 'send', order: { ...WEB, picks: path.forks.map(({ taken }) => taken) } }) as Sent
      if (!sent.sent) throw new Error(sent.problem.message)
      const { conversation } = sent.record
      expect(conversation.outcome.answeredBy).toBe(path.outcome.answeredBy)
      expect(conversation.probability).toBeCloseTo(path.probability, 9)
    }
  })

  it('leave nothing behind', () => {
    const [one, other] = [sessionWith('shop.yaml'), sessionWith('shop.yaml')]
    found(one, WEB)
    expect(one.answer({ kind: 'send', order: WEB })).toEqual(other.answer({ kind: 'send', order: WEB }))
  })

  it('begin with the lookup of a headless name', () => {
    const session = sessionWith('headless.yaml')
    const index = JSON.parse(text('index.json')) as readonly { readonly id: string; readonly request: SendOrder }[]
    const order = index.find(({ id }) => id === 'headless')?.request
    if (!order) throw new Error('no sample headless')
    const { paths } = found(session, order)
    expect(paths.length).toBeGreaterThan(1)
    expect(paths.every(({ forks }) => forks[0]?.why.kind === 'address')).toBe(true)
  })

  it('are cut at a limit, and say so', () => {
    expect(found(sessionWith('shop.yaml'), WEB, 1)).toMatchObject({ complete: false, paths: [{}] })
  })

  it('are none where the request makes no sense', () => {
    const order = { ...WEB, to: 'http://nobody.default/' }
    expect(sessionWith('shop.yaml').answer({ kind: 'paths', order, limit: 9 })).toMatchObject({ found: false })
  })
})

describe('picks that no longer make sense', () => {
  it('are drawn instead', () => {
    const sent = sessionWith('shop.yaml').answer({ kind: 'send', order: { ...WEB, picks: [7, -1, 5] } }) as Sent
    expect(sent.sent).toBe(true)
  })
})
