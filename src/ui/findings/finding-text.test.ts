import { describe, expect, it } from 'vitest'
import type { Finding } from '../../core/findings/finding.ts'
import { findingText, mendText, nameOf, wrongText } from './finding-text.ts'

const object = { kind: 'Service', namespace: 'default', name: 'web' } as const
const about = (finding: Pick<Finding, 'kind' | 'params'>): Finding => ({ severity: 'warning', object, related: [], ...finding }) as Finding

describe('a finding in words', () => {
  it.each<[Pick<Finding, 'kind' | 'params'>, string]>([
    [
      { kind: 'selector-near-miss', params: { label: 'app', wants: 'wbe', has: 'web', pods: 1 } },
      'The selector wants app: wbe; with app: web it would select 1 pod.',
    ],
    [
      { kind: 'selector-near-miss', params: { label: 'app', wants: 'web', has: '', pods: 2 } },
      'But for the label app (the selector wants web) it would select 2 pods.',
    ],
    [
      { kind: 'target-port-unnamed', params: { port: 80, targetPort: 'htpp', pods: 2, of: 3, names: 'http' } },
      'Port 80 goes to a port called htpp, which 2 of 3 pods do not have. They have: http.',
    ],
    [
      { kind: 'local-policy-nodes-without-endpoint', params: { policy: 'externalTrafficPolicy', nodes: 2, of: 3 } },
      'externalTrafficPolicy is Local: 2 of 3 nodes have no endpoint and drop what comes to them.',
    ],
    [
      { kind: 'load-balancer-pending', params: { provider: 'none', why: 'class', loadBalancerClass: 'a/b' } },
      'Pending: it wants the class a/b, and nobody here is of that class.',
    ],
    [
      { kind: 'proxy-mode-deprecated', params: { mode: 'ipvs', since: '1.35', node: 'node-2' } },
      'kube-proxy on node-2 runs in ipvs mode, deprecated since Kubernetes 1.35; nftables takes its place.',
    ],
  ])('%j', (finding, text) => {
    expect(findingText(about(finding))).toBe(text)
    expect(wrongText(about(finding))).not.toContain('wrong.')
  })
})

it('a mend, and whom it is about', () => {
  const edit = { op: 'scale', object: 'deployment/default/web', replicas: 1 } as const
  expect(mendText({ kind: 'scale', params: { field: '', value: '1', what: 'web' }, edit })).toBe('Scale web to 1')
  expect(mendText({ kind: 'provider', params: { field: '', value: 'service-lb', what: '' }, edit })).toBe('Install ServiceLB')
  expect([nameOf('service/default/web'), nameOf('')]).toEqual(['web', 'the cluster'])
})
