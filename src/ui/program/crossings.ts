import type { Conversation } from '../../core/sim/conversation.ts'
import type { PacketPath } from '../../scene/packet-path.ts'
import { type BoardCell, type Crossing, type ProgramBoard, ROLES, type Role } from '../../scene/program-board.ts'
import { type Decided, decisionsIn, rowKey } from './decisions.ts'

/** The ways that a conversation's requests take through programs, as the map draws them. */
export function crossingsOf(conversation: Conversation, path: PacketPath, boards: ReadonlyMap<string, ProgramBoard>): readonly Crossing[] {
  return decisionsIn(conversation)
    .flatMap((decided) => crossingOf(decided, path, boards.get(decided.target)) ?? [])
    .toSorted((a, b) => a.arrived - b.arrived)
}

function crossingOf(decided: Decided, path: PacketPath, board: ProgramBoard | undefined): Crossing | undefined {
  const arrived = path.packets[decided.arrived]?.last
  if (arrived === undefined || !board) return undefined
  const dialled = decided.dialled === undefined ? undefined : path.packets[decided.dialled]?.first
  const answered = decided.answered === undefined ? undefined : path.packets[decided.answered]?.first
  const { routed, exchange, matched } = decided
  return {
    id: decided.target,
    cells: cellsOf(decided, board),
    near: new Set(matched.flatMap(({ table, considered = [] }) => considered.map(({ row }) => rowKey(table, row)))),
    arrived,
    ...(dialled !== undefined && { dialled }),
    ...(answered !== undefined && { answered }),
    ...(routed.kind === 'respond' && exchange?.response && { answer: String(exchange.response.status) }),
  }
}

/** One cell per column, the last that matched of each: a server's name matches before its location does. */
function cellsOf({ matched, routed, connection }: Decided, board: ProgramBoard): Crossing['cells'] {
  const found = new Map<Role, BoardCell>()
  for (const role of ROLES) {
    const { cells } = board.columns[role]
    const rows = matched.filter(({ table, row }) => row !== '' && board.tables[table] === role)
    // What leads on is drawn; a row that only names a host is not.
    const last = rows.findLast(({ table }) => cells.some((cell) => cell.table === table)) ?? (cells.length === 0 ? undefined : rows.at(-1))
    if (last)
      found.set(
        role,
        cells.find((cell) => cell.table === last.table && cell.row === last.row) ?? { table: last.table, row: last.row, text: last.row },
      )
  }
  const port = /:(\d+)$/.exec(connection.server?.address ?? '')?.[1]
  const listener = board.columns.listeners.cells.find(({ text }) => port !== undefined && /[: ](\d+)$/.exec(text)?.[1] === port)
  if (!found.has('listeners') && listener) found.set('listeners', listener)
  const { to } = routed
  const upstream = to && board.columns.upstreams.cells.find(({ row }) => row === to.upstream)
  if (!found.has('upstreams') && upstream) found.set('upstreams', upstream)
  const endpoint =
    to && endpointOf(board, found.get('upstreams'), `${to.address.includes(':') ? `[${to.address}]` : to.address}:${to.port}`)
  if (endpoint) found.set('endpoints', endpoint)
  return ROLES.flatMap((role) => {
    const cell = found.get(role)
    return cell ? [{ role, cell }] : []
  })
}

/** Upstreams may share an address: it is the one that the upstream leads to. */
function endpointOf({ columns, wires }: ProgramBoard, upstream: BoardCell | undefined, address: string): BoardCell | undefined {
  const { cells } = columns.endpoints
  const from = upstream ? columns.upstreams.cells.indexOf(upstream) : -1
  const own = wires.flatMap((wire) => (wire.from === 'upstreams' && wire.cell === from ? (cells[wire.next] ?? []) : []))
  return own.find(({ text }) => text === address) ?? cells.find(({ text }) => text === address)
}
