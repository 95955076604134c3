import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Because, TreeItem } from './protocol.ts'
import { DEFAULTS, Session } from './session.ts'
import * as traffic from './traffic.ts'

const session = new Session(traffic)
const because = (target: string): Because | undefined => session.answer({ kind: 'because', target }) as Because | undefined

beforeAll(() => {
  const text = readFileSync(new URL('../../public/scenarios/shop.yaml', import.meta.url), 'utf8')
  const files = [{ name: 'shop.yaml', text }]
  session.answer({
    kind: 'open',
    intents: [
      { kind: 'start', options: DEFAULTS },
      { kind: 'apply', files },
    ],
  })
})

describe('rules because of an object', () => {
  it('are those of a Service and of its endpoints', () => {
    const found = because('service/default/web')
    expect(found?.complete).toBe(true)
    const texts = found?.rules.map(({ text }) => text) ?? []
    expect(texts.some((text) => text.startsWith('-A KUBE-SERVICES ') && text.includes('default/web'))).toBe(true)
    expect(texts.filter((text) => text.includes('-j DNAT'))).toHaveLength(3)
    expect(texts.some((text) => text.includes('default/cache'))).toBe(false)
  })

  it('are those that speak of a pod', () => {
    const pods = session.answer({ kind: 'list', group: 'default/Pod', offset: 0, limit: 20 }) as readonly TreeItem[]
    const pod = pods.find(({ name }) => name.startsWith('web-'))
    const found = because(pod?.id ?? '')
    expect(found?.rules.length).toBeGreaterThan(0)
    expect(found?.rules.every(({ text }) => text.includes(pod?.detail ?? '?'))).toBe(true)
  })

  it.each(['service/default/nobody', 'deployment/default/web', 'external/client', ''])('are not asked for %j', (target) => {
    expect(because(target)).toBeUndefined()
  })
})
