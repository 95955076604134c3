import { describe, expect, it } from 'vitest'
import type { TreeGroup, TreeItem } from '../../worker/protocol.ts'
import { openAtFirst, parentOf, treeRows, type TreeRow } from './tree-rows.ts'

const GROUPS: readonly TreeGroup[] = [
  { id: '/External', namespace: '', kind: 'External', count: 1 },
  { id: '/Node', namespace: '', kind: 'Node', count: 2 },
  { id: 'default/Pod', namespace: 'default', kind: 'Pod', count: 3 },
  { id: 'default/Service', namespace: 'default', kind: 'Service', count: 1 },
  { id: 'kube-system/Pod', namespace: 'kube-system', kind: 'Pod', count: 1 },
]
const leaf = (id: string): TreeItem => ({ id, name: id.slice(id.lastIndexOf('/') + 1), detail: '', state: 'none' })
const ITEMS: ReadonlyMap<string, readonly TreeItem[]> = new Map([
  ['/Node', [leaf('node/a'), leaf('node/b')]],
  ['default/Pod', [leaf('pod/default/x'), leaf('pod/default/y')]],
])

/** Indentation is depth; `+` closed, `-` open. */
function text(row: TreeRow): string {
  const indent = '  '.repeat(row.depth)
  if (row.type === 'branch') return `${indent}${row.open ? '-' : '+'} ${'key' in row.text ? row.text.key : row.text.name} ${row.count}`
  return row.type === 'leaf' ? `${indent}${row.item.name}` : `${indent}… ${row.count}`
}

describe('the tree', () => {
  it('shows what is open, and how much of it is not fetched yet', () => {
    const rows = treeRows({ groups: GROUPS, items: ITEMS, open: new Set(['/Node', 'namespace:default', 'default/Pod']) })
    expect(rows.map(text)).toEqual([
      '+ tree.outside 1',
      '- tree.nodes 2',
      '  a',
      '  b',
      '- default 4',
      '  - Pods 3',
      '    x',
      '    y',
      '    … 1',
      '  + Services 1',
      '+ kube-system 1',
    ])
  })

  it.each<readonly [TreeGroup['kind'], string]>([
    ['IngressClass', 'IngressClasses'],
    ['Endpoints', 'Endpoints'],
    ['HTTPProxy', 'HTTPProxies'],
    ['Gateway', 'Gateways'],
  ])('of %s there are %s, of the cluster as of a namespace', (kind, words) => {
    const groups: readonly TreeGroup[] = ['', 'default'].map((namespace) => ({ id: `${namespace}/${kind}`, namespace, kind, count: 1 }))
    const rows = treeRows({ groups, items: new Map(), open: new Set(['namespace:default']) })
    expect(rows.map(text)).toEqual([`+ ${words} 1`, '- default 1', `  + ${words} 1`])
  })

  it('opens what a small cluster is about, and nothing large', () => {
    expect([...openAtFirst(GROUPS)].toSorted()).toEqual(['/External', '/Node', 'default/Pod', 'default/Service', 'namespace:default'])
    const large = GROUPS.map((group) => (group.kind === 'Pod' ? { ...group, count: 10_000 } : group))
    expect(openAtFirst(large).has('default/Pod')).toBe(false)
  })

  it('knows the branch above a row', () => {
    const rows = treeRows({ groups: GROUPS, items: ITEMS, open: new Set(['/Node', 'namespace:default', 'default/Pod']) })
    expect([0, 2, 6, 5].map((index) => parentOf(rows, index))).toEqual([0, 1, 5, 4])
  })
})
