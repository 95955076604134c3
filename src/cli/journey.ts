import { unreachable } from '../core/base/assert.ts'
import type { JourneyText } from '../core/engine.ts'
import { packetLine } from '../core/net/tcpdump.ts'
import { reasonOf } from '../core/apps/http.ts'
import type { Connection, Conversation, HttpExchange, Party, Routed } from '../core/sim/conversation.ts'
import { headerOf, resolveOf } from '../core/sim/curl-command.ts'
import { journeyStory } from '../core/sim/journey-story.ts'
import type { Level } from '../core/walk/level.ts'
import { renderTrace, type Words } from '../core/walk/render.ts'
import { type Arguments, flag, required, text, texts, wholeNumber } from './arguments.ts'
import { chapterText, line } from './messages.ts'
import { UsageError } from './terminal.ts'

/** What curl is told; the short forms are its own. */
export const CURL_OPTIONS = {
  http: { type: 'boolean' },
  curl: { type: 'boolean' },
  header: { type: 'string', short: 'H', multiple: true },
  insecure: { type: 'boolean', short: 'k' },
  resolve: { type: 'string', multiple: true },
  request: { type: 'string', short: 'X' },
  data: { type: 'string', short: 'd' },
  location: { type: 'boolean', short: 'L' },
  'http1.1': { type: 'boolean' },
  http2: { type: 'boolean' },
  'http2-prior-knowledge': { type: 'boolean' },
  'max-time': { type: 'string', short: 'm' },
  'connect-timeout': { type: 'string' },
  'haproxy-protocol': { type: 'boolean' },
  times: { type: 'string' },
  idle: { type: 'string' },
} as const

const URL_TEXT = /^(https?|wss?|grpcs?):\/\//i
/** What only a single packet has. */
const PACKET_ONLY = ['payload', 'ttl', 'df', 'no-df', 'proto'] as const

/**
 * The journey that `--to` asks for: a URL, or `IP:PORT` with `--http`. Undefined where a packet is meant: another address, or one with options that only packets
 * have. Options of curl without a URL are an error.
 */
export function readJourney(args: Arguments): JourneyText | undefined {
  const to = required(args, 'to', 'trace')
  const url = URL_TEXT.test(to) ? to : flag(args, 'http') ? `http://${to}` : undefined
  const { values } = args
  const packet = PACKET_ONLY.find((name) => values[name] !== undefined)
  if (url !== undefined && packet === undefined) return journeyText(args, url)
  const stray = Object.keys(CURL_OPTIONS).find((name) => values[name] !== undefined)
  if (stray !== undefined)
    throw new UsageError(
      line(packet === undefined ? 'error.curl-url' : 'error.curl-packet', { option: `--${stray}`, packet: `--${packet ?? ''}` }),
    )
  return undefined
}

function journeyText(args: Arguments, url: string): JourneyText {
  const method = text(args, 'request')
  const data = text(args, 'data')
  const maxTime = seconds(args, 'max-time')
  const connectTimeout = seconds(args, 'connect-timeout')
  const sourcePort = wholeNumber(args, 'sport', 1, 65535)
  const times = wholeNumber(args, 'times', 1, 100)
  const idle = seconds(args, 'idle')
  const http = flag(args, 'http1.1')
    ? '1.1'
    : flag(args, 'http2')
      ? '2'
      : flag(args, 'http2-prior-knowledge')
        ? '2-prior-knowledge'
        : undefined
  return {
    from: required(args, 'from', 'trace'),
    url,
    headers: texts(args, 'header').map(readHeader),
    resolve: texts(args, 'resolve').map(readResolve),
    ...(method !== undefined && { method }),
    ...(data !== undefined && { data }),
    ...(flag(args, 'insecure') && { insecure: true }),
    ...(flag(args, 'location') && { follow: true }),
    ...(flag(args, 'haproxy-protocol') && { proxyHeader: true }),
    ...(http !== undefined && { http }),
    ...(maxTime !== undefined && { maxTime }),
    ...(connectTimeout !== undefined && { connectTimeout }),
    ...(sourcePort !== undefined && { sourcePort }),
    ...(times !== undefined && { times }),
    ...(idle !== undefined && { idle }),
    ...(flag(args, 'ipv6') ? { family: 'IPv6' as const } : flag(args, 'ipv4') ? { family: 'IPv4' as const } : {}),
  }
}

function readHeader(value: string): readonly [string, string] {
  const header = headerOf(value)
  if (!header) throw new UsageError(line('error.header', { value }))
  return header
}

function readResolve(value: string): NonNullable<ReturnType<typeof resolveOf>> {
  const entry = resolveOf(value)
  if (!entry) throw new UsageError(line('error.resolve', { value }))
  return entry
}

function seconds(args: Arguments, name: string): number | undefined {
  const value = text(args, name)
  if (value === undefined) return undefined
  if (!/^\d+(\.\d+)?$/.test(value) || Number(value) <= 0) throw new UsageError(line('error.seconds', { option: `--${name}`, value }))
  return Number(value)
}

