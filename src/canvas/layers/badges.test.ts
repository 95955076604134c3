import { describe, expect, it } from 'vitest'
import { buildScene } from '../../scene/build.ts'
import { podName } from '../../scene/pod-names.ts'
import { smallCluster } from '../../scene/testdata/small-cluster.ts'
import { type Mark, placeBadges } from './badges.ts'

const scene = buildScene(smallCluster({ nodes: { a: 'web-1 web-2', b: 'web-3', c: '' } }))

/** `!` before an error, `?` before a warning; a node with the pods that have badges, `*` when it has one of its own. */
function placed(...marks: readonly Mark[]): readonly string[] {
  const { pods, machines } = placeBadges(scene, marks)
  const sign = (severity: Mark['severity']) => (severity === 'error' ? '!' : '?')
  return [...machines].map(([machine, { severity, count, own }]) => {
    const there = (pods.get(machine) ?? []).map((each) => sign(each.severity) + podName(scene, each.pod))
    return [sign(severity) + scene.machines.labels[machine] + (own ? '*' : ''), count, ...there].join(' ')
  })
}
const mark = (id: string, severity: Mark['severity'] = 'warning'): Mark => ({ id, severity })

describe('badges', () => {
  it.each<[string, readonly Mark[], readonly string[]]>([
    ['nothing', [], []],
    ['a pod', [mark('pod/default/web-3')], ['?b 1 ?web-3']],
    ['a node of its own', [mark('node/c', 'error')], ['!c* 1']],
    [
      'a node has the gravest of its pods',
      [mark('pod/default/web-1'), mark('pod/default/web-2', 'error'), mark('node/a')],
      ['!a* 3 ?web-1 !web-2'],
    ],
    ['what the map does not show', [mark('service/default/web', 'error'), mark('pod/default/gone')], []],
    ['a host outside', [mark('external/gate')], ['?gate* 1']],
  ])('%s', (_, marks, expected) => expect(placed(...marks)).toEqual(expected))
})
