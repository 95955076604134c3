import { describe, expect, test } from 'vitest'
import { apply, configure, start } from './control-plane.ts'
import type { ProxyMode } from './cluster/config.ts'
import { FRESH, type Runtime } from './kernel/runtime.ts'
import type { NetnsId } from './kernel/interface.ts'
import type { IpvsState } from './kernel/ipvs/state.ts'
import type { Ip } from './net/ip.ts'

const NO_IPVS_STATE: IpvsState = { connections: new Map(), services: new Map() }
const A = 'node-1' as NetnsId
const B = 'node-2' as NetnsId
const LEFT: Runtime = {
  ...FRESH,
  conntrack: new Map([[A, new Map()]]),
  recent: new Map([
    [`${A} KUBE-SEP-X`, new Map([['10.0.0.1' as Ip, [1]]])],
    [`${A} by-hand`, new Map()],
    [`${B} KUBE-SEP-X`, new Map()],
  ]),
  nftSets: new Map([
    [`${A} ip kube-proxy affinity-x`, new Map()],
    [`${A} inet own seen`, new Map()],
  ]),
  ipvs: new Map([
    [A, NO_IPVS_STATE],
    [B, NO_IPVS_STATE],
  ]),
}

const switched = (from: ProxyMode, to: ProxyMode): Runtime => {
  const { simulation } = apply(start({ mode: from }), [], { nodes: 2 })
  const { config } = simulation.cluster
  return configure({ ...simulation, runtime: LEFT }, { ...config, proxy: { ...config.proxy, nodeModes: { [A]: to } } }).runtime
}

describe('a kube-proxy that starts again in another mode', () => {
  const CASES: readonly [from: ProxyMode, to: ProxyMode, what: 'recent' | 'nftSets' | 'ipvs', kept: readonly string[]][] = [
    ['iptables', 'ipvs', 'recent', [`${A} by-hand`, `${B} KUBE-SEP-X`]],
    ['ipvs', 'iptables', 'ipvs', [B]],
    ['nftables', 'iptables', 'nftSets', [`${A} inet own seen`]],
  ]
  test.each(CASES)('%s to %s: %s', (from, to, what, kept) => {
    const runtime = switched(from, to)
    expect([...runtime[what].keys()]).toEqual(kept)
    expect(runtime.conntrack).toBe(LEFT.conntrack)
  })

  test('the same mode forgets nothing', () => expect(switched('ipvs', 'ipvs')).toBe(LEFT))
})
