import { PROXY_MODES, type ProxyMode } from '../../core/cluster/config.ts'
import { configWith } from '../../core/cluster/setting.ts'
import { configure, send, type Simulation } from '../../core/engine.ts'
import type { Conversation } from '../../core/sim/conversation.ts'
import { LEVELS, type Level } from '../../core/walk/level.ts'
import { renderTrace } from '../../core/walk/render.ts'
import { CLUSTER_OPTIONS, REQUEST_OPTIONS, choice, readArguments, text } from '../arguments.ts'
import { changesBetween } from '../changed-lines.ts'
import { line } from '../messages.ts'
import { openCluster } from '../open-cluster.ts'
import { outcomeText } from '../outcome.ts'
import { type Asked, chanceOf, readRequest } from '../request.ts'
import { type ExitStatus, type Terminal, UsageError, painter, table } from '../terminal.ts'
import { wordsFor } from '../trace-words.ts'

const OPTIONS = { ...CLUSTER_OPTIONS, ...REQUEST_OPTIONS, level: { type: 'string' }, modes: { type: 'string' } } as const

interface InMode {
  readonly mode: ProxyMode
  readonly simulation: Simulation
  readonly conversation: Conversation
}

/**
 * One request in several modes of kube-proxy, each on a copy of the cluster: a line for each mode, then what the request's way has in each that it does not
 * have in the first, and the other way round. Status 1 when the outcomes are not of one kind.
 */
export function compare(args: readonly string[], terminal: Terminal): ExitStatus {
  const read = readArguments(args, OPTIONS)
  const level = choice(read, 'level', LEVELS, 'network')
  const modes = modesIn(text(read, 'modes') ?? 'iptables,ipvs,nftables')
  const { simulation } = openCluster(read, terminal)
  const asked = readRequest(read, simulation, 'compare')
  const all = modes.map((mode) => inMode(simulation, mode, asked))
  const rows = all.map(({ mode, conversation }) => [mode, ...summaryOf(conversation)])
  terminal.stdout(table(['MODE', 'HOPS', 'ARRIVES AT', 'FROM', 'TTL', 'OUTCOME'], rows))
  const [first, ...others] = all
  for (const other of first ? others : []) if (first) terminal.stdout(differences(first, other, level, terminal))
  return new Set(all.map(({ conversation }) => conversation.outcome.kind)).size > 1 ? 1 : 0
}

function modesIn(value: string): readonly ProxyMode[] {
  const modes = value.split(',').flatMap((name) => PROXY_MODES.find((mode) => mode === name) ?? [])
  if (modes.length < value.split(',').length || modes.length < 2)
    throw new UsageError(line('error.choice', { option: '--modes', value, choices: PROXY_MODES.join(',') }))
  return modes
}

function inMode(simulation: Simulation, mode: ProxyMode, asked: Asked): InMode {
  const copy = configure(simulation, configWith(simulation.cluster.config, { name: 'mode', value: mode }))
  const choose = chanceOf(asked, copy)
  const { conversation } = send(copy, asked.request, choose ? { choose } : { seed: asked.seed })
  return { mode, simulation: copy, conversation }
}

const requestOf = ({ connections }: Conversation) => connections[0]?.packets[0]

function summaryOf(conversation: Conversation): readonly string[] {
  const packet = requestOf(conversation)
  const end = packet?.disposition.kind === 'delivered' ? packet.disposition.packet : undefined
  const { source = '-', destination = '-', ttl = '-' } = end?.ip ?? {}
  return [String(packet?.hops.length ?? 0), destination, source, String(ttl), outcomeText(conversation)]
}

function differences(first: InMode, other: InMode, level: Level, terminal: Terminal): string {
  const paint = painter(terminal)
  const lines = ({ conversation, simulation }: InMode): readonly string[] => {
    const packet = requestOf(conversation)
    return packet ? [...renderTrace(packet, level, wordsFor(simulation.cluster))] : []
  }
  const told = changesBetween(lines(first), lines(other)).map(({ sign, text: words }) => {
    if (sign === ' ') return paint('dim', `  ${words}`)
    return paint(sign === '+' ? 'good' : 'bad', `${sign} ${words}`)
  })
  return `\n${paint('title', line('compare.title', { from: first.mode, to: other.mode }))}\n${told.join('\n')}\n`
}
