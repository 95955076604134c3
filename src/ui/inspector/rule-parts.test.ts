import { expect, it } from 'vitest'
import { ruleParts } from './rule-parts.ts'

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
