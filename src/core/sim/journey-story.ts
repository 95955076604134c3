import { joinHostPort } from '../net/ip.ts'
import type { Packet } from '../net/packet.ts'
import type { NetnsId } from '../kernel/interface.ts'
import type { ChainRun } from '../kernel/step.ts'
import type { Hop } from '../walk/trace.ts'
import { headerOf, reasonOf } from '../apps/http.ts'
import type { Connection, Conversation, HttpExchange, Routed } from './conversation.ts'

/**
 * A journey as a beginner would tell it: who connected to whom, what was said, who passed it on and why. A sentence each, the kernel's part left to the story of
 * its packets; only where a destination is exchanged on the way, that is told, since without it nobody understands who answers.
 */
export interface Chapter {
  /** Where it happens. */
  readonly netns: NetnsId
  readonly key: ChapterKey
  readonly params: Readonly<Record<string, string | number>>
  /** The packet (of its connection) with which it happens, and the hop. */
  readonly connection: number
  readonly packet: number
  readonly hop: number
}

export type ChapterKey =
  | 'resolves'
  | 'connects'
  | 'connects-on'
  | 'translates'
  | 'translates-for'
  | 'refused'
  | 'unreachable'
  | 'silent'
  | 'not-sent'
  | 'secures'
  | 'secures-named'
  | 'alerts'
  | 'asks'
  | 'decides'
  | 'decides-by'
  | 'answers'
  | 'passes-back'
  | 'says-nothing'

export function journeyStory(conversation: Conversation): readonly Chapter[] {
  const root = conversation.connections.findIndex(({ parent }) => parent === undefined)
  return root < 0 ? [] : [...resolved(conversation, root), ...told(conversation, root)]
}

