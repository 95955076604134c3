import type { TreeGroup, TreeItem } from '../../worker/protocol.ts'

/** One visible line of the tree. Branches are namespaces and kinds; leaves are objects. */
export type TreeRow =
  | {
      readonly type: 'branch'
      readonly id: string
      readonly depth: number
      readonly text: BranchText
      readonly count: number
      readonly open: boolean
      readonly group?: string
    }
  | { readonly type: 'leaf'; readonly id: string; readonly depth: number; readonly item: TreeItem }
  | { readonly type: 'more'; readonly id: string; readonly depth: number; readonly count: number; readonly group: string }

/** Words of the interface by key, words of the cluster as they are. */
export type BranchText = { readonly key: 'tree.outside' | 'tree.nodes' } | { readonly name: string }

/** How many objects of a group are fetched at once. */
export const PAGE = 500

export interface TreeShape {
  readonly groups: readonly TreeGroup[]
  /** Open branches by id. */
  readonly open: ReadonlySet<string>
  /** Objects of open groups, as far as they are known. */
  readonly items: ReadonlyMap<string, readonly TreeItem[]>
}

export function treeRows(shape: TreeShape): readonly TreeRow[] {
  const rows: TreeRow[] = []
  const byNamespace = new Map<string, TreeGroup[]>()
  for (const group of shape.groups) {
    if (group.namespace !== '') byNamespace.set(group.namespace, [...(byNamespace.get(group.namespace) ?? []), group])
  }
  for (const group of shape.groups.filter((g) => g.namespace === '')) {
    pushGroup(rows, shape, group, 0, OWN_WORDS[group.kind] ?? { name: plural(group.kind) })
  }
  for (const [namespace, groups] of byNamespace) {
    const id = `namespace:${namespace}`
    const open = shape.open.has(id)
    rows.push({ type: 'branch', id, depth: 0, text: { name: namespace }, count: groups.reduce((sum, group) => sum + group.count, 0), open })
    if (open) for (const group of groups) pushGroup(rows, shape, group, 1, { name: plural(group.kind) })
  }
  return rows
}

function pushGroup(rows: TreeRow[], shape: TreeShape, group: TreeGroup, depth: number, text: BranchText): void {
  const open = shape.open.has(group.id)
  rows.push({ type: 'branch', id: group.id, depth, text, count: group.count, open, group: group.id })
  if (!open) return
  const items = shape.items.get(group.id) ?? []
  for (const item of items) rows.push({ type: 'leaf', id: item.id, depth: depth + 1, item })
  if (items.length > 0 && items.length < group.count)
    rows.push({ type: 'more', id: `${group.id}:more`, depth: depth + 1, count: group.count - items.length, group: group.id })
}

const OWN_WORDS: Readonly<Record<string, BranchText>> = { External: { key: 'tree.outside' }, Node: { key: 'tree.nodes' } }

/** Kinds in kubectl's plural: the API's own words, the same in every language. */
function plural(kind: string): string {
  if (/(ss|x)$/.test(kind)) return `${kind}es`
  if (/[^aeiou]y$/.test(kind)) return `${kind.slice(0, -1)}ies`
  return kind.endsWith('s') ? kind : `${kind}s`
}

/** Open at first: what a small cluster is about. Large groups wait to be opened. */
export function openAtFirst(groups: readonly TreeGroup[]): ReadonlySet<string> {
  const open = new Set<string>()
  const first = groups.find((group) => group.namespace !== '')?.namespace
  if (first !== undefined) open.add(`namespace:${first}`)
  for (const group of groups) {
    const shown =
      group.kind === 'Node' ||
      group.kind === 'External' ||
      (group.namespace === first && (group.kind === 'Pod' || group.kind === 'Service'))
    if (shown && group.count <= 40) open.add(group.id)
  }
  return open
}

/** Where the row above a level stands: what ← goes to. */
export function parentOf(rows: readonly TreeRow[], index: number): number {
  const depth = rows[index]?.depth ?? 0
  for (let i = index - 1; i >= 0; i--) if ((rows[i]?.depth ?? 0) < depth) return i
  return index
}
