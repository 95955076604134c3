import { unreachable } from '../../core/base/assert.ts'
import { type Conversation, packetsInOrder, type Routed } from '../../core/sim/conversation.ts'
import { type JourneyText, type Simulation, allPaths, journey, journeyPaths, send } from '../../core/engine.ts'
import { LEVELS, type Level } from '../../core/walk/level.ts'
import { joinHostPort } from '../../core/net/ip.ts'
import { renderTrace, type Words } from '../../core/walk/render.ts'
import {
  type Arguments,
  CLUSTER_OPTIONS,
  OUTPUT_OPTION,
  REQUEST_OPTIONS,
  choice,
  flag,
  readArguments,
  text,
  texts,
  wholeNumber,
} from '../arguments.ts'
import { line } from '../messages.ts'
import { openCluster } from '../open-cluster.ts'
import { outcomeText } from '../outcome.ts'
import { OUT_OPTION, refuseInteractive, writeOut } from '../output.ts'
import { type ChainPick, isPickOf } from '../forced.ts'
import { CURL_OPTIONS, journeyLines, readJourney } from '../journey.ts'
import { type Asked, type Chance, chanceOf, readChance, readRequest } from '../request.ts'
import { type ExitStatus, type Terminal, UsageError, painter } from '../terminal.ts'
import { captureOf, isUnseen, reportOf } from '../trace-files.ts'
import { transcriptText } from '../../core/sim/transcript.ts'
import { pathsJson, traceJson } from '../../core/sim/trace-json.ts'
import { remarksOf, wordsFor } from '../trace-words.ts'

const OPTIONS = {
  ...CLUSTER_OPTIONS,
  ...REQUEST_OPTIONS,
  ...OUTPUT_OPTION,
  ...OUT_OPTION,
  ...CURL_OPTIONS,
  level: { type: 'string' },
  'all-paths': { type: 'boolean' },
  limit: { type: 'string' },
} as const

/** Paths that `--all-paths` enumerates unless `--limit` says otherwise. */
const PATH_LIMIT = 1000

const OUTPUTS = ['text', 'json', 'pcapng', 'mermaid'] as const
type Output = (typeof OUTPUTS)[number]

/** How to show what was asked for. */
interface View {
  readonly read: Arguments
  readonly level: Level
  readonly output: Output
  readonly terminal: Terminal
}

/** One request and its answer, hop by hop. Status 1 when it is not answered (with --all-paths: on some path). */
export function trace(args: readonly string[], terminal: Terminal): ExitStatus {
  const view = readView(readArguments(args, OPTIONS), terminal)
  const { read } = view
  const { simulation } = openCluster(read, terminal)
  const url = readJourney(read)
  if (url) return travel(view, simulation, url)
  const asked = readRequest(read, simulation, 'trace')
  if (flag(read, 'all-paths')) return everyPath(view, simulation, (limit) => packetPaths(simulation, asked, limit))
  const conversation = sendOnce(read, simulation, asked, terminal)
  writeOut(read, terminal, conversationOutput(conversation, view, simulation))
  return conversation.outcome.kind === 'answered' ? 0 : 1
}

/** A request of HTTP, through all proxies on the way. */
function travel(view: View, simulation: Simulation, asked: JourneyText): ExitStatus {
  const { read, terminal } = view
  if (flag(read, 'all-paths'))
    return everyPath(view, simulation, (limit) => {
      const found = journeyPaths(simulation, asked, limit)
      if (!found.ok) throw new UsageError(found.error.message)
      return { ...found.value, paths: found.value.paths.map(({ value, probability }) => ({ ...value, probability })) }
    })
  const chance = readChance(read, simulation)
  const choose = chanceOf(chance, simulation)
  const done = journey(simulation, asked, choose ? { choose } : { seed: chance.seed })
  if (!done.ok) return unresolved(view, done.error)
  const { conversation } = done.value
  tellUnused(read, chance, conversation, terminal)
  writeOut(read, terminal, flag(read, 'curl') ? `${transcriptText(conversation)}\n` : conversationOutput(conversation, view, simulation))
  return conversation.outcome.kind === 'answered' ? 0 : 1
}

/** A name that nobody knows is an answer, and curl's (6), where curl is asked for. All else is no question that can be put. */
function unresolved({ read, terminal }: View, { code, message }: { readonly code: string; readonly message: string }): ExitStatus {
  if (code !== 'nxdomain' || !flag(read, 'curl')) throw new UsageError(message)
  writeOut(read, terminal, `* ${message}\n* Closing connection\ncurl: (6) ${message}\n`)
  return 1
}

function readView(read: Arguments, terminal: Terminal): View {
  const paths = flag(read, 'all-paths')
  const level = choice(read, 'level', LEVELS, paths ? 'story' : 'network')
  const output = choice(read, 'output', OUTPUTS, 'text')
  if (output === 'pcapng') {
    if (paths) throw new UsageError(line('error.one-path', { output }))
    refuseInteractive(read, terminal, output)
  }
  // A file holds no colours.
  return { read, level, output, terminal: text(read, 'out') === undefined ? terminal : { ...terminal, colours: false } }
}

function conversationOutput(conversation: Conversation, view: View, simulation: Simulation): string | Uint8Array {
  const { read, output, level, terminal } = view
  switch (output) {
    case 'text':
      return conversationText(conversation, simulation, level, terminal)
    case 'json':
      return `${JSON.stringify(traceJson(conversation), null, 2)}\n`
    case 'mermaid':
      return reportOf(conversation, askedText(read), simulation.cluster)
    case 'pcapng':
      if (isUnseen(conversation)) terminal.stderr(`kubehop: ${line('capture.empty')}\n`)
      return captureOf(conversation, askedText(read), simulation.cluster)
    default:
      return unreachable(output)
  }
}

