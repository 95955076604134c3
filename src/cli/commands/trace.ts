import type { Conversation } from '../../core/sim/conversation.ts'
import { type Simulation, allPaths, send } from '../../core/engine.ts'
import type { Cluster } from '../../core/cluster/cluster.ts'
import type { NetnsId } from '../../core/kernel/interface.ts'
import { LEVELS, type Level } from '../../core/walk/level.ts'
import { type Words, renderTrace } from '../../core/walk/render.ts'
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
import { explanationText, line, storyText } from '../messages.ts'
import { openCluster } from '../open-cluster.ts'
import { outcomeText } from '../outcome.ts'
import { placeOf } from '../places.ts'
import { type Asked, chanceOf, readRequest } from '../request.ts'
import { type ExitStatus, type Terminal, painter } from '../terminal.ts'
import { pathsJson, traceJson } from '../trace-json.ts'

const OPTIONS = {
  ...CLUSTER_OPTIONS,
  ...REQUEST_OPTIONS,
  ...OUTPUT_OPTION,
  level: { type: 'string' },
  'all-paths': { type: 'boolean' },
  limit: { type: 'string' },
} as const

/** Paths that `--all-paths` enumerates unless `--limit` says otherwise. */
const PATH_LIMIT = 1000

/** One request and its answer, hop by hop. Status 1 when it is not answered (with --all-paths: on some path). */
export function trace(args: readonly string[], terminal: Terminal): ExitStatus {
  const read = readArguments(args, OPTIONS)
  const level = choice(read, 'level', LEVELS, flag(read, 'all-paths') ? 'story' : 'network')
  const output = choice(read, 'output', ['text', 'json'], 'text')
  const { simulation } = openCluster(read, terminal)
  const asked = readRequest(read, simulation, 'trace')
  if (flag(read, 'all-paths')) return everyPath(read, simulation, asked, level, output, terminal)
  const conversation = sendOnce(read, simulation, asked, terminal)
  terminal.stdout(
    output === 'json'
      ? `${JSON.stringify(traceJson(conversation), null, 2)}\n`
      : conversationText(conversation, simulation, level, terminal),
  )
  return conversation.outcome.kind === 'answered' ? 0 : 1
}

function sendOnce(read: Arguments, simulation: Simulation, asked: Asked, terminal: Terminal): Conversation {
  const choose = chanceOf(asked, simulation)
  const { conversation } = send(simulation, asked.request, choose ? { choose } : { seed: asked.seed })
  for (const [index, { serviceChain }] of asked.picks.entries())
    if (!conversation.choices.some(({ why }) => why.kind === 'statistic' && why.chain === serviceChain))
      terminal.stderr(`kubehop: ${line('pick.unused', { pick: texts(read, 'pick')[index] ?? '' })}\n`)
  return withFidelity(conversation, asked)
}

const withFidelity = (conversation: Conversation, { fidelity }: Asked): Conversation => ({
  ...conversation,
  fidelity: [...new Set([...fidelity, ...conversation.fidelity])],
})

function everyPath(read: Arguments, simulation: Simulation, asked: Asked, level: Level, output: string, terminal: Terminal): ExitStatus {
  const limit = wholeNumber(read, 'limit', 1, 1_000_000) ?? PATH_LIMIT
  const found = allPaths(simulation, asked.request, limit)
  const paths = found.paths.map(({ value, probability }) => ({ ...withFidelity(value, asked), probability }))
  if (output === 'json') terminal.stdout(`${JSON.stringify(pathsJson(paths, found.complete), null, 2)}\n`)
  else terminal.stdout(pathsText(paths, read, simulation, level, terminal))
  if (!found.complete) terminal.stderr(`kubehop: ${line('paths.incomplete', { limit })}\n`)
  return paths.every(({ outcome }) => outcome.kind === 'answered') ? 0 : 1
}

/** Each path, then all of them at a glance, the most probable first. */
function pathsText(paths: readonly Conversation[], read: Arguments, simulation: Simulation, level: Level, terminal: Terminal): string {
  const sorted = [...paths].sort((a, b) => b.probability - a.probability)
  const rows = sorted.map((path) => [percent(path.probability), outcomeText(path)])
  const heading = line('paths.summary', { paths: paths.length, from: text(read, 'from') ?? '', to: text(read, 'to') ?? '' })
  return [
    ...sorted.map((path) => conversationText(path, simulation, level, terminal)),
    `${painter(terminal)('title', heading)}\n${rows.map(([chance = '', outcome = '']) => `${chance.padStart(8)}  ${outcome}\n`).join('')}`,
  ].join('\n')
}

const percent = (probability: number): string => `${(probability * 100).toFixed(2)} %`

function wordsFor(cluster: Cluster, paint: Words['paint']): Words {
  const place = (netns: NetnsId) => placeOf(cluster, netns)
  return {
    paint,
    place,
    story: storyText,
    explain: ({ key, params }) => {
      const where = typeof params['netns'] === 'string' ? place(params['netns'] as NetnsId) : ''
      return explanationText({
        key,
        params: { ...params, netns: where, ...(key === 'end.delivered' && { owner: params['owner'] || where }) },
      })
    },
  }
}

function conversationText(conversation: Conversation, { cluster }: Simulation, level: Level, terminal: Terminal): string {
  const paint = painter(terminal)
  const words = wordsFor(cluster, paint)
  const packets = conversation.connections.flatMap((connection) => connection.packets)
  const told = level === 'kernel' ? packets : packets.slice(0, 2)
  const lines = told.flatMap((packet) => [...renderTrace(packet, level, words), ''])
  const { outcome, probability, fidelity } = conversation
  return [
    ...lines,
    paint(outcome.kind === 'answered' ? 'good' : 'bad', outcomeText(conversation)),
    ...(probability < 1 ? [paint('dim', line('trace.probability', { probability: Number(probability.toFixed(6)) }))] : []),
    ...(fidelity.length > 0 ? [paint('dim', line('trace.fidelity', { ids: fidelity.join(', ') }))] : []),
    '',
  ].join('\n')
}
