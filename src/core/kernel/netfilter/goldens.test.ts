import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { type Ip, parseIp } from '../../net/ip.ts'
import type { IpHeader, Packet, Transport } from '../../net/packet.ts'
import type { NetnsId } from '../interface.ts'
import type { Origin } from '../origin.ts'
import type { RuleStep } from '../step.ts'
import { applyRestore } from './apply.ts'
import { printRule } from './print.ts'
import type { AddressType, CtState } from './rule.ts'
import { EMPTY_RULESET, type Hook, type Ruleset, type TableName } from './ruleset.ts'
import { saveRuleset } from './save.ts'
import { type Environment, type RuleContext, traverse } from './traverse.ts'

/** Recordings of a real kernel, when a checkout of them lies beside this repository: each run of a base chain, step by step. */
const GOLDENS = fileURLToPath(new URL('../../../../../shared/goldens/open/', import.meta.url))
const present = existsSync(GOLDENS)
const ADMIN: Origin = { agent: 'admin' }
const dumps = present
  ? readdirSync(GOLDENS, { recursive: true, encoding: 'utf8' }).filter((path) => /(^|\/)(ipvs-)?iptables-save\.txt$/.test(path))
  : []
const scenarios = present
  ? readdirSync(GOLDENS).filter((name) => existsSync(`${GOLDENS}${name}/probes`) && !existsSync(`${GOLDENS}${name}/nodes/ipvs.json`))
  : []

if (!present) console.info(`netfilter goldens: none at ${GOLDENS}, nothing compared`)

interface Run {
  readonly node: string
  readonly table: TableName
  readonly chain: Hook
  readonly prio: number
  readonly iif: string | null
  readonly oif: string | null
  readonly family?: string
  readonly packet: {
    readonly src: string
    readonly dst: string
    readonly ttl: number
    readonly proto: string
    readonly sport?: number
    readonly dport?: number
    readonly icmp?: { readonly type: number; readonly code: number }
  }
  readonly steps: readonly {
    readonly chain: string
    readonly rule?: string
    readonly end?: true
    readonly policy?: true
    readonly verdict: string
    readonly mark?: string
  }[]
  readonly result: string
}

const json = (path: string): unknown => JSON.parse(readFileSync(`${GOLDENS}${path}`, 'utf8'))
const ip = (text: string): Ip => parseIp(text) ?? (text as Ip)

function packetOf({ packet }: Run): Packet {
  const protocol = packet.proto as IpHeader['protocol']
  const header: IpHeader = {
    source: ip(packet.src),
    destination: ip(packet.dst),
    ttl: packet.ttl,
    protocol,
    length: 60,
    id: 0,
    dontFragment: true,
  }
  const ports = { sourcePort: packet.sport ?? 0, destinationPort: packet.dport ?? 0 }
  const transport: Transport =
    protocol === 'icmp'
      ? ({
          kind: packet.icmp?.type === 8 || packet.icmp?.type === 0 ? 'icmp-echo' : 'icmp-error',
          type: packet.icmp?.type,
          code: packet.icmp?.code,
        } as Transport)
      : protocol === 'udp'
        ? { kind: 'udp', ...ports, length: 23 }
        : { kind: 'tcp', ...ports, flags: 'S', sequence: 0, acknowledgment: 0 }
  return { ip: header, transport }
}

function addressTypes(scenario: string, node: string): (address: Ip) => AddressType {
  const links = json(`${scenario}/nodes/${node}/addrs.json`) as { addr_info: { local: string; broadcast?: string }[] }[]
  const local = new Set(links.flatMap((link) => link.addr_info.map((info) => info.local)))
  const broadcast = new Set(links.flatMap((link) => link.addr_info.map((info) => info.broadcast)))
  return (address) =>
    local.has(address) || address.startsWith('127.')
      ? 'LOCAL'
      : broadcast.has(address)
        ? 'BROADCAST'
        : Number(address.split('.')[0]) >> 4 === 14
          ? 'MULTICAST'
          : 'UNICAST'
}

/** Chance and memory answer as they did in the recording. */
function environment(ruleset: Ruleset, run: Run, walk: 'indexed' | 'linear', addressType: (address: Ip) => AddressType): Environment {
  const happened = new Set(run.steps.map((step) => step.rule))
  return {
    netns: run.node as NetnsId,
    sets: ruleset.sets,
    addressType,
    recent: {
      check: (match) =>
        match.action === 'set' ||
        [...happened].some((rule) => rule?.includes(`--${match.action} `) && rule.includes(`--name ${match.name} `)),
    },
    choose: (question) => {
      if (question.kind !== 'branch' || question.why.kind !== 'statistic') return 0
      const { chain, index } = question.why
      const rule = ruleset.tables.get(run.table)?.chain(chain)?.rule(index)
      return rule && happened.has(printRule(chain, rule)) ? 0 : 1
    },
    detail: 'full',
    walk,
    limit: 1e6,
  }
}

