/**
 * An Exact path in an Ingress that never gets a request, because Traefik goes by the length of rules: PathPrefix("/a") is longer than Path("/a") and comes first. Read off the routers as they
 * run; only rules of a host and a path are judged, which is what Ingresses become.
 */
import type { MatchRow, MatchTable } from '../apps/program.ts'
import { routerAnnotations } from '../apps/traefik/annotations.ts'
import { type Cluster, get } from '../cluster/cluster.ts'
import { type Finding, finding } from '../findings/finding.ts'

const RULE = /^(?:(Host\("[^"\\]*"\)) && )?(Path|PathPrefix)\("([^"\\]*)"\)$/

interface Read {
  readonly row: MatchRow
  /** Absent: all of them. */
  readonly host: string | undefined
  readonly matcher: string
  readonly path: string
  readonly entryPoints: readonly string[]
  readonly tls: boolean
}

/** `routers`: in the order in which they are asked. */
export function unreachedPaths(cluster: Cluster, { columns, rows }: MatchTable): readonly Finding[] {
  const [priority, rule, entryPoints] = ['priority', 'rule', 'entrypoints'].map((name) => columns.indexOf(name))
  const cell = ({ cells }: MatchRow, at = -1): string => cells[at] ?? ''
  const before = new Map<string | undefined, Read[]>()
  const found: Finding[] = []
  for (const row of rows) {
    const read = readRow(cluster, row, cell(row, rule), cell(row, entryPoints))
    if (!read) continue
    const { object, next } = row
    const by = read.matcher === 'Path' ? firstThatTakesAll(before, read) : undefined
    if (by?.row.object && object && by.row.next?.row !== next?.row) {
      const params = { rule: cell(row, rule), priority: cell(row, priority), by: cell(by.row, rule), before: cell(by.row, priority) }
      const [own, other] = [object, by.row.object].map(({ namespace = '', name }) => ({ kind: 'Ingress' as const, namespace, name }))
      const apart = other && (other.name !== object.name || other.namespace !== object.namespace)
      if (own)
        found.push(
          finding('ingress-path-unreached', 'warning', own, params, {
            ...(object.field !== undefined && { field: object.field }),
            ...(apart && { related: [other] }),
          }),
        )
    }
    if (read.matcher === 'PathPrefix') {
      const same = before.get(read.host)
      if (same) same.push(read)
      else before.set(read.host, [read])
    }
  }
  return found
}

function readRow(cluster: Cluster, row: MatchRow, rule: string, entryPoints: string): Read | undefined {
  const { object } = row
  const ingress = object?.kind === 'Ingress' ? get(cluster, 'Ingress', object.namespace ?? '', object.name) : undefined
  const [, host, matcher, path] = RULE.exec(rule) ?? []
  if (!ingress || matcher === undefined || path === undefined) return undefined
  return { row, host, matcher, path, entryPoints: entryPoints.split(' '), tls: routerAnnotations(ingress.metadata.annotations).tls }
}

/** By host, as there may be thousands of them. */
function firstThatTakesAll(before: ReadonlyMap<string | undefined, readonly Read[]>, read: Read): Read | undefined {
  const found = before.get(read.host)?.find((each) => takesAll(each, read))
  return found ?? (read.host === undefined ? undefined : before.get(undefined)?.find((each) => takesAll(each, read)))
}

const takesAll = (one: Read, other: Read): boolean =>
  other.path.startsWith(one.path) && one.tls === other.tls && other.entryPoints.every((name) => one.entryPoints.includes(name))
