import type { Problem } from '../../core/api/problem.ts'
import type { ConfigFile, ConfigLine, Listener } from '../../core/apps/program.ts'

/** Programs that decide where requests go, as they cross to the page: with ids of the tree in place of references. */
export interface ProgramFound {
  /** `pod/ingress/controller-1`, `external/balancer`. */
  readonly id: string
  /** `ingress-nginx`, `traefik`. */
  readonly name: string
}

/** What rows are to people, in the order in which a request meets them. */
export const ROLES = ['listeners', 'routes', 'upstreams', 'endpoints'] as const
export type Role = (typeof ROLES)[number]

export interface ProgramReport extends ProgramFound {
  readonly files: readonly ConfigFile[]
  readonly tables: readonly ProgramTable[]
  readonly listeners: readonly Listener[]
  readonly log: readonly ProgramLine[]
  /** Address to its owner. */
  readonly owners: Readonly<Record<string, string>>
  /** Of a program that its makers have given up. */
  readonly retired?: { readonly since: string; readonly successors: string }
  /** Traefik's, where it is switched on. */
  readonly dashboard?: { readonly version: 1 | 2 | 3; readonly port: number }
}

export interface ProgramTable {
  readonly id: string
  readonly role: Role
  readonly columns: readonly string[]
  /** The first of `total`. */
  readonly rows: readonly ProgramRow[]
  readonly total: number
}

export interface ProgramRow {
  readonly id: string
  readonly cells: readonly string[]
  readonly at?: ConfigLine
  readonly object?: NamedObject
  readonly next?: RowPlace
}

export interface RowPlace {
  readonly table: string
  readonly row: string
}

export interface NamedObject {
  readonly id: string
  /** `spec.rules[0].http.paths[1]`. */
  readonly field?: string
}

export interface ProgramLine {
  readonly level: 'info' | 'warning' | 'error'
  readonly text: string
  readonly object?: NamedObject
}

/** A program opened on the map: the first rows of each kind, and which lead to which. */
export interface ProgramBoard extends ProgramFound {
  readonly columns: Readonly<Record<Role, BoardColumn>>
  readonly wires: readonly BoardWire[]
}

export interface BoardColumn {
  readonly cells: readonly BoardCell[]
  readonly total: number
}

export interface BoardCell extends RowPlace {
  readonly text: string
}

/** From a cell of a column to one of the next, by index. */
export interface BoardWire {
  readonly from: Role
  readonly cell: number
  readonly to: Role
  readonly next: number
}

/** What a change of the cluster does to programs that run before and after it. */
export interface ProgramChanges {
  /** Of a change that cannot be made. */
  readonly problems: readonly Problem[]
  /** The first of `total`. */
  readonly changes: readonly ProgramChange[]
  readonly total: number
}

export interface ProgramChange {
  readonly name: string
  /** All to whom the same happens. */
  readonly ids: readonly string[]
  /** `start`: it was not there before; `stop`: it is not there any more. */
  readonly how: 'start' | 'stop' | 'reload' | 'update' | 'restart' | 'endpoints'
  readonly files: readonly ChangedFile[]
  /** What it says now, and did not say before. */
  readonly log: readonly ProgramLine[]
}

export interface ChangedFile {
  readonly name: string
  readonly before: string
  readonly after: string
}