function resolved({ asked, connections }: Conversation, connection: number): readonly Chapter[] {
  const sent = connections[connection]?.packets[0]?.sent
  const host = asked && /^[a-z]+:\/\/\[?([^/?#\]]*?)\]?(:\d+)?([/?#]|$)/i.exec(asked.url)?.[1]
  if (!asked || !sent || host === undefined || host === sent.ip.destination) return []
  return [{ netns: asked.netns, key: 'resolves', params: { host, address: sent.ip.destination }, connection, packet: 0, hop: 0 }]
}

/** A connection from SYN to its end; what its server dialled meanwhile lies where it was dialled. */
function told(conversation: Conversation, index: number): readonly Chapter[] {
  const connection = conversation.connections[index]
  const first = connection?.packets[0]
  if (!connection || !first) return []
  const at = { connection: index, packet: 0, hop: 0 }
  const opens: Chapter = {
    ...at,
    netns: first.netns,
    key: connection.parent === undefined ? 'connects' : 'connects-on',
    params: { address: addressOf(first.sent) },
  }
  return [opens, ...translated(connection, index), ...ended(connection, index), ...secured(connection, index), ...said(conversation, index)]
}

const addressOf = ({ ip, transport }: Packet): string =>
  'destinationPort' in transport ? joinHostPort(ip.destination, transport.destinationPort) : ip.destination

/** Each place where the first packet was given another destination. */
function translated({ packets }: Connection, connection: number): readonly Chapter[] {
  const [first] = packets
  return (first?.hops ?? []).flatMap((hop, index) => {
    const to = hop.steps.flatMap((step) =>
      step.kind === 'nat' && step.manip === 'destination'
        ? [joinHostPort(step.to.destination, step.to.destinationPort)]
        : step.kind === 'ipvs' && step.realServer !== undefined
          ? [step.realServer]
          : [],
    )
    const address = to.at(-1)
    if (address === undefined) return []
    const object = objectOf(hop)
    return [
      {
        netns: hop.netns,
        key: object === undefined ? 'translates' : 'translates-for',
        params: { address, ...(object !== undefined && { object }) },
        connection,
        packet: 0,
        hop: index,
      },
    ]
  })
}

/** For whose sake the rules were written that decided: `Service default/web`, better than the slice of its endpoints. */
function objectOf(hop: Hop): string | undefined {
  const chains = hop.steps.filter((step): step is ChainRun => step.kind === 'chain')
  const objects = chains.flatMap(({ rules }) => rules.flatMap(({ origin }) => origin?.object ?? []))
  return (objects.findLast((object) => object.startsWith('Service/')) ?? objects.at(-1))?.replace('/', ' ')
}

/** What became of the SYN, where nobody took it. */
function ended({ packets, end }: Connection, connection: number): readonly Chapter[] {
  const key =
    end === 'refused'
      ? 'refused'
      : end === 'unreachable'
        ? 'unreachable'
        : end === 'timeout'
          ? 'silent'
          : end === 'not-sent'
            ? end
            : undefined
  const last = packets.at(-1)
  if (key === undefined || !last) return []
  return [
    {
      netns: last.hops.at(-1)?.netns ?? last.netns,
      key,
      params: {},
      connection,
      packet: packets.length - 1,
      hop: Math.max(0, last.hops.length - 1),
    },
  ]
}

function secured({ tls, server, carries = [] }: Connection, connection: number): readonly Chapter[] {
  const packet = carries.indexOf('tls-handshake')
  if (!tls || !server || packet < 0) return []
  const at = { netns: server.netns, connection, packet, hop: 0 }
  if (tls.alert !== undefined) return [{ ...at, key: 'alerts', params: { alert: tls.alert } }]
  if (!tls.certificate) return []
  const { subject, secret } = tls.certificate
  return [
    secret ? { ...at, key: 'secures-named', params: { subject, secret: secret.name } } : { ...at, key: 'secures', params: { subject } },
  ]
}

function said(conversation: Conversation, index: number): readonly Chapter[] {
  const connection = conversation.connections[index]
  if (!connection) return []
  const { stream, exchanges = [] } = connection
  const bytes = stream ? decided(conversation, connection, stream, { connection: index, packet: 0, hop: 0 }) : []
  return [...bytes, ...exchanges.flatMap((exchange) => exchanged(conversation, index, exchange))]
}

function exchanged(conversation: Conversation, index: number, exchange: HttpExchange): readonly Chapter[] {
  const connection = conversation.connections[index]
  if (!connection?.server || !connection.client) return []
  const { request, response, routed } = exchange
  const asked = { connection: index, packet: exchange.requestPackets[0] ?? 0, hop: 0 }
  const answered = { connection: index, packet: exchange.responsePackets[0] ?? asked.packet, hop: 0 }
  const { netns } = connection.server
  const host = headerOf(request.headers, 'Host') ?? ''
  const asks: Chapter = {
    ...asked,
    netns: connection.client.netns,
    key: 'asks',
    params: { method: request.method, target: request.target, host },
  }
  const passed = routed?.kind === 'proxy' && routed.upstream.length > 0
  return [
    // A proxy asks what it was asked: told once.
    ...(connection.parent === undefined ? [asks] : []),
    ...(routed && passed ? decided(conversation, connection, routed, asked) : []),
    response
      ? { ...answered, netns, key: passed ? 'passes-back' : 'answers', params: { status: response.status, reason: reasonOf(response) } }
      : { ...asked, netns, key: 'says-nothing', params: {} },
  ]
}

/** Why it goes on, and where; then the connections that it opened. Those that are used again were told before. */
function decided(
  conversation: Conversation,
  { server }: Connection,
  { program, matched, to, upstream }: Routed,
  at: { readonly connection: number; readonly packet: number; readonly hop: number },
): readonly Chapter[] {
  if (!server) return []
  const object = matched.find((row) => row.object !== undefined)?.object
  const name = object && [object.kind, [object.namespace, object.name].filter((part) => part !== undefined).join('/')].join(' ')
  const params = { program, upstream: to?.upstream ?? '', address: to ? joinHostPort(to.address, to.port) : '' }
  const why: Chapter =
    name === undefined
      ? { ...at, netns: server.netns, key: 'decides', params }
      : { ...at, netns: server.netns, key: 'decides-by', params: { ...params, object: name } }
  const opened = upstream.filter((index) => conversation.connections[index]?.parent === at.connection)
  return [why, ...[...new Set(opened)].flatMap((index) => told(conversation, index))]
}
