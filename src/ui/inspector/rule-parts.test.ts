import { describe, expect, it } from 'vitest'
import { nftParts, ruleParts } from './rule-parts.ts'

it.each([
  ['-A INPUT -i lo -j ACCEPT', 'INPUT', '-i lo', '-j ACCEPT'],
  ['-A KUBE-SVC-A -m comment --comment "to -j DROP" -j KUBE-SEP-B', 'KUBE-SVC-A', '-m comment --comment "to -j DROP"', '-j KUBE-SEP-B'],
  ['-A C -m comment --comment "a \\" -j X" -g D', 'C', '-m comment --comment "a \\" -j X"', '-g D'],
  ['-A C -j DNAT --to-destination 10.0.0.1:80', 'C', '', '-j DNAT --to-destination 10.0.0.1:80'],
  ['-A C -p tcp', 'C', '-p tcp', ''],
  ['-P FORWARD DROP', 'FORWARD', '', '-P DROP'],
])('%s', (text, chain, match, action) => {
  expect(ruleParts(text)).toEqual({ chain, match, action })
})

describe('a rule of nft', () => {
  it.each<readonly [string, string, string]>([
    ['ip daddr . meta l4proto . th dport vmap @service-ips', 'ip daddr . meta l4proto . th dport', 'vmap @service-ips'],
    ['ip saddr != 10.244.0.0/16 jump mark-for-masquerade', 'ip saddr != 10.244.0.0/16', 'jump mark-for-masquerade'],
    ['numgen random mod 2 vmap { 0 : goto a, 1 : goto b }', 'numgen random mod 2', 'vmap { 0 : goto a, 1 : goto b }'],
    ['meta l4proto tcp dnat to 10.244.1.2:80', 'meta l4proto tcp', 'dnat to 10.244.1.2:80'],
    ['ct state new jump services comment "a drop of it"', 'ct state new', 'jump services'],
    ['update @affinity-x { ip saddr }', '', 'update @affinity-x { ip saddr }'],
    ['meta mark set meta mark or 0x4000', '', 'meta mark set meta mark or 0x4000'],
    ['masquerade fully-random', '', 'masquerade fully-random'],
    ['policy accept', '', 'policy accept'],
    ['reject', '', 'reject'],
    ['tcp flags syn', 'tcp flags syn', ''],
  ])('%s', (text, match, action) => {
    expect(nftParts(text)).toEqual({ match, action })
  })
})
