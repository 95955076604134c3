import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { transact } from '../core/cluster/cluster.ts'
import { type Ip, ipFromNumber, ipNumber, parseIp } from '../core/net/ip.ts'
import { buildScene } from './build.ts'
import { ownerOf } from './places.ts'
import { ipv4Number, podAddress, podId, podIndex, podName } from './pod-names.ts'
import { smallCluster } from './testdata/small-cluster.ts'

describe('ipv4Number', () => {
  it('agrees with ipNumber on every address', () => {
    fc.assert(
      fc.property(fc.nat(0xffffffff), (n) => {
        expect(ipv4Number(ipFromNumber(n))).toBe(ipNumber(ipFromNumber(n)))
      }),
    )
  })

  it.each(['', '1.2.3', '1.2.3.4.5', '1.2.3.256', '1..2.3', '.1.2.3', '1.2.3.', 'fd00::1', '1.2.3.4 ', '1.2.3.0400', 'web'])(
    'refuses %j',
    (text) => expect(ipv4Number(text)).toBeUndefined(),
  )

  it('takes what the API takes', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[0-9.]{7,15}$/), (text) => {
        if (parseIp(text)) expect(ipv4Number(text)).toBe(ipNumber(text as Ip))
      }),
      { numRuns: 500 },
    )
  })
})

describe('names of pods', () => {
  const name = fc.stringMatching(/^[a-z0-9](-?[a-zé0-9]){0,11}$/)

  it('come out of the columns as they went in, and are found again', () => {
    fc.assert(
      fc.property(fc.uniqueArray(name, { minLength: 1, maxLength: 40 }), fc.nat(), (names, cut) => {
        const middle = cut % names.length
        const scene = buildScene(smallCluster({ nodes: { a: names.slice(0, middle).join(' '), b: names.slice(middle).join(' ') } }))
        expect(Array.from({ length: scene.pods.count }, (_, p) => podName(scene, p)).sort()).toEqual([...names].sort())
        for (let p = 0; p < scene.pods.count; p++) expect(podIndex(scene, podId(scene, p))).toBe(p)
        for (const id of ['pod/default/', 'pod/other/a', 'node/a', `pod/default/${names[0]}x/y`])
          expect(podIndex(scene, id)).toBeUndefined()
      }),
    )
  })

  it('are found by network namespace, whichever dash is the one between', () => {
    const scene = buildScene(smallCluster({ nodes: { a: 'web-1 p-x-y host-1=' } }))
    const who = (netns: string) => {
      const owner = ownerOf(scene, netns as never)
      return owner?.kind === 'pod' ? podId(scene, owner.pod) : owner && scene.machines.ids[owner.machine]
    }
    expect(['p-default-web-1', 'p-default-p-x-y', 'p-default-host-1', 'a', 'p-web-1', 'desk'].map(who)).toEqual([
      'pod/default/web-1',
      'pod/default/p-x-y',
      undefined,
      'node/a',
      undefined,
      'external/desk',
    ])
  })

  it('have addresses of both families, or none', () => {
    const cluster = smallCluster({ nodes: { a: 'web-1 six-1' }, pending: 'late' })
    const six = cluster.objects.Pod.get('default')?.get('six-1')
    const scene = buildScene(transact(cluster, six ? [{ op: 'put', object: { ...six, status: { ...six.status, podIP: 'fd00::7' } } }] : []))
    const address = (id: string) => podAddress(scene, podIndex(scene, id) ?? -1)
    expect(['web-1', 'six-1', 'late'].map((each) => address(`pod/default/${each}`))).toEqual(['10.244.0.2', 'fd00::7', ''])
  })
})
