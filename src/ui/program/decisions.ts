import type { HttpRequest, HttpResponse } from '../../core/apps/http.ts'
import type { Matched } from '../../core/apps/program.ts'
import type { Connection, Conversation, HttpExchange, Party, Routed } from '../../core/sim/conversation.ts'
import { placesOf } from '../position.ts'

/** What a program decided about a request, or about a connection whose bytes it passes on. Packets are counted over all connections, in order of time. */
export interface Decided {
  /** Id of the tree: `pod/ingress/controller-1`. */
  readonly target: string
  readonly connection: Connection
  readonly exchange?: HttpExchange
  readonly routed: Routed
  /** Of its TLS handshake, then of the request. */
  readonly matched: readonly Matched[]
  readonly upstream?: Connection
  readonly sent?: HttpRequest
  readonly received?: HttpResponse
  /** The last packet of what it was asked, the first to whom it asked, and the first of its answer. */
  readonly arrived: number
  readonly dialled?: number
  readonly answered?: number
  /** The connections whose packets are part of it. */
  readonly connections: readonly number[]
}

const found = new WeakMap<Conversation, readonly Decided[]>()

/** Everything that programs decided in a conversation, in the order of its connections. Servers that answer by themselves decide nothing. */
export function decisionsIn(conversation: Conversation): readonly Decided[] {
  let known = found.get(conversation)
  if (!known) found.set(conversation, (known = conversation.connections.flatMap((_, index) => decisionsOn(conversation, index))))
  return known
}

/** What was decided last of all that a packet is part of. */
export function decisionAt(conversation: Conversation, packet: number): Decided | undefined {
  const connection = placesOf(conversation)[packet]?.connection
  if (connection === undefined) return undefined
  return decisionsIn(conversation).findLast(({ arrived, connections }) => arrived <= packet && connections.includes(connection))
}

function decisionsOn(conversation: Conversation, index: number): readonly Decided[] {
  const connection = conversation.connections[index]
  const target = idOf(connection?.server)
  if (!connection || target === undefined) return []
  const at = ordinals(conversation)
  const { exchanges = [], stream, tls } = connection
  const ofTls = tls?.matched ?? []
  const made = exchanges.flatMap((exchange): readonly Decided[] => {
    const { routed, requestPackets, responsePackets } = exchange
    if (!routed || (routed.matched.length === 0 && routed.kind === 'respond' && routed.why === 'server')) return []
    const arrived = at(index, requestPackets.at(-1) ?? 0)
    const answered = responsePackets[0] === undefined ? undefined : at(index, responsePackets[0])
    return [
      {
        target,
        connection,
        exchange,
        routed,
        matched: [...ofTls, ...routed.matched],
        arrived,
        ...answer(answered),
        ...onward(conversation, index, routed, arrived),
      },
    ]
  })
  if (!stream) return made
  const arrived = at(index, 0)
  return [
    ...made,
    {
      target,
      connection,
      routed: stream,
      matched: [...ofTls, ...stream.matched],
      arrived,
      ...onward(conversation, index, stream, arrived),
    },
  ]
}

const answer = (answered: number | undefined): { readonly answered?: number } => (answered === undefined ? {} : { answered })

/** Whom it asked: of a connection that is used again, the exchange that comes after. */
function onward(
  conversation: Conversation,
  index: number,
  { upstream }: Routed,
  arrived: number,
): Pick<Decided, 'upstream' | 'sent' | 'received' | 'dialled' | 'connections'> {
  const connections = [index, ...upstream]
  const last = upstream.at(-1)
  const connection = last === undefined ? undefined : conversation.connections[last]
  if (last === undefined || !connection) return { connections }
  const at = ordinals(conversation)
  const exchange = connection.exchanges?.find(({ requestPackets }) => at(last, requestPackets[0] ?? 0) > arrived)
  const first = placesOf(conversation).findIndex((place, i) => i > arrived && upstream.includes(place.connection))
  return {
    connections,
    upstream: connection,
    ...(first >= 0 && { dialled: first }),
    ...(exchange && { sent: exchange.request }),
    ...(exchange?.response && { received: exchange.response }),
  }
}

const numbers = new WeakMap<Conversation, ReadonlyMap<string, number>>()

/** Where a packet of a connection stands among all. */
function ordinals(conversation: Conversation): (connection: number, packet: number) => number {
  let known = numbers.get(conversation)
  if (!known)
    numbers.set(conversation, (known = new Map(placesOf(conversation).map((place, i) => [`${place.connection} ${place.packet}`, i]))))
  const map = known
  return (connection, packet) => map.get(`${connection} ${packet}`) ?? 0
}

function idOf(party: Party | undefined): string | undefined {
  const owner = party?.owner
  if (owner === undefined) return undefined
  return owner.startsWith('external/') ? owner : `pod/${owner}`
}

/** How rows of a program fared in a conversation, by table and row. */
export type Fates = ReadonlyMap<string, { readonly won: boolean; readonly failed?: string }>

export const rowKey = (table: string, row: string): string => `${table} ${row}`

export function fatesIn(decisions: readonly Decided[]): Fates {
  const fates = new Map<string, { readonly won: boolean; readonly failed?: string }>()
  for (const { matched, routed } of decisions) {
    for (const { table, considered = [] } of matched)
      for (const { row, failed } of considered) if (!fates.has(rowKey(table, row))) fates.set(rowKey(table, row), { won: false, failed })
    for (const { table, row } of matched) if (row !== '') fates.set(rowKey(table, row), { won: true })
    // Which endpoint was taken is no match, but the balancer's choice.
    const chosen = routed.balance?.endpoints[routed.balance.chosen]?.address
    if (chosen !== undefined && routed.balance) fates.set(rowKey('', `${routed.balance.upstream} ${chosen}`), { won: true })
  }
  return fates
}
