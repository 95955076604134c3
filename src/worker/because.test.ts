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

/** The last cell of each row, which is the rule where it is one. */
const textsOf = (found: Because | undefined): readonly string[] => found?.rules.map(({ cells }) => cells.at(-1) ?? '') ?? []

describe('rules because of an object', () => {
  it('are those of a Service and of its endpoints', () => {
    const found = because('service/default/web')
    expect(found?.complete).toBe(true)
    const texts = textsOf(found)
    expect(texts.some((text) => text.startsWith('-A KUBE-SERVICES ') && text.includes('default/web'))).toBe(true)
    expect(texts.filter((text) => text.includes('-j DNAT'))).toHaveLength(3)
    expect(texts.some((text) => text.includes('default/cache'))).toBe(false)
  })

  it('are those that speak of a pod', () => {
    const pods = session.answer({ kind: 'list', group: 'default/Pod', offset: 0, limit: 20 }) as readonly TreeItem[]
    const pod = pods.find(({ name }) => name.startsWith('web-'))
    const found = because(pod?.id ?? '')
    expect(found?.rules.length).toBeGreaterThan(0)
    expect(textsOf(found).every((text) => text.includes(pod?.detail ?? '?'))).toBe(true)
  })

  it.each(['service/default/nobody', 'deployment/default/web', 'external/client', ''])('are not asked for %j', (target) => {
    expect(because(target)).toBeUndefined()
  })
})

describe('in other modes', () => {
  const inMode = (value: 'ipvs' | 'nftables') =>
    session.answer({ kind: 'edit', edits: [{ op: 'configure', setting: { name: 'mode', value } }] })
  const tablesOf = (found: Because | undefined) => new Set(found?.rules.map(({ table }) => table))
  const lines = (found: Because | undefined) => found?.rules.map(({ cells }) => cells.join(' ')) ?? []

  it('they are virtual servers and members of sets', () => {
    inMode('ipvs')
    const found = because('service/default/web')
    expect(tablesOf(found)).toEqual(new Set(['ipvs', 'ipset']))
    expect(lines(found).filter((line) => /^tcp \S+:80 rr 10\.244\.\d+\.\d+:8080 1 /.test(line))).toHaveLength(3)
    expect(lines(found).some((line) => line.startsWith('KUBE-CLUSTER-IP hash:ip,port '))).toBe(true)
  })

  it('they are rules and elements of maps', () => {
    inMode('nftables')
    const found = because('service/default/web')
    expect(tablesOf(found)).toEqual(new Set(['nft', 'nft-set']))
    expect(lines(found).some((line) => /^ip kube-proxy service-ips .* goto service-/.test(line))).toBe(true)
    expect(lines(found).filter((line) => line.includes('dnat to 10.244.'))).toHaveLength(3)
    expect(lines(found).some((line) => line.includes('default/cache'))).toBe(false)
  })
})
