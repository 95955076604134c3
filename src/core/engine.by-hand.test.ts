import { describe, expect, it } from 'vitest'
import type { AdminChanges } from './cluster/config.ts'
import { apply, configure, edit, type Simulation, start } from './engine.ts'

const POD = 'apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: c, image: x}]}\n'
const FILES = [{ name: 'a.yaml', text: POD }]

function byHand(admin: Partial<AdminChanges>): Simulation {
  const fresh = start()
  return configure(fresh, { ...fresh.cluster.config, admin: { sysctls: {}, rules: {}, ...admin } })
}

describe('changes by hand', () => {
  it.each<readonly [string, Partial<AdminChanges>, string]>([
    ['a rule', { rules: { 'node-1': ['-A NOWHERE -j DROP'] } }, 'admin.rules.node-1[0]: '],
    ['a sysctl', { sysctls: { 'node-1': { 'net.ipv4.conf.all.rp_filter': 7 } } }, 'admin.sysctls.node-1: '],
    ['a route', { routes: { 'node-1': ['10.0.0.0/8 via 172.16.0.1'] } }, 'admin.routes.node-1[0]: '],
  ])('%s that no kernel takes is an error, and nothing is applied', (_, admin, message) => {
    const before = byHand(admin)
    const { simulation, problems, changes } = apply(before, FILES)
    expect(problems.map((each) => `${each.severity} ${each.message.slice(0, message.length)}`)).toEqual([`error ${message}`])
    expect(simulation).toBe(before)
    expect(changes).toEqual([])
  })

  it('that are fine are no problem', () => {
    const { problems } = apply(byHand({ rules: { 'node-1': ['-P FORWARD DROP'] } }), FILES)
    expect(problems).toEqual([])
  })

  it('for a node that goes are a warning, and it goes', () => {
    const { simulation } = apply(byHand({ rules: { 'node-3': ['-P FORWARD DROP'] } }), FILES)
    const gone = edit(simulation, [{ op: 'delete', kind: 'Node', namespace: '', name: 'node-3' }])
    expect(gone.problems.map(({ severity }) => severity)).toEqual(['warning'])
    expect(gone.changes).not.toEqual([])
  })
})
