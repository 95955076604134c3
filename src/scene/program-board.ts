/** A program that routes requests, opened on the map: the first rows of each kind, in the order in which a request meets them, and which lead to which. */
export const ROLES = ['listeners', 'routes', 'upstreams', 'endpoints'] as const
export type Role = (typeof ROLES)[number]

export interface ProgramBoard {
  /** `pod/ingress/controller-1`, `external/balancer`. */
  readonly id: string
  /** `ingress-nginx`, `traefik`. */
  readonly name: string
  readonly columns: Readonly<Record<Role, BoardColumn>>
  /** Which kind of rows each table has, also of those that no cell is from. */
  readonly tables: Readonly<Record<string, Role>>
  readonly wires: readonly BoardWire[]
}

export interface BoardColumn {
  readonly cells: readonly BoardCell[]
  readonly total: number
}

export interface BoardCell {
  readonly table: string
  readonly row: string
  readonly text: string
}

/** From a cell of a column to one of the next, by index. */
export interface BoardWire {
  readonly from: Role
  readonly cell: number
  readonly to: Role
  readonly next: number
}

/** What a request does in a program: which cells it goes through, and when. */
export interface Crossing {
  readonly id: string
  /** In order of columns; where the program answers by itself there are fewer. */
  readonly cells: readonly { readonly role: Role; readonly cell: BoardCell }[]
  /** `table row` of what nearly matched. */
  readonly near: ReadonlySet<string>
  /** Stations of the packet path: the request is there, the program turns to its upstream, the answer leaves. */
  readonly arrived: number
  readonly dialled?: number
  readonly answered?: number
  /** What it answers by itself: `404`. */
  readonly answer?: string
}

/** The cells that are shown where there is room for so many: those that a request goes through are among them. */
export function shownCells(
  column: BoardColumn,
  room: number,
  lit: readonly BoardCell[],
): readonly { readonly cell: BoardCell; readonly index: number }[] {
  const all = column.cells.map((cell, index) => ({ cell, index }))
  const wanted = lit.map((cell) => all.find((each) => sameRow(each.cell, cell)) ?? { cell, index: -1 })
  const first = all.slice(0, Math.max(0, room))
  const missing = wanted.filter(({ cell }) => !first.some((each) => sameRow(each.cell, cell)))
  return [...first.slice(0, Math.max(0, room - missing.length)), ...missing].slice(0, Math.max(room, 0))
}

export const sameRow = (a: BoardCell, b: BoardCell): boolean => a.table === b.table && a.row === b.row

/** The crossing that is going on, or was the last, at a position on the path. */
export const crossingAt = (crossings: readonly Crossing[], id: string, t: number): Crossing | undefined =>
  crossings.findLast((crossing) => crossing.id === id && crossing.arrived <= t)

/** How far through the program a request is, 0..1. */
export function crossed({ arrived, dialled, answered }: Crossing, t: number): number {
  const end = dialled ?? answered ?? arrived
  return end <= arrived ? 1 : Math.min(1, Math.max(0, (t - arrived) / (end - arrived)))
}
