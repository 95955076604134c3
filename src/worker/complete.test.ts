import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Completion, SendOrder } from './protocol.ts'
import { DEFAULTS, Session } from './session.ts'
import * as traffic from './traffic.ts'

const session = new Session(traffic)
const values = (text: string, protocol: SendOrder['protocol'] = 'tcp', field: 'from' | 'to' = 'to'): readonly string[] =>
  (session.answer({ kind: 'complete', field, text, protocol, limit: 12 }) as readonly Completion[]).map(({ value }) => value)

beforeAll(() => {
  const text = readFileSync(new URL('../../public/scenarios/node-port.yaml', import.meta.url), 'utf8')
  session.answer({
    kind: 'open',
    intents: [
      { kind: 'start', options: DEFAULTS },
      { kind: 'apply', files: [{ name: 'node-port.yaml', text }] },
    ],
  })
})

describe('what is typed completes to', () => {
  it.each<readonly [string, SendOrder['protocol'], RegExp]>([
    ['kubernetes', 'tcp', /^http:\/\/kubernetes\.default:443\/$/],
    ['kubernetes.default.svc', 'tcp', /^http:\/\/kubernetes\.default\.svc\.cluster\.local:443\/$/],
    ['svc.cluster.local', 'icmp', /^kubernetes\.default\.svc\.cluster\.local$/],
    ['nodeport node-2', 'tcp', /^192\.168\.1\.12:3\d{4}$/],
    ['node-3', 'icmp', /^192\.168\.1\.13$/],
    ['inet', 'icmp', /^203\.0\.113\.10$/],
  ])('%s with %s', (text, protocol, expected) => {
    expect(values(text, protocol)).toContainEqual(expect.stringMatching(expected))
  })

  it('short names before long ones', () => {
    const all = values('kubernetes')
    expect(all.findIndex((value) => value.includes('.svc.'))).toBeGreaterThan(0)
  })

  it('senders by name', () => {
    expect(values('node-', 'tcp', 'from')).toEqual(['node/node-1', 'node/node-2', 'node/node-3'])
  })
})
