import type { Problem } from '../../core/api/problem.ts'
import type { ProgramBoard, Role } from '../../scene/program-board.ts'
import type { ConfigFile, ConfigLine, Listener } from '../../core/apps/program.ts'

export type { ProgramBoard, Role }

/** Programs that decide where requests go, as they cross to the page: with ids of the tree in place of references. */
export interface ProgramFound {
  /** `pod/ingress/controller-1`, `external/balancer`. */
  readonly id: string
  /** `ingress-nginx`, `traefik`. */
  readonly name: string
}

export interface ProgramReport extends ProgramFound {
  readonly files: readonly ConfigFile[]
  readonly tables: readonly ProgramTable[]
  readonly listeners: readonly Listener[]
  readonly log: readonly ProgramLine[]
  /** Address to its owner. */
  readonly owners: Readonly<Record<string, string>>
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
