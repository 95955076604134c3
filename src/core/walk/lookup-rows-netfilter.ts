import { type Ipvs, socketText, virtualServerName } from '../kernel/ipvs/ipvs.ts'
import { serversOf } from '../kernel/ipvs/print.ts'
import { type IpvsConnection, type IpvsState, NO_IPVS_STATE } from '../kernel/ipvs/state.ts'
import { memberText } from '../kernel/netfilter/ipset-save.ts'
import { printRule } from '../kernel/netfilter/print.ts'
import type { Ruleset, TableName } from '../kernel/netfilter/ruleset.ts'
import type { LearnedSets } from '../kernel/nft/learned.ts'
import { printElement, printRule as printNftRule, printVerdict } from '../kernel/nft/print.ts'
import type { NftSet, NftTable } from '../kernel/nft/ruleset.ts'
import type { NetworkNamespace } from '../kernel/netns.ts'
import type { Runtime } from '../kernel/runtime.ts'
import type { LookupRow } from './lookup-rows.ts'

/** Rows of what netfilter and IPVS look things up in, at rest: iptables of both families, chains and sets of nftables, ipsets, virtual servers. */
const ORDER: readonly TableName[] = ['raw', 'mangle', 'nat', 'filter']

/** Those of ip6tables after those of iptables, their tables called `ip6 nat`. */
export function* ruleRows({ ruleset, ruleset6 }: NetworkNamespace): Generator<LookupRow> {
  yield* rulesetRows(ruleset, '')
  if (ruleset6) yield* rulesetRows(ruleset6, 'ip6 ')
}

function* rulesetRows({ tables }: Ruleset, family: string): Generator<LookupRow> {
  for (const name of ORDER) {
    const table = tables.get(name)
    for (const chainName of table?.chainNames() ?? []) {
      const chain = table?.chain(chainName)
      if (!chain) continue
      for (let index = 0; index < chain.length; index++) {
        const rule = chain.rule(index)
        yield { cells: [`${family}${name}`, printRule(chainName, rule)], origin: rule.origin }
      }
      if (chain.policy !== undefined && chain.registered) yield { cells: [`${family}${name}`, `-P ${chainName} ${chain.policy}`] }
    }
  }
}

const tableName = ({ family, name }: Pick<NftTable, 'family' | 'name'>): string => `${family} ${name}`

/** Cells: table, chain, rule. */
export function* nftRows({ nft }: NetworkNamespace): Generator<LookupRow> {
  for (const table of nft?.tables ?? [])
    for (const name of table.chainNames()) {
      const chain = table.chain(name)
      for (let index = 0; chain && index < chain.length; index++) {
        const rule = chain.rule(index)
        yield { cells: [tableName(table), name, printNftRule(rule)], origin: rule.origin }
      }
      if (chain?.base) yield { cells: [tableName(table), name, `policy ${chain.base.policy.toLowerCase()}`] }
    }
}

/** Cells: set or map, key, what it leads to. Elements that packets added say when they go. */
export function* nftSetRows({ id, nft }: NetworkNamespace, { nftSets, now }: Runtime): Generator<LookupRow> {
  for (const table of nft?.tables ?? [])
    for (const name of table.setNames()) {
      const set = table.set(name)
      if (!set) continue
      yield* elementRows(table, set)
      yield* learnedRows(nftSets, `${id} ${tableName(table)} ${name}`, `${tableName(table)} ${name}`, now)
    }
}

function* elementRows(table: NftTable, set: NftSet): Generator<LookupRow> {
  for (const element of set.elements.list()) {
    const { key, verdict, value } = element
    const to = verdict ? printVerdict(verdict) : (value ?? []).join(' . ')
    const chain = verdict && 'chain' in verdict ? table.chain(verdict.chain) : undefined
    const origin = chain && chain.length > 0 ? chain.rule(0).origin : undefined
    yield { cells: [`${tableName(table)} ${set.name}`, printElement({ key }, set.key), to], ...(origin && { origin }) }
  }
}

function* learnedRows(learned: LearnedSets, key: string, name: string, now: number): Generator<LookupRow> {
  for (const [element, until] of learned.get(key) ?? []) if (until > now) yield { cells: [name, element, `expires ${until - now}s`] }
}

/** Cells: set, type, member. */
export function* ipsetRows({ ruleset, ruleset6 }: NetworkNamespace): Generator<LookupRow> {
  for (const set of [...ruleset.sets.values(), ...(ruleset6?.sets.values() ?? [])])
    for (const member of set.members) yield { cells: [set.name, set.type, memberText(member)] }
}

/** Cells: virtual server, scheduler, real server, weight, ActiveConn and InActConn. */
export function* ipvsRows({ id, ipvs }: NetworkNamespace, runtime: Runtime): Generator<LookupRow> {
  if (ipvs) yield* serviceRows(ipvs, runtime.ipvs.get(id) ?? NO_IPVS_STATE)
}

function* serviceRows(ipvs: Ipvs, state: IpvsState): Generator<LookupRow> {
  for (const service of ipvs.virtualServers()) {
    const { scheduler, persistentSeconds, origin } = service
    const head = [virtualServerName(service), persistentSeconds === undefined ? scheduler : `${scheduler} persistent ${persistentSeconds}`]
    const servers = serversOf(service, state)
    for (const { name, weight, active, inactive } of servers)
      yield { cells: [...head, name, `${weight}`, `${active}`, `${inactive}`], origin }
    if (servers.length === 0) yield { cells: [...head, '–', '', '', ''], origin }
  }
}

/** Cells: protocol, client, virtual server, real server, state and how long it stays. */
export function* ipvsConnectionRows({ id }: NetworkNamespace, { ipvs, now }: Runtime): Generator<LookupRow> {
  for (const connection of ipvs.get(id)?.connections.values() ?? [])
    if (connection.expires > now) yield { cells: connectionCells(connection, now) }
}

const connectionCells = (c: IpvsConnection, now: number): readonly string[] => [
  c.protocol,
  socketText(c.client, c.clientPort),
  socketText(c.virtual, c.virtualPort),
  socketText(c.server, c.serverPort),
  `${c.state} ${Math.floor(c.expires - now)}s`,
]
