import { describe, expect, it } from 'vitest'
import { conditionText, parseCondition } from './condition.ts'

describe('conditions', () => {
  it.each([
    'device cni0',
    'hook PREROUTING',
    'chain KUBE-SERVICES',
    'chain nat POSTROUTING',
    'rule nat -A KUBE-SERVICES -d 10.96.0.10/32 -m comment --comment "a b" -j KUBE-SVC-A',
    'step route',
    'ip.src changes',
    'ip.ttl < 62',
    'ip.dst == 10.96.0.0/12',
    'mark != 0',
    'mark == 0x4000',
    'tcp.flags == SA',
    'drop',
    'in node/node-1',
    'in node/node-1 hook FORWARD',
    'in pod/default/web-1 device eth0',
  ])('%s is written as it is read', (text) => {
    const condition = parseCondition(text)
    expect(condition && conditionText(condition)).toBe(text)
  })

  it.each([
    ['  TTL<62 ', 'ip.ttl < 62'],
    ['source changes', 'ip.src changes'],
    ['mark set', 'mark != 0'],
    ['vxlan.vni = 1', 'vni == 1'],
    ['IN node/a  DROP', 'in node/a drop'],
    ['hook prerouting', 'hook PREROUTING'],
  ])('%s is understood as %s', (text, meant) => {
    const condition = parseCondition(text)
    expect(condition && conditionText(condition)).toBe(meant)
  })

  it.each([
    '',
    'in',
    'in node-1',
    'in node/a in node/b',
    'device',
    'device a b',
    'hook NOWHERE',
    'chain a b c',
    'rule nat',
    'rule KUBE-SERVICES',
    'step fly',
    'step constructor',
    'ip.src < 10.0.0.1',
    'ip.src == web',
    'ip.src set',
    'ttl < low',
    'ttl',
    'toString changes',
    'drop it',
  ])('%j is refused', (text) => expect(parseCondition(text)).toBeUndefined())
})
