import type { ProxyMode } from '../../core/cluster/config.ts'
import type { Origin } from '../../core/kernel/origin.ts'
import type { Program } from '../../core/walk/listing.ts'
import type { LookupRow, LookupTable } from '../../core/walk/lookup-rows.ts'

/** What kernels look things up in, as it crosses to the page. */
export type TableKind = LookupTable

/** Not `complete` when there are more rows than were asked for. */
export interface TableRows {
  readonly netns: string
  readonly rows: readonly TableRow[]
  readonly complete: boolean
  /** Address to its owner. */
  readonly owners: Readonly<Record<string, string>>
}

export type TableRow = LookupRow

export interface Listing {
  /** Those that have something to print there. */
  readonly programs: readonly Program[]
  /** Absent where none has. */
  readonly program?: Program
  readonly lines: readonly string[]
  /** Of all lines that hold the words. */
  readonly total: number
}

/** Rules of one node; `more` were found than are listed. Not `complete` when there were too many to look at. */
export interface Because {
  readonly node: string
  readonly rules: readonly BecauseRule[]
  readonly more: number
  readonly complete: boolean
}

export interface BecauseRule {
  readonly table: TableKind
  /** As rows of that table have them. */
  readonly cells: readonly string[]
  readonly origin?: Origin
}

/** What a mode of kube-proxy costs on one node at the cluster's size. Times are those of this machine, for making the text. */
export interface ModeCost {
  readonly mode: ProxyMode
  readonly node: string
  readonly rules: number
  /** Of sets and maps. */
  readonly elements: number
  readonly virtualServers: number
  readonly realServers: number
  readonly bytes: number
  /** From objects that nothing is known of yet. */
  readonly firstMs: number
  /** After one endpoint went; absent where there is none. */
  readonly changeMs?: number
  readonly changeBytes?: number
}