const stateOf = (run: Run, direction: string): CtState => {
  if (run.table === 'nat') return 'NEW'
  const { icmp } = run.packet
  if (icmp && icmp.type !== 8 && icmp.type !== 0) return 'RELATED'
  return direction === 'request' ? 'NEW' : 'ESTABLISHED'
}

const asGolden = (step: RuleStep) => ({
  chain: step.chain,
  ...(step.rule !== undefined && { rule: step.rule }),
  ...(step.end && { end: step.end }),
  ...(step.policy && { policy: step.policy }),
  verdict: step.verdict,
  ...(step.mark !== undefined && { mark: `0x${step.mark.toString(16)}` }),
})

/** A packet's mark lives from where it came in to where it leaves. */
const keepsMark = (run: Run): boolean => run.chain !== 'PREROUTING' || run.iif === 'lo'

function compareProbe(scenario: string, file: string): { readonly runs: number; readonly wrong: readonly string[] } {
  const probe = json(`${scenario}/probes/${file}`) as { env: { mode: string } } & Record<'request' | 'reply', { rules: Run[] }>
  const wrong: string[] = []
  let runs = 0
  if (probe.env.mode !== 'iptables') return { runs, wrong }
  for (const direction of ['request', 'reply'] as const) {
    const marks = new Map<string, number>()
    for (const run of probe[direction].rules) {
      const path = `${scenario}/nodes/${run.node}/iptables-save.txt`
      if (run.family === 'ip6' || !existsSync(`${GOLDENS}${path}`)) continue
      runs++
      const restored = applyRestore(EMPTY_RULESET, readFileSync(`${GOLDENS}${path}`, 'utf8'), ADMIN, { flush: true })
      const table = restored.ok ? restored.value.tables.get(run.table) : undefined
      if (!restored.ok || !table) return { runs, wrong: [`${path}: ${restored.ok ? `no table ${run.table}` : restored.error.message}`] }
      const state = stateOf(run, direction)
      const tuple = {
        source: ip(run.packet.src),
        destination: ip(run.packet.dst),
        sourcePort: 1,
        destinationPort: 1,
        protocol: 'tcp' as const,
      }
      const entry = {
        original: tuple,
        reply: { ...tuple, source: ip('0.0.0.0') },
        seenReply: false,
        assured: false,
        mark: 0,
        sourceNatDone: false,
        destinationNatDone: false,
      }
      const context: RuleContext = {
        packet: packetOf(run),
        ...(run.iif !== null && { in: run.iif }),
        ...(run.oif !== null && { out: run.oif }),
        mark: keepsMark(run) ? (marks.get(run.node) ?? 0) : 0,
        ct: { state, direction: direction === 'request' ? 'original' : 'reply', mark: 0, entry },
      }
      const outcomes = (['indexed', 'linear'] as const).map((walk) =>
        traverse(table, run.chain, run.prio, context, environment(restored.value, run, walk, addressTypes(scenario, run.node))),
      )
      marks.set(run.node, outcomes[0]?.mark ?? 0)
      for (const outcome of outcomes) {
        const got = JSON.stringify([outcome?.run.rules.map(asGolden), outcome?.run.verdict])
        if (
          got !==
          JSON.stringify([
            run.steps.map(({ chain, rule, end, policy, verdict, mark }) => ({ chain, rule, end, policy, verdict, mark })),
            run.result,
          ])
        )
          wrong.push(`${scenario}/${file} ${run.node} ${run.table} ${run.chain}\n${got}\n${JSON.stringify(run.steps)}`)
      }
    }
  }
  return { runs, wrong }
}

test('every recorded dump reads and prints back to itself', () => {
  let rules = 0
  for (const path of dumps) {
    const text = readFileSync(`${GOLDENS}${path}`, 'utf8')
    const sets = new Map(
      [...text.matchAll(/--match-set (\S+)/g)].map(([, name = '']) => [name, { name, type: 'hash:ip', members: [] } as const]),
    )
    const restored = applyRestore({ ...EMPTY_RULESET, sets }, text, ADMIN, { flush: true })
    expect(restored.ok ? saveRuleset(restored.value) : `${path}: ${restored.error.line}: ${restored.error.message}`).toBe(text)
    rules += text.split('\n-A ').length - 1
  }
  console.info(`netfilter goldens: ${dumps.length} dumps, ${rules} rules`)
  expect(present).toBe(rules > 0)
})

test('every recorded run of a base chain takes the same steps', () => {
  const wrong: string[] = []
  let runs = 0
  for (const scenario of scenarios) {
    for (const file of readdirSync(`${GOLDENS}${scenario}/probes`)) {
      const compared = compareProbe(scenario, file)
      runs += compared.runs
      wrong.push(...compared.wrong)
    }
  }
  console.info(`netfilter goldens: ${runs} runs of base chains`)
  expect(wrong.slice(0, 5)).toEqual([])
  expect(present).toBe(runs > 0)
})