const askedText = (read: Arguments) => ({ from: text(read, 'from') ?? '', to: text(read, 'to') ?? '' })

function sendOnce(read: Arguments, simulation: Simulation, asked: Asked, terminal: Terminal): Conversation {
  const choose = chanceOf(asked, simulation)
  const { conversation } = send(simulation, asked.request, choose ? { choose } : { seed: asked.seed })
  tellUnused(read, asked, conversation, terminal)
  return withFidelity(conversation, asked)
}

function tellUnused(read: Arguments, { picks }: Chance, conversation: Conversation, terminal: Terminal): void {
  for (const [index, pick] of picks.entries())
    if (!conversation.choices.some(({ why }) => concerns(why, pick)))
      terminal.stderr(`kubehop: ${line('pick.unused', { pick: texts(read, 'pick')[index] ?? '' })}\n`)
}

function concerns(why: Conversation['choices'][number]['why'], pick: ChainPick): boolean {
  if (why.kind === 'real-server-order') return isPickOf(pick, why)
  return (why.kind === 'statistic' || why.kind === 'numgen') && why.chain === pick.serviceChain
}

const withFidelity = (conversation: Conversation, { fidelity }: Asked): Conversation => ({
  ...conversation,
  fidelity: [...new Set([...fidelity, ...conversation.fidelity])],
})

interface Paths {
  readonly paths: readonly Conversation[]
  readonly complete: boolean
}

function packetPaths(simulation: Simulation, asked: Asked, limit: number): Paths {
  const { paths, complete } = allPaths(simulation, asked.request, limit)
  return { complete, paths: paths.map(({ value, probability }) => ({ ...withFidelity(value, asked), probability })) }
}

function everyPath(view: View, simulation: Simulation, pathsUpTo: (limit: number) => Paths): ExitStatus {
  const { read, terminal } = view
  const limit = wholeNumber(read, 'limit', 1, 1_000_000) ?? PATH_LIMIT
  const { paths, complete } = pathsUpTo(limit)
  writeOut(read, terminal, pathsOutput(paths, complete, view, simulation))
  if (!complete) terminal.stderr(`kubehop: ${line('paths.incomplete', { limit })}\n`)
  return paths.every(({ outcome }) => outcome.kind === 'answered') ? 0 : 1
}

function pathsOutput(paths: readonly Conversation[], complete: boolean, view: View, simulation: Simulation): string {
  const { read, output } = view
  if (output === 'json') return `${JSON.stringify(pathsJson(paths, complete), null, 2)}\n`
  const sorted = [...paths].sort((a, b) => b.probability - a.probability)
  if (output === 'mermaid') return sorted.map((path) => reportOf(path, askedText(read), simulation.cluster)).join('\n')
  return pathsText(sorted, view, simulation)
}

/** Each path, then all of them at a glance, the most probable first. */
function pathsText(paths: readonly Conversation[], { read, level, terminal }: View, simulation: Simulation): string {
  const rows = paths.map((path) => [percent(path.probability), outcomeText(path)])
  const heading = line('paths.summary', { paths: paths.length, ...askedText(read) })
  return [
    ...paths.map((path) => conversationText(path, simulation, level, terminal)),
    `${painter(terminal)('title', heading)}\n${rows.map(([chance = '', outcome = '']) => `${chance.padStart(8)}  ${outcome}\n`).join('')}`,
  ].join('\n')
}

const percent = (probability: number): string => `${(probability * 100).toFixed(2)} %`

function conversationText(conversation: Conversation, { cluster }: Simulation, level: Level, terminal: Terminal): string {
  const paint = painter(terminal)
  const words = wordsFor(cluster, paint)
  const ending = [
    paint(conversation.outcome.kind === 'answered' ? 'good' : 'bad', outcomeText(conversation)),
    ...remarksOf(conversation).map((remark) => paint('dim', remark)),
    '',
  ]
  if (conversation.asked) return [...journeyLines(conversation, level, words), ...ending].join('\n')
  const lines = conversation.order ? passedOn(conversation, level, words) : packetLines(conversation, level, words)
  return [...lines, ...ending].join('\n')
}

function packetLines({ connections }: Conversation, level: Level, words: Words): readonly string[] {
  const told = connections.flatMap(({ packets }) => (level === 'kernel' ? packets : packets.slice(0, 2)))
  return told.flatMap((packet) => [...renderTrace(packet, level, words), ''])
}

/** Datagrams that a program passes on: the client's, what the program does about it, and its own, in order of time. */
function passedOn(conversation: Conversation, level: Level, words: Words): readonly string[] {
  const decided = conversation.connections[0]?.stream
  const at = conversation.order?.findIndex(({ connection }) => connection > 0) ?? -1
  return packetsInOrder(conversation).flatMap((packet, i) => [
    ...(i === at && decided ? [decisionLine(decided), ''] : []),
    ...renderTrace(packet, level, words),
    '',
  ])
}

function decisionLine({ program, to, why, balance }: Routed): string {
  if (!to) return line('trace.decided-not', { program, why: why ?? '' })
  const how = why ?? balance?.algorithm
  const address = joinHostPort(to.address, to.port)
  return line('trace.decided', { program, upstream: to.upstream, address, why: how === undefined ? '' : ` (${how})` })
}
