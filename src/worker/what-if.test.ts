import { readFileSync } from 'node:fs'
import { beforeEach, describe, expect, it } from 'vitest'
import type { Conversation } from '../core/sim/conversation.ts'
import type { ModeCost, SendOrder, Sent, WhatIf, WhatIfFound } from './protocol.ts'
import { DEFAULTS, Session } from './session.ts'
import * as traffic from './traffic.ts'

const TEXT = readFileSync(new URL('../../public/scenarios/shop.yaml', import.meta.url), 'utf8')
const ORDER: SendOrder = { from: 'pod/default/curl', to: 'http://web/', protocol: 'tcp' }
let session = new Session(traffic)

function opened(backend: 'vxlan' | 'host-gw'): Session {
  const made = new Session(traffic)
  made.answer({
    kind: 'open',
    intents: [
      { kind: 'start', options: { ...DEFAULTS, backend } },
      { kind: 'apply', files: [{ name: 'shop.yaml', text: TEXT }], ground: true },
    ],
  })
  return made
}

function sent(on: Session = session): Conversation {
  const answer = on.answer({ kind: 'send', order: ORDER }) as Sent
  if (!answer.sent) throw new Error(answer.problem.message)
  return answer.record.conversation
}

const whatIf = (instead: WhatIf, { choices }: Conversation): WhatIfFound =>
  session.answer({ kind: 'what-if', order: ORDER, picks: choices.map(({ taken }) => taken), instead }) as WhatIfFound

const kinds = ({ connections }: Conversation): readonly string[] =>
  connections.flatMap(({ packets }) => packets.flatMap(({ hops }) => hops.flatMap(({ steps }) => steps.map(({ kind }) => kind))))
const endOf = ({ connections }: Conversation): string => {
  const end = connections[0]?.packets[0]?.disposition
  return end?.kind === 'delivered' ? end.packet.ip.destination : ''
}

beforeEach(() => {
  session = opened('vxlan')
})

describe('what if', () => {
  it('flannel had another backend: as a cluster that was installed so', () => {
    const there = sent()
    const found = whatIf({ kind: 'backend', backend: 'host-gw' }, there)
    expect(found.found && endOf(found.record.conversation)).toBe(endOf(there))
    expect(kinds(there)).toContain('encapsulate')
    expect(found.found && kinds(found.record.conversation)).toEqual(kinds(sent(opened('host-gw'))))
  })

  it('another endpoint had been drawn', () => {
    const there = sent()
    const found = whatIf({ kind: 'endpoint', not: `${endOf(there)}:8080` }, there)
    expect(found.found && endOf(found.record.conversation)).toMatch(/^10\.244\./)
    expect(found.found && endOf(found.record.conversation)).not.toBe(endOf(there))
  })

  it('the last change had not been made', () => {
    expect(whatIf({ kind: 'before' }, sent())).toEqual({ found: false, why: 'no-change' })
    session.answer({ kind: 'edit', edits: [{ op: 'scale', object: 'deployment/default/web', replicas: 0 }] })
    const now = sent()
    expect(now.outcome.kind).not.toBe('answered')
    const found = whatIf({ kind: 'before' }, now)
    expect(found.found && found.record.conversation.outcome.kind).toBe('answered')
  })

  it('leaves nothing behind', () => {
    const there = sent()
    const table = () => session.answer({ kind: 'table', target: 'node/node-1', table: 'conntrack', find: '', limit: 100 })
    const before = table()
    whatIf({ kind: 'backend', backend: 'host-gw' }, there)
    expect(table()).toEqual(before)
  })
})

describe('modes of kube-proxy', () => {
  it('a request goes as it would in another one, and the cluster stays as it is', () => {
    const there = sent()
    const found = whatIf({ kind: 'mode', mode: 'ipvs' }, there)
    expect(found.found && kinds(found.record.conversation)).toContain('ipvs')
    expect(kinds(sent())).not.toContain('ipvs')
  })

  it.each(['iptables', 'ipvs', 'nftables'] as const)('chance may lead to the same end in %s mode', (mode) => {
    const there = sent()
    const end = `${endOf(there)}:8080`
    const found = whatIf({ kind: 'mode', mode, end }, there)
    expect(found.found && endOf(found.record.conversation)).toBe(endOf(there))
  })

  it.each<readonly [ModeCost['mode'], Partial<ModeCost>]>([
    ['iptables', { elements: 0, virtualServers: 0, realServers: 0 }],
    ['ipvs', { virtualServers: 3, realServers: 6 }],
    ['nftables', { virtualServers: 0 }],
  ])('%s costs what it writes', (mode, expected) => {
    const cost = session.answer({ kind: 'mode-cost', mode }) as ModeCost
    expect(cost).toMatchObject({ mode, node: 'node-1', ...expected })
    expect(cost.rules).toBeGreaterThan(10)
    expect(mode === 'iptables' || cost.elements > 3).toBe(true)
    expect(cost.changeBytes).toBeLessThan(cost.bytes)
  })

  it('an empty cluster has no node to cost anything', () => {
    const empty = new Session(traffic)
    expect(empty.answer({ kind: 'mode-cost', mode: 'ipvs' })).toBeUndefined()
  })
})
