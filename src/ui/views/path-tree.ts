import type { Fork, PathFound } from '../../worker/protocol.ts'

/** Paths that begin alike share a trunk. Chances are those of the whole way down to here. */
export type PathNode =
  | { readonly kind: 'end'; readonly path: PathFound }
  | { readonly kind: 'fork'; readonly why: Fork['why']; readonly branches: readonly PathBranch[] }

export interface PathBranch {
  /** Of this branch among its siblings. */
  readonly chance: number
  /** Of coming here at all. */
  readonly probability: number
  /** The chain jumped to, the address drawn; empty for a default. */
  readonly name: string
  readonly next: PathNode
}

/** Undefined when there is no path at all. */
export const treeOf = (paths: readonly PathFound[]): PathNode | undefined => node(paths, 0)

function node(paths: readonly PathFound[], depth: number): PathNode | undefined {
  const [first] = paths
  if (!first) return undefined
  const fork = first.forks[depth]
  if (!fork) return { kind: 'end', path: first }
  const groups = new Map<string, { readonly decisions: readonly Fork[]; readonly paths: PathFound[] }>()
  for (const path of paths) {
    const decisions = decisionsAt(path, depth)
    const key = decisions.map(({ taken }) => taken).join()
    const group = groups.get(key) ?? { decisions, paths: [] }
    groups.set(key, group)
    group.paths.push(path)
  }
  const branches = [...groups.values()].flatMap(({ decisions, paths: below }): PathBranch[] => {
    const next = node(below, depth + decisions.length)
    if (!next) return []
    const chance = decisions.reduce((product, { probability }) => product * probability, 1)
    return [{ chance, probability: below.reduce((sum, { probability }) => sum + probability, 0), name: nameOf(decisions), next }]
  })
  return { kind: 'fork', why: fork.why, branches }
}

/** The rules of one chain ask one after the other: together they are one fork with as many ways as there are endpoints. */
function decisionsAt({ forks }: PathFound, depth: number): readonly Fork[] {
  const [first, ...rest] = forks.slice(depth)
  if (!first) return []
  const found = [first]
  let last = first
  for (const fork of rest) {
    if (last.taken === 0 || !isNextRule(last.why, fork.why)) break
    found.push(fork)
    last = fork
  }
  return found
}

const isNextRule = (a: Fork['why'], b: Fork['why']): boolean =>
  a.kind === 'statistic' && b.kind === 'statistic' && a.netns === b.netns && a.table === b.table && a.chain === b.chain && b.index > a.index

function nameOf(decisions: readonly Fork[]): string {
  const last = decisions.at(-1)
  if (!last) return ''
  if (last.why.kind === 'address') return last.why.addresses[last.taken] ?? ''
  if (last.why.kind === 'upstream') return last.why.endpoints[last.taken] ?? ''
  if (last.why.kind === 'real-server-order') return last.why.realServers[last.taken] ?? ''
  if (last.why.kind === 'numgen') return last.why.jumps[last.taken] ?? String(last.taken)
  return last.why.kind === 'statistic' && last.taken === 0 ? (last.why.jump ?? '') : ''
}

/** Leaves from top to bottom. */
export const endsOf = (tree: PathNode): readonly PathFound[] =>
  tree.kind === 'end' ? [tree.path] : tree.branches.flatMap((branch) => endsOf(branch.next))

/** `33.3 %`; three digits, and never 0 for what can happen. */
export function percent(probability: number): string {
  const value = probability * 100
  return value > 0 && value < 0.001 ? '< 0.001 %' : `${Number(value.toPrecision(3))} %`
}
