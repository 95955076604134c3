import { describe, expect, test } from 'vitest'
import type { ClusterEdit, SentRecord, Setting } from './protocol.ts'
import { Session } from './session.ts'
import * as traffic from './traffic.ts'

const WEB = `
apiVersion: v1
kind: Pod
metadata: { name: web, labels: { app: web } }
spec: { nodeName: node-2, containers: [{ name: web, image: web, ports: [{ containerPort: 80 }] }] }
---
apiVersion: v1
kind: Pod
metadata: { name: client }
spec: { nodeName: node-1, containers: [{ name: sh, image: sh }] }
---
apiVersion: v1
kind: Service
metadata: { name: web }
spec: { selector: { app: web }, ports: [{ port: 80 }], sessionAffinity: ClientIP }
`

function session(): Session {
  const made = new Session(traffic)
  made.answer({ kind: 'open', intents: [{ kind: 'apply', files: [{ name: 'web.yaml', text: WEB }] }] })
  return made
}

const set = (to: Session, setting: Setting) => to.answer({ kind: 'edit', edits: [{ op: 'configure', setting }] }) as { accepted: boolean }

/** Kinds of what turned the request into one for a pod on its first node. */
function doneBy(to: Session): readonly string[] {
  const answer = to.answer({ kind: 'send', order: { from: 'pod/default/client', to: 'http://web.default/', protocol: 'tcp' } })
  const { conversation } = (answer as { record: SentRecord }).record
  const steps = conversation.connections.flatMap(({ packets }) => packets[0]?.hops.flatMap(({ steps: all }) => all) ?? [])
  return [
    ...new Set(steps.flatMap((step) => (step.kind === 'ipvs' ? ['ipvs'] : step.kind === 'chain' ? [`${step.family} ${step.table}`] : []))),
  ]
}

describe('modes of a running cluster', () => {
  test('all nodes, one node, and back', () => {
    const s = session()
    expect(doneBy(s)).toContain('ip nat')
    set(s, { name: 'mode', value: 'ipvs' })
    expect(doneBy(s)).toContain('ipvs')
    set(s, { name: 'nodeMode', node: 'node-1', value: 'nftables' })
    expect(doneBy(s)).toContain('ip kube-proxy')
    s.answer({ kind: 'undo' })
    expect(doneBy(s)).toContain('ipvs')
    set(s, { name: 'mode', value: 'iptables' })
    expect(doneBy(s)).not.toContain('ipvs')
  })

  test('deeds have names', () => {
    const s = session()
    set(s, { name: 'nodeMode', node: 'node-2', value: 'ipvs' })
    set(s, { name: 'masqueradeAll', value: true })
    const { past } = s.answer({ kind: 'history' }) as { past: readonly object[] }
    expect(past.slice(0, 2)).toEqual([
      { kind: 'setting', what: 'masqueradeAll', others: 0, to: 'true' },
      { kind: 'nodeMode', what: 'node-2', others: 0, to: 'ipvs' },
    ])
  })

  const REFUSED: readonly [Setting, string][] = [
    [{ name: 'nodeMode', node: 'nobody', value: 'ipvs' }, 'nodes "nobody" not found'],
    [{ name: 'nodePortAddresses', value: ['10.0.0.0/40'] }, 'nodePortAddresses: Invalid value: "10.0.0.0/40": must be a valid CIDR'],
  ]
  test.each(REFUSED)('%o is refused', (setting, message) => {
    expect(set(session(), setting)).toMatchObject({ accepted: false, problems: [{ message }] })
  })

  test('what the former mode kept is gone, conntrack stays', () => {
    const s = session()
    const rows = (table: 'conntrack') =>
      (s.answer({ kind: 'table', target: 'node/node-1', table, find: '', limit: 100 }) as { rows: readonly unknown[] }).rows.length
    doneBy(s)
    const before = rows('conntrack')
    expect(before).toBeGreaterThan(0)
    set(s, { name: 'mode', value: 'nftables' })
    expect(rows('conntrack')).toBe(before)
  })

  test('a change that cannot be is none', () => {
    const s = session()
    const edits: readonly ClusterEdit[] = [
      { op: 'configure', setting: { name: 'mode', value: 'ipvs' } },
      { op: 'configure', setting: { name: 'nodeMode', node: 'nobody', value: 'iptables' } },
    ]
    expect(s.answer({ kind: 'edit', edits })).toMatchObject({ accepted: false })
    expect(doneBy(s)).not.toContain('ipvs')
  })
})
