import { describe, expect, it } from 'vitest'
import type { ApiObject } from '../../core/api/object.ts'
import type { Pod } from '../../core/api/pod.ts'
import { PROBES_EACH, fuzzScenario, fuzzScenarios } from './scenario.ts'

const SEEDS = Array.from({ length: 60 }, (_, seed) => seed)
const scenarios = SEEDS.map((seed) => fuzzScenario(`fuzz-test-${seed}`, PROBES_EACH))

describe('random scenarios', () => {
  it('are the same for the same seed, and others for another', () => {
    expect(fuzzScenarios(7, 45)).toEqual(fuzzScenarios(7, 45))
    expect(fuzzScenarios(7, 1)[0]?.objects).not.toEqual(fuzzScenarios(8, 1)[0]?.objects)
  })

  it.each([
    [1, [1]],
    [20, [20]],
    [21, [20, 1]],
    [45, [20, 20, 5]],
  ])('hold %i probes in all', (count, each) => expect(fuzzScenarios(3, count).map(({ probes }) => probes.length)).toEqual(each))

  it('of one run differ in more than their name', () => {
    const [a, b] = fuzzScenarios(3, 40)
    expect(a?.probes.map(({ to }) => to)).not.toEqual(b?.probes.map(({ to }) => to))
  })

  it('give each address, name and node port to one owner', () => {
    for (const { objects, name } of scenarios) {
      const pods = objects.items.filter(isPod)
      const own = pods.filter(({ spec }) => !spec.hostNetwork).map(({ status }) => status.podIP)
      expect(new Set(own).size, name).toBe(own.length)
      const names = objects.items.map((each) => `${each.kind} ${each.metadata.namespace} ${each.metadata.name}`)
      expect(new Set(names).size, name).toBe(names.length)
      // Network namespaces are called after pods; interface names on the switch have room for twelve characters.
      const namespaces = pods.map(({ metadata }) => `p-${metadata.namespace}-${metadata.name}`)
      expect(namespaces.filter((each) => each.length > 48)).toEqual([])
    }
  })

  it('give no two listeners of one namespace the same port', () => {
    for (const { objects, name } of scenarios) {
      const sockets = objects.items.filter(isPod).flatMap(({ metadata, spec }) => {
        const netns = spec.hostNetwork ? spec.nodeName : `${metadata.namespace}/${metadata.name}`
        return spec.containers.flatMap(({ ports = [] }) =>
          ports.map(({ containerPort, protocol }) => `${netns} ${protocol} ${containerPort}`),
        )
      })
      expect(new Set(sockets).size, name).toBe(sockets.length)
    }
  })

  it('use no address twice that nobody has: a failed neighbour entry would outlive its probe', () => {
    for (const { probes, name } of scenarios) {
      const unowned = probes.filter(({ timeout }) => timeout > 3).map(({ to }) => to.split(':')[0])
      expect(new Set(unowned).size, name).toBe(unowned.length)
    }
  })

  it('reach every feature', () => {
    const all = JSON.stringify(scenarios)
    const words = [
      'NodePort',
      'LoadBalancer',
      'ExternalName',
      'externalIPs',
      'loadBalancerSourceRanges',
      'healthCheckNodePort',
      'ClientIP',
      'forZones',
      'deletionTimestamp',
    ]
    const more = [
      'notReadyAddresses',
      'masqueradeAll',
      'nodePortAddresses',
      'hostNetwork',
      'host-gw',
      'vxlan',
      'k3s',
      'icmp',
      'udp',
      '"ttl"',
      '"df"',
      'hairpinMode',
      'rp_filter',
    ]
    expect([...words, ...more].filter((word) => !all.includes(word))).toEqual([])
  })
})

const isPod = (object: ApiObject): object is Pod => object.kind === 'Pod'
