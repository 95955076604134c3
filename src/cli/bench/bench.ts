import { cpus } from 'node:os'
import type { Cluster } from '../../core/cluster/cluster.ts'
import { type Simulation, send } from '../../core/engine.ts'
import type { NetnsId } from '../../core/kernel/interface.ts'
import { saveRuleset } from '../../core/kernel/netfilter/save.ts'
import { network } from '../../core/node/network.ts'
import { FRESH } from '../../core/walk/trace.ts'
import { type ReadingReport, timeReading } from './reading.ts'
import { CLIENT_NETNS, bigCluster, serviceIp, withOneEndpointChanged } from './big-cluster.ts'

/** Medians over `runs` runs, unless a name says otherwise. */
export interface BenchReport {
  readonly node: string
  readonly cpus: number
  readonly runs: number
  readonly traces: readonly {
    readonly services: number
    readonly endpoints: number
    readonly detail: 'full' | 'lean'
    readonly perSecond: number
    readonly microseconds: number
    /** Of all threads, garbage collection too: what a trace costs whatever else the machine does. */
    readonly cpuMicroseconds: number
  }[]
  readonly rules: {
    readonly services: number
    readonly endpoints: number
    /** From a cluster that no cache knows to a node's ruleset that a first packet was traced through. */
    readonly compileAndFirstTraceMs: number
    /** One endpoint exchanged, and a packet traced to that Service on the new cluster. */
    readonly oneEndpointChangeMs: number
    readonly textMs: number
    readonly lines: number
    readonly megabytes: number
  }
  readonly reading: ReadingReport
  readonly memory: { readonly clusterMB: number; readonly afterTracesMB: number; readonly afterTextMB: number }
}

const RUNS = 7
const TRACE_WINDOW_MS = 1000
const ENDPOINTS = 10
const MANY = 10_000

export function runBench(report: (line: string) => void): BenchReport {
  const traces = [10, MANY].flatMap((services) => {
    const cluster = bigCluster(services, ENDPOINTS)
    return (['full', 'lean'] as const).map((detail) => traceSpeed(cluster, services, detail, report))
  })
  return { node: process.version, cpus: cpus().length, runs: RUNS, traces, ...rulesAndMemory(report), reading: readingOf(report) }
}

function readingOf(report: (line: string) => void): ReadingReport {
  const { pods, megabytes, ...times } = timeReading((prepare) => median(RUNS, prepare))
  report(`${round(megabytes)} MB of YAML read: ${round(times.listMs)} ms`)
  const { documentsMs, listMs, jsonMs, applyListMs } = times
  return {
    pods,
    megabytes: round(megabytes),
    documentsMs: round(documentsMs),
    listMs: round(listMs),
    jsonMs: round(jsonMs),
    applyListMs: round(applyListMs),
  }
}

function rulesAndMemory(report: (line: string) => void): Pick<BenchReport, 'rules' | 'memory'> {
  const before = heap()
  const cluster = bigCluster(MANY, ENDPOINTS)
  const clusterMB = heap() - before
  const compileAndFirstTraceMs = median(RUNS, () => {
    const unknown = bigCluster(MANY, ENDPOINTS)
    return () => traceOnce(simulationOf(unknown), 1)
  })
  report(`rules compiled and first trace: ${round(compileAndFirstTraceMs)} ms`)
  const oneEndpointChangeMs = oneEndpointChange(cluster)
  report(`one endpoint changed: ${round(oneEndpointChangeMs)} ms`)
  const afterTracesMB = heap() - before
  const { text, textMs } = allText(cluster)
  report(`text of all rules: ${round(textMs)} ms`)
  const counts = { lines: text.split('\n').length - 1, megabytes: round(text.length / 1e6) }
  const times = {
    compileAndFirstTraceMs: round(compileAndFirstTraceMs),
    oneEndpointChangeMs: round(oneEndpointChangeMs),
    textMs: round(textMs),
  }
  return {
    rules: { services: MANY, endpoints: ENDPOINTS, ...times, ...counts },
    memory: { clusterMB: round(clusterMB), afterTracesMB: round(afterTracesMB), afterTextMB: round(heap() - before) },
  }
}

const simulationOf = (cluster: Cluster): Simulation => ({ cluster, runtime: FRESH, seed: 1 })

type Detail = 'full' | 'lean'

function traceOnce(simulation: Simulation, n: number, detail: Detail = 'full'): void {
  const { conversation } = send(
    simulation,
    { netns: CLIENT_NETNS, protocol: 'tcp', destination: serviceIp(n), port: 80 },
    { seed: n, detail },
  )
  if (conversation.outcome.kind !== 'answered') throw new Error(`service ${n}: ${conversation.outcome.kind}`)
}

/** Full request and reply, over changing Services, once everything that is visited is compiled. `lean` leaves near misses out of the trace. */
function traceSpeed(cluster: Cluster, services: number, detail: Detail, report: (line: string) => void): BenchReport['traces'][number] {
  const simulation = simulationOf(cluster)
  const distinct = Math.min(services, 100)
  for (let i = 0; i < distinct * 10; i++) traceOnce(simulation, (i * 97) % distinct, detail)
  const windows = Array.from({ length: RUNS }, () => {
    const begin = performance.now()
    const cpu = process.cpuUsage()
    let count = 0
    while (performance.now() - begin < TRACE_WINDOW_MS)
      for (let i = 0; i < 10; i++) traceOnce(simulation, (count++ * 97) % distinct, detail)
    const wall = ((performance.now() - begin) * 1000) / count
    const { user, system } = process.cpuUsage(cpu)
    return { wall, cpu: (user + system) / count }
  })
  const microseconds = middle(windows.map(({ wall }) => wall))
  const perSecond = Math.round(1e6 / microseconds)
  report(`traces at ${services} services, ${detail}: ${perSecond} a second`)
  return {
    services,
    endpoints: ENDPOINTS,
    detail,
    perSecond,
    microseconds: round(microseconds),
    cpuMicroseconds: round(middle(windows.map(({ cpu }) => cpu))),
  }
}

function oneEndpointChange(cluster: Cluster): number {
  let current = cluster
  let shift = 0
  traceOnce(simulationOf(current), 5)
  return median(RUNS * 3, () => () => {
    current = withOneEndpointChanged(current, 5, ENDPOINTS, ++shift)
    traceOnce(simulationOf(current), 5)
  })
}

function allText(cluster: Cluster): { text: string; textMs: number } {
  const ruleset = network(cluster).netns('node-1' as NetnsId)?.ruleset
  if (!ruleset) throw new Error('node-1 has no namespace')
  const begin = performance.now()
  const text = saveRuleset(ruleset)
  return { text, textMs: performance.now() - begin }
}

/** Median milliseconds of what `prepare` returns; the preparation itself is not measured. */
function median(runs: number, prepare: () => () => void): number {
  const times = Array.from({ length: runs }, () => {
    const work = prepare()
    const begin = performance.now()
    work()
    return performance.now() - begin
  })
  return middle(times)
}

const middle = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
const round = (value: number): number => Math.round(value * 100) / 100

/** Heap in MB; after a collection where node runs with --expose-gc. */
function heap(): number {
  globalThis.gc?.()
  return process.memoryUsage().heapUsed / 1e6
}
