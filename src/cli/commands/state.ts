import type { NetworkNamespace } from '../../core/kernel/netns.ts'
import { type Simulation, send } from '../../core/engine.ts'
import { network } from '../../core/node/network.ts'
import { type Arguments, CLUSTER_OPTIONS, OUTPUT_OPTION, REQUEST_OPTIONS, choice, flag, readArguments, text } from '../arguments.ts'
import { connectionRows, serviceRows } from '../ipvs-rows.ts'
import { bridgeFdb, conntrackList, ipAddr, ipLink, ipNeigh, ipRoute, ipRoute6, ipRule, ipRule6 } from '../iproute.ts'
import { line } from '../messages.ts'
import { openCluster } from '../open-cluster.ts'
import { findOwner, findPlace } from '../places.ts'
import { PROGRAM_VIEWS, type ProgramViewer, noProgram, programView } from '../program-state.ts'
import { chanceOf, readRequest } from '../request.ts'
import { type ExitStatus, type Terminal, UsageError } from '../terminal.ts'

type Printer = (netns: NetworkNamespace, simulation: Simulation) => readonly object[]

const WHAT: ReadonlyMap<string, Printer> = new Map(
  Object.entries({
    addr: ipAddr,
    link: ipLink,
    route: ipRoute,
    rule: ipRule,
    neigh: ipNeigh,
    fdb: bridgeFdb,
    ipvs: ipvsRows,
    conntrack: (netns, { runtime }) => conntrackList(runtime.conntrack.get(netns.id)),
  } satisfies Record<string, Printer>),
)

/** Virtual servers with their real servers, then the connections: `ipvsadm -Ln` and `-Lnc` as data. */
function ipvsRows({ id, ipvs }: NetworkNamespace, { runtime }: Simulation): readonly object[] {
  const state = runtime.ipvs.get(id)
  return ipvs ? [...serviceRows(ipvs, state), ...(state ? connectionRows(state, runtime.now) : [])] : []
}

const CHOICES = [...WHAT.keys(), ...PROGRAM_VIEWS.keys()]

/** What there is of IPv6 alone, with -6. */
const WHAT6: ReadonlyMap<string, Printer> = new Map([
  ['route', ipRoute6],
  ['rule', ipRule6],
])

/**
 * Kernel state of one namespace, one JSON object a line; or of the program in a pod or on a host outside what it has configured and logged. With --from and
 * --to a packet is sent first, for what it leaves behind. Status 1 where there is no such program.
 */
export function state(args: readonly string[], terminal: Terminal): ExitStatus {
  const read = readArguments(args, { ...CLUSTER_OPTIONS, ...REQUEST_OPTIONS, ...OUTPUT_OPTION })
  const [name, what = 'addr', ...more] = read.positionals
  const print = (flag(read, 'ipv6') ? WHAT6.get(what) : undefined) ?? WHAT.get(what)
  if (name === undefined) throw new UsageError(line('error.missing', { option: 'ENDPOINT', command: 'state' }))
  const [excess] = what === 'config' ? more.slice(1) : more
  if (excess !== undefined) throw new UsageError(line('error.excess', { word: excess }))
  const view = PROGRAM_VIEWS.get(what)
  if (view) return programState(read, terminal, name, view)
  if (!print) throw new UsageError(line('error.choice', { option: 'state', value: what, choices: CHOICES.join(', ') }))
  choice(read, 'output', ['json'], 'json')
  const simulation = afterSending(read, openCluster(read, terminal).simulation)
  const netns = network(simulation.cluster).netns(findPlace(simulation.cluster, name))
  if (!netns) throw new UsageError(line('error.place', { name }))
  terminal.stdout(rowsText(print(netns, simulation)))
  return 0
}

function programState(read: Arguments, terminal: Terminal, name: string, view: ProgramViewer): ExitStatus {
  const output = choice(read, 'output', ['text', 'json'], 'text')
  const { cluster } = afterSending(read, openCluster(read, terminal).simulation)
  const shown = programView(cluster, findOwner(cluster, name), view, read.positionals[2])
  if (shown) terminal.stdout(output === 'json' ? `${JSON.stringify(shown.data, null, 2)}\n` : shown.text)
  else terminal.stderr(`kubehop: ${noProgram(cluster, name)}\n`)
  return shown ? 0 : 1
}

function afterSending(args: Arguments, simulation: Simulation): Simulation {
  if (text(args, 'from') === undefined && text(args, 'to') === undefined) return simulation
  const asked = readRequest(args, simulation, 'state')
  const choose = chanceOf(asked, simulation)
  return send(simulation, asked.request, choose ? { choose } : { seed: asked.seed }).simulation
}

/** A JSON array that can also be read: one row a line. */
const rowsText = (rows: readonly object[]): string =>
  rows.length === 0 ? '[]\n' : `[\n${rows.map((row) => `  ${JSON.stringify(row)}`).join(',\n')}\n]\n`
