import { expect, test } from 'vitest'
import type { Node } from '../api/node.ts'
import { defaultConfig } from '../cluster/config.ts'
import { printCidr } from '../net/cidr.ts'
import { flannelChains, overlay } from './flannel.ts'
import { nodeFacts, stackOf } from './node-facts.ts'

const node = (name: string, podCIDR: string | undefined, ip: string | undefined): Node => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name },
  spec: podCIDR === undefined ? {} : { podCIDR },
  status: ip === undefined ? {} : { addresses: [{ type: 'InternalIP', address: ip }] },
})
const nodes = [
  node('a', '10.244.0.0/24', '192.168.1.11'),
  node('b', '10.244.16.0/20', '192.168.1.12'),
  node('c', undefined, '192.168.1.13'),
  node('d', '10.244.3.0/24', undefined),
]
const of = (backend: 'vxlan' | 'host-gw', name: string) =>
  overlay(
    { ...defaultConfig('kubeadm'), flannel: { backend } },
    { ...stackOf(nodeFacts(nodes.find(({ metadata }) => metadata.name === name) as Node), 'IPv4'), name },
    nodes,
    1500,
    3,
  )

test('vxlan: an onlink route, a neighbour and an fdb entry for each other node', () => {
  const { device, routes, neighbours } = of('vxlan', 'a')
  expect(routes.map((r) => `${printCidr(r.destination)} via ${r.via} dev ${r.dev} ${r.onlink ? 'onlink' : ''}`)).toEqual([
    '10.244.16.0/20 via 10.244.16.0 dev flannel.1 onlink',
  ])
  expect(neighbours.map((n) => `${n.ip} ${n.mac} ${n.origin.object}`)).toEqual(['10.244.16.0 0e:f1:0a:f4:10:00 Node/b'])
  expect(device).toMatchObject({
    name: 'flannel.1',
    index: 3,
    mac: '0e:f1:0a:f4:00:00',
    mtu: 1450,
    vni: 1,
    port: 8472,
    local: '192.168.1.11',
    learning: false,
  })
  expect(device?.kind === 'vxlan' && device.fdb.map(({ mac, remote }) => `${mac} ${remote}`)).toEqual(['0e:f1:0a:f4:10:00 192.168.1.12'])
})

test('host-gw: a route via each other node', () => {
  const { device, routes, neighbours } = of('host-gw', 'b')
  expect(routes.map((r) => `${printCidr(r.destination)} via ${r.via} dev ${r.dev}`)).toEqual(['10.244.0.0/24 via 192.168.1.11 dev eth0'])
  expect([device, neighbours]).toEqual([undefined, []])
})

test.each(['c', 'd'])('a node without pod network or address has none of it: %s', (name) =>
  expect(of('vxlan', name)).toEqual({ routes: [], neighbours: [] }),
)

test('rules name the cluster and the node', () => {
  const pods = nodeFacts(nodes[1] as Node).pods
  const lines = pods && Object.values(flannelChains('10.244.0.0/16', pods).nat ?? {}).flat()
  expect(lines?.map(({ text }) => text.replace('-A FLANNEL-POSTRTG ', '').replace('-m comment --comment "flanneld masq" ', ''))).toEqual([
    '-m mark --mark 0x4000/0x4000 -j RETURN',
    '-s 10.244.16.0/20 -d 10.244.0.0/16 -j RETURN',
    '-s 10.244.0.0/16 -d 10.244.16.0/20 -j RETURN',
    '! -s 10.244.0.0/16 -d 10.244.16.0/20 -j RETURN',
    '-s 10.244.0.0/16 ! -d 224.0.0.0/4 -j MASQUERADE --random-fully',
    '! -s 10.244.0.0/16 -d 10.244.0.0/16 -j MASQUERADE --random-fully',
  ])
})
