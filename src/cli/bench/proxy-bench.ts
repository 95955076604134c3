import { syncOutput } from '../../core/node/sync-output.ts'
import { bigCluster, withOneEndpointChanged } from './big-cluster.ts'

/** One mode at one size; field names are those of the recording of the real kube-proxy that this is compared with. Milliseconds, medians of `repeat`. */
export interface ProxyBenchRow {
  readonly mode: Mode
  readonly services: number
  readonly endpointsPerService: number
  readonly repeat: number
  /** From a cluster that no cache knows to the whole of what kube-proxy hands to the kernel. */
  readonly firstSyncMs: number
  readonly firstSyncAll: readonly number[]
  /** The same for the next cluster, in which one EndpointSlice is another. */
  readonly incrementalSyncMs: number
  readonly incrementalAll: readonly number[]
  /** Processor time of the same, all threads: what it costs whatever else the machine does. */
  readonly firstSyncCpuMs: number
  readonly incrementalSyncCpuMs: number
  readonly outputBytesFirst: number
  readonly outputBytesIncremental: number
}

export interface ProxyBench {
  readonly what: string
  readonly notes: readonly string[]
  /** One first sync of the smallest size in each mode, in this order, before anything is warmed. */
  readonly cold: readonly {
    readonly mode: Mode
    readonly services: number
    readonly firstSyncMs: number
    readonly firstSyncCpuMs: number
  }[]
  readonly results: readonly ProxyBenchRow[]
}

/** Userspace mode's rules are too few to measure: what costs there is the process. */
const MODES = ['iptables', 'ipvs', 'nftables'] as const
type Mode = (typeof MODES)[number]

const SIZES = [1000, 5000, 10_000] as const
const ENDPOINTS = 5
const REPEAT = 5
const WARM_UPS = 3
const WARM_UP_SERVICES = 5000
const NODE = 'node-1'
const CHANGED = 5

export function runProxyBench(report: (line: string) => void): ProxyBench {
  const cold = MODES.map((mode) => coldSync(mode, SIZES[0], report))
  const results = MODES.flatMap((mode) => {
    warmUp(mode)
    return SIZES.map((services) => row(mode, services, report))
  })
  return {
    what: `rule generation in memory for one node, as text; median of ${REPEAT}`,
    notes: [
      'firstSyncMs: from objects that no cache knows, so that taking them in is part of it; incrementalSyncMs: after one EndpointSlice changed',
      'more than 1000 endpoints in all rows, so iptables mode omits rule comments (large cluster mode)',
      `before the rows of a mode, ${WARM_UPS} first syncs of ${WARM_UP_SERVICES} services that are not measured: a compiled program has nothing to compile then`,
      'cold: without that, so compiling is part of it; the first mode of a fresh process pays for what all modes share',
      'iptables mode: incremental syncs write the chains of changed Services only, nftables mode writes everything, as kube-proxy v1.30 does',
      'ipvs mode: the rules, sets and virtual servers with their real servers',
    ],
    cold,
    results,
  }
}

function coldSync(mode: Mode, services: number, report: (line: string) => void): ProxyBench['cold'][number] {
  const cluster = bigCluster(services, ENDPOINTS, mode)
  const { ms, cpuMs } = measured(() => syncOutput(cluster, NODE))
  report(`${mode}, ${services} services, cold: first sync ${ms} ms`)
  return { mode, services, firstSyncMs: ms, firstSyncCpuMs: cpuMs }
}

function warmUp(mode: Mode): void {
  for (let i = 0; i < WARM_UPS; i++) syncOutput(bigCluster(WARM_UP_SERVICES, ENDPOINTS, mode), NODE)
}

function row(mode: Mode, services: number, report: (line: string) => void): ProxyBenchRow {
  const first: Measured[] = []
  const next: Measured[] = []
  for (let i = 0; i < REPEAT; i++) {
    const cluster = bigCluster(services, ENDPOINTS, mode)
    first.push(measured(() => syncOutput(cluster, NODE)))
    const changed = withOneEndpointChanged(cluster, CHANGED, ENDPOINTS, i + 1)
    next.push(measured(() => syncOutput(changed, NODE, cluster)))
  }
  const made: ProxyBenchRow = {
    mode,
    services,
    endpointsPerService: ENDPOINTS,
    repeat: REPEAT,
    firstSyncMs: middle(first, 'ms'),
    firstSyncAll: first.map(({ ms }) => ms),
    incrementalSyncMs: middle(next, 'ms'),
    incrementalAll: next.map(({ ms }) => ms),
    firstSyncCpuMs: middle(first, 'cpuMs'),
    incrementalSyncCpuMs: middle(next, 'cpuMs'),
    outputBytesFirst: middle(first, 'bytes'),
    outputBytesIncremental: middle(next, 'bytes'),
  }
  report(`${mode}, ${services} services: first sync ${made.firstSyncMs} ms, after one change ${made.incrementalSyncMs} ms`)
  return made
}

interface Measured {
  readonly ms: number
  readonly cpuMs: number
  readonly bytes: number
}

function measured(work: () => string): Measured {
  globalThis.gc?.()
  const begin = performance.now()
  const before = process.cpuUsage()
  const { length } = work()
  const { user, system } = process.cpuUsage(before)
  return { ms: round(performance.now() - begin), cpuMs: round((user + system) / 1000), bytes: length }
}

const middle = (all: readonly Measured[], key: keyof Measured): number =>
  all.map((one) => one[key]).sort((a, b) => a - b)[Math.floor(all.length / 2)] ?? 0
const round = (value: number): number => Math.round(value * 1000) / 1000
