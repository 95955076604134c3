import { DEFAULT_SITE } from '../../core/cluster/site.ts'
import { type SavedTables, compactFdb, compactNft, compactNeigh, compactProbe, compactRoutes, compactTables } from './compact.ts'
import { compactServices, compactSets } from './compact-ipvs.ts'
import type { GoldenProbe, Picks, Scenario } from './format.ts'
import { namedPorts } from './named-ports.ts'

/** One recorded scenario as the tests keep it: the input, what chance decided, and the answers as text. */
export interface Recording {
  readonly scenario: Scenario
  readonly picks: Picks
  readonly probes: Readonly<Record<string, readonly string[]>>
  readonly nodes: Readonly<Record<string, RecordedNode>>
}

export interface RecordedNode {
  /** Chains that are not the same as on the first node; `null` for one that it lacks. The first node has them all. */
  readonly tables: Readonly<Record<string, readonly string[] | null>>
  readonly routes: readonly string[]
  /** Absent without IPv6. */
  readonly routes6?: readonly string[]
  readonly fdb: readonly string[]
  readonly neigh: readonly string[]
}

/** Texts of a node's dumps, by file. */
export interface NodeDumps {
  /** By family: a cluster may have but one. */
  readonly save?: string
  readonly save6?: string
  /** In nftables mode. */
  readonly nft?: string
  readonly nft6?: string
  /** In IPVS mode: `ipvsadm -Ln` and `ipset save`. */
  readonly ipvs?: string
  readonly sets?: string
  readonly routes: string
  readonly routes6?: string
  readonly fdb: string
  readonly neigh: string
}

/** Makes a recording, from a golden's files or from what the simulator wrote: the two are equal when the simulator is exact. */
export function recordingOf(
  scenario: Scenario,
  picks: Picks,
  probes: readonly GoldenProbe[],
  dumps: ReadonlyMap<string, NodeDumps>,
): Recording {
  return {
    scenario,
    picks,
    probes: answersOf(scenario, probes, new Map([...dumps].map(([node, one]) => [node, allTables(one)]))),
    nodes: nodesOf(dumps),
  }
}

/** Probes as text, their rules named by place in `tables`. */
export function answersOf(
  scenario: Scenario,
  probes: readonly GoldenProbe[],
  tables: ReadonlyMap<string, SavedTables>,
): Recording['probes'] {
  const named = namedPorts(scenario, DEFAULT_SITE)
  return Object.fromEntries(probes.map((probe) => [probe.probe, compactProbe(probe, tables, named)]))
}

const allTables = ({ save, save6, nft, nft6, ipvs, sets }: Omit<NodeDumps, 'routes' | 'routes6' | 'fdb' | 'neigh'>): SavedTables => ({
  ...(save !== undefined && compactTables(save)),
  ...(save6 !== undefined && ofIpv6(compactTables(save6))),
  ...(nft !== undefined && compactNft(nft)),
  ...(nft6 !== undefined && compactNft(nft6)),
  ...(ipvs !== undefined && compactServices(ipvs)),
  ...(sets !== undefined && compactSets(sets)),
})

/** The tables of both families have the same names. */
const ofIpv6 = (tables: SavedTables): SavedTables =>
  Object.fromEntries(Object.entries(tables).map(([name, rules]) => [`ip6 ${name}`, rules]))

/** Nodes by name, the first of them with all its tables. */
export function nodesOf(dumps: ReadonlyMap<string, NodeDumps>): Recording['nodes'] {
  const sorted = [...dumps].sort(([a], [b]) => (a < b ? -1 : 1))
  const [first] = sorted.map(([, one]) => allTables(one))
  return Object.fromEntries(
    sorted.map(([node, { routes, routes6, fdb, neigh, ...rules }], index) => [
      node,
      {
        tables: index === 0 || !first ? allTables(rules) : differences(allTables(rules), first),
        routes: compactRoutes(JSON.parse(routes)),
        ...(routes6 !== undefined && { routes6: compactRoutes(JSON.parse(routes6)) }),
        fdb: compactFdb(JSON.parse(fdb)),
        neigh: compactNeigh(JSON.parse(neigh)),
      },
    ]),
  )
}

function differences(tables: SavedTables, first: SavedTables): RecordedNode['tables'] {
  const own = Object.entries(tables).filter(([name, rules]) => JSON.stringify(rules) !== JSON.stringify(first[name]))
  const missing = Object.keys(first).filter((name) => !(name in tables))
  return Object.fromEntries([...own, ...missing.map((name) => [name, null] as const)])
}

/** The complete tables of each node of a recording. */
export function tablesOf({ nodes }: Recording): Map<string, SavedTables> {
  const first = Object.values(nodes)[0]?.tables ?? {}
  return new Map(
    Object.entries(nodes).map(([node, { tables }]) => {
      const merged = { ...first, ...tables }
      return [node, Object.fromEntries(Object.entries(merged).filter((entry): entry is [string, readonly string[]] => entry[1] !== null))]
    }),
  )
}
