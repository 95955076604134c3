import { describe, expect, it } from 'vitest'
import { conditionsIn, without } from './conditions.ts'
import { parseFilter } from './filter.ts'

describe('values as conditions', () => {
  it.each<readonly [string, string | undefined, readonly string[]]>([
    ['10.244.1.2', undefined, ['ip.addr == 10.244.1.2']],
    ['10.244.1.0/24', undefined, ['ip.addr == 10.244.1.0/24']],
    ['via 10.244.1.1 dev cni0', undefined, ['ip.addr == 10.244.1.1', 'dev == cni0']],
    ['10.0.0.1:80 → 10.0.0.2:4000', undefined, ['ip.addr == 10.0.0.1', 'ip.addr == 10.0.0.2', 'port == 80', 'port == 4000']],
    ['flannel.1', 'dev', ['dev == flannel.1']],
    ['0a:58:0a:f4:01:02', undefined, ['eth.addr == 0a:58:0a:f4:01:02']],
    [
      '-A KUBE-SERVICES -d 10.96.0.1/32 -p tcp --dport 443 -j KUBE-SVC-X',
      undefined,
      ['ip.addr == 10.96.0.1/32', 'port == 443', 'chain == KUBE-SVC-X', 'chain == KUBE-SERVICES'],
    ],
    ['via fd00:10:244::1 dev cni0', undefined, ['ipv6.addr == fd00:10:244::1', 'dev == cni0']],
    ['[fd00::2]:8080', undefined, ['ipv6.addr == fd00::2', 'port == 8080']],
    ['fd00:10:96::/112', undefined, ['ipv6.addr == fd00:10:96::/112']],
    ['::/0', undefined, []],
    ['tcp', undefined, ['tcp']],
    ['default', undefined, []],
    ['', 'dev', []],
  ])('%s', (text, field, expected) => {
    expect(conditionsIn(text, field)).toEqual(expected)
    for (const condition of expected) {
      expect(parseFilter(condition)).toMatchObject({ ok: true })
      expect(parseFilter(without(condition))).toMatchObject({ ok: true, filter: { kind: 'not' } })
    }
  })
})