/** A journey connection by connection: who talks to whom, the packets, what was asked and answered, and why the server's program did so. */
export function journeyLines(conversation: Conversation, level: Level, words: Words): readonly string[] {
  const { connections } = conversation
  if (level === 'story') return storyLines(conversation, words)
  return connections.flatMap((connection, index) => [
    words.paint(
      'title',
      line('journey.connection', {
        number: index,
        ...namesOf(connection, words),
        ...(connection.parent !== undefined && { parent: connection.parent }),
      }),
    ),
    ...(connection.parent === undefined ? [] : [words.paint('dim', line('journey.parent', { parent: connection.parent }))]),
    '',
    ...packetLines(connection, level, words),
    ...streamLines(connection, words),
    ...(connection.exchanges ?? []).flatMap((exchange) => exchangeLines(exchange, words)),
    ...(connection.end === undefined ? [] : [words.paint('dim', line(`journey.end.${connection.end}`))]),
    '',
  ])
}

/** What happened in a sentence each; of packets only those that were lost, hop by hop. */
function storyLines(conversation: Conversation, words: Words): readonly string[] {
  const chapters = journeyStory(conversation).map((chapter) => [words.place(chapter.netns), chapterText(chapter)] as const)
  const width = Math.max(0, ...chapters.map(([place]) => place.length))
  const lost = conversation.connections.flatMap(({ packets }) => packets.filter(({ disposition }) => disposition.kind !== 'delivered'))
  return [
    ...chapters.map(
      ([place, sentence], index) =>
        `${words.paint('dim', String(index + 1).padStart(3))}  ${words.paint('place', place.padEnd(width))}  ${sentence}`,
    ),
    '',
    ...lost.flatMap((packet) => [...renderTrace(packet, 'story', words), '']),
  ]
}

function namesOf({ client, server, packets }: Connection, words: Words): { readonly client: string; readonly server: string } {
  const name = (party: Party | undefined): string =>
    party ? `${party.owner ?? words.place(party.netns)}${party.program ? ` (${party.program})` : ''} ${party.address}` : '?'
  const sent = packets[0]?.sent
  const dialled = sent?.transport.kind === 'tcp' ? `${sent.ip.destination}:${sent.transport.destinationPort}` : ''
  return { client: name(client), server: server ? `${dialled} = ${name(server)}` : dialled }
}

/** The network level tells the way there and back in full; later packets take the same way, and are a line each. */
function packetLines({ packets, carries = [] }: Connection, level: Level, words: Words): readonly string[] {
  return packets.flatMap((packet, index) => {
    if (level === 'kernel' || (level === 'network' && index < 2) || packet.disposition.kind !== 'delivered')
      return [...renderTrace(packet, level, words), '']
    const what = carries[index]
    return [
      `  ${packet.direction === 'original' ? '→' : '←'} ${packetLine(packet.sent)}${what === undefined ? '' : words.paint('dim', `  ${what}`)}`,
    ]
  })
}

function streamLines({ stream, tls }: Connection, words: Words): readonly string[] {
  const certificate = tls?.certificate
  return [
    ...(certificate
      ? [
          `  ${line('journey.tls', { name: tls.serverName ?? '', alpn: tls.alpn ?? '', subject: certificate.subject, secret: certificate.secret?.name ?? '' })}`,
        ]
      : []),
    ...(stream ? routedLines(stream, words) : []),
  ]
}

function exchangeLines({ request, response, routed }: HttpExchange, words: Words): readonly string[] {
  const status = response ? `${response.status} ${reasonOf(response)}`.trimEnd() : ''
  return [
    `  ${words.paint('match', `> ${request.method} ${request.target}`)}${request.headers.map(([name, value]) => `\n      ${name}: ${value}`).join('')}`,
    ...(routed ? routedLines(routed, words) : []),
    response
      ? `  ${words.paint(response.status < 400 ? 'good' : 'bad', `< ${status}`)}${response.headers.map(([name, value]) => `\n      ${name}: ${value}`).join('')}`
      : `  ${words.paint('bad', line('journey.silent'))}`,
  ]
}

function routedLines(routed: Routed, words: Words): readonly string[] {
  const { program, matched, to, balance, tried, log = [] } = routed
  const chosen = balance?.endpoints[balance.chosen]?.address
  return [
    ...matched.map(
      ({ table, row, at, object }) =>
        `    ${line('journey.matched', { program, table, row })}${words.paint('dim', `${at ? `  ${at.file}:${at.line}` : ''}${object ? `  ${object.kind}/${object.namespace ?? ''}/${object.name} ${object.field ?? ''}`.trimEnd() : ''}`)}`,
    ),
    ...tried.map(
      ({ dial, kind, after }) =>
        `    ${words.paint('bad', line('journey.tried', { address: `${dial.address}:${dial.port}`, kind, after }))}`,
    ),
    ...(balance && chosen !== undefined
      ? [
          `    ${line('journey.balance', { program, algorithm: balance.algorithm, upstream: balance.upstream, of: balance.endpoints.length, chosen })}`,
        ]
      : []),
    `    ${routedText(routed)}`,
    ...log.map(({ text: said }) => `    ${words.paint('dim', said)}`),
    ...(to?.tls ? [`    ${words.paint('dim', `TLS ${to.tls.serverName ?? ''}`)}`] : []),
  ]
}

function routedText({ kind, program, why = '', to }: Routed): string {
  switch (kind) {
    case 'proxy':
      return line('journey.proxy', { program, to: to ? `${to.address}:${to.port}` : '' })
    case 'respond':
      return line('journey.respond', { program, why })
    case 'close':
      return line('journey.close', { program, why })
    default:
      return unreachable(kind)
  }
}
