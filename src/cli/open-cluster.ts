import { PROXY_MODES } from '../core/cluster/config.ts'
import type { Problem } from '../core/api/problem.ts'
import type { Profile } from '../core/cluster/config.ts'
import { SCHEDULERS } from '../core/kernel/ipvs/ipvs.ts'
import { configProblems } from '../core/node/config-problems.ts'
import type { IpFamily } from '../core/net/ip.ts'
import { type Applied, type StartOptions, apply, start } from '../core/engine.ts'
import { type Arguments, choice, flag, text, texts, wholeNumber } from './arguments.ts'
import { readFiles, readText, takesLong, withSource } from './input.ts'
import { line } from './messages.ts'
import { readSite } from './site.ts'
import { type Terminal, UsageError } from './terminal.ts'

const PROFILES: readonly Profile[] = ['kubeadm', 'k3s']
const LOAD_BALANCERS = ['none', 'service-lb', 'cloud'] as const
const CLOUDS = ['gce', 'aws', 'azure'] as const
const BACKENDS = ['vxlan', 'host-gw'] as const
const MAX_NODES = 5000

/**
 * The cluster that `-f` and the cluster options describe. Warnings go to stderr; an error among the problems ends the command (the cluster would be
 * empty: applying is all or nothing).
 */
export function openCluster(args: Arguments, terminal: Terminal): Applied {
  const applied = readCluster(args, terminal)
  if (applied.problems.some(({ severity }) => severity === 'error')) throw new UsageError(line('apply.refused'))
  return applied
}

/** The same without ending on errors: whoever calls tells them. */
export function readCluster(args: Arguments, terminal: Terminal): Applied {
  const files = readFiles(texts(args, 'file'), terminal)
  const begin = performance.now()
  const applied = apply(start(startOptions(args)), files.map(withSource), { nodes: wholeNumber(args, 'nodes', 1, MAX_NODES) ?? 3 })
  const seconds = (performance.now() - begin) / 1000
  if (takesLong(files)) terminal.stderr(`${line('read.done', { objects: applied.changes.length, seconds: seconds.toFixed(1) })}\n`)
  for (const problem of applied.problems) terminal.stderr(`${problemText(problem)}\n`)
  const [refused] = configProblems(applied.simulation.cluster)
  if (refused) throw new UsageError(`${refused.path}: ${refused.message}`)
  return applied
}

function startOptions(args: Arguments): StartOptions {
  const site = text(args, 'site')
  const families = text(args, 'ip-families')
  return {
    profile: choice(args, 'profile', PROFILES, 'kubeadm'),
    backend: choice(args, 'backend', BACKENDS, 'vxlan'),
    mode: choice(args, 'mode', PROXY_MODES, 'iptables'),
    ipvs: { scheduler: choice(args, 'scheduler', SCHEDULERS, 'rr'), strictARP: flag(args, 'strict-arp') },
    masqueradeAll: flag(args, 'masquerade-all'),
    ...(text(args, 'load-balancer') !== undefined && { loadBalancer: choice(args, 'load-balancer', LOAD_BALANCERS, 'none') }),
    ...(families !== undefined && { ipFamilies: readFamilies(families) }),
    ...(text(args, 'cloud') !== undefined && { cloud: choice(args, 'cloud', CLOUDS, 'gce') }),
    ...(site !== undefined && { site: readSite(readText(site)) }),
  }
}

/** `IPv4`, `IPv6,IPv4`, `dual`: the primary family first. */
function readFamilies(value: string): readonly IpFamily[] {
  const wanted = value.toLowerCase() === 'dual' ? ['ipv4', 'ipv6'] : value.toLowerCase().split(',')
  const families = wanted.flatMap((name): readonly IpFamily[] => (name === 'ipv4' ? ['IPv4'] : name === 'ipv6' ? ['IPv6'] : []))
  if (families.length < wanted.length || new Set(families).size < families.length)
    throw new UsageError(line('error.choice', { option: '--ip-families', value, choices: 'IPv4, IPv6, dual, IPv6,IPv4' }))
  return families
}

export const problemText = (problem: Problem): string =>
  line(problem.line > 0 ? 'problem.place' : 'problem.file', {
    file: problem.file,
    line: problem.line,
    column: problem.column,
    severity: problem.severity,
    message: problem.message,
  })
