import type { Hook, Policy } from '../netfilter/ruleset.ts'
import { priorityOf } from './list.ts'
import { readElements, readTime } from './read-set.ts'
import type { Reader } from './reader.ts'
import type { SetElement } from './rule.ts'
import type { DataType, NftBase, NftFamily, NftSet, SetFlag } from './ruleset.ts'

/** What stands between the braces of tables, chains and sets: their properties. */

const FAMILIES: readonly NftFamily[] = ['ip', 'ip6', 'inet']

/** `ip` where none is said. */
export function readFamily(reader: Reader): NftFamily {
  const { text } = reader.token
  const family = FAMILIES.find((each) => each === text)
  if (family) reader.advance()
  else if (['arp', 'bridge', 'netdev'].includes(text)) reader.refuse('family is not modelled')
  return family ?? 'ip'
}

const HOOKS: Readonly<Record<string, Hook>> = {
  prerouting: 'PREROUTING',
  input: 'INPUT',
  forward: 'FORWARD',
  output: 'OUTPUT',
  postrouting: 'POSTROUTING',
}

/** Where chains of each type may stand (net/netfilter/nft_chain_*.c). */
const TYPES: Readonly<Record<NftBase['type'], readonly Hook[]>> = {
  filter: ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'],
  nat: ['PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING'],
  route: ['OUTPUT'],
}

/** `type filter hook input priority filter - 10 ; [policy accept ;]`, from behind `type`. */
export function readBase(reader: Reader): NftBase {
  const typeAt = reader.token
  const type = reader.word('filter, nat or route')
  if (type !== 'filter' && type !== 'nat' && type !== 'route') return reader.refuse('chain type is not modelled', typeAt)
  reader.expect('hook')
  const hookAt = reader.token
  const hook = HOOKS[reader.word('a hook')]
  if (!hook) return reader.refuse('hook is not modelled', hookAt)
  if (!TYPES[type].includes(hook)) return reader.refuse(`chains of type ${type} have no such hook`, hookAt)
  reader.expect('priority')
  const priority = readPriority(reader, hook)
  reader.endStatement()
  reader.skipLines()
  return { type, hook, priority, policy: reader.accept('policy') ? readPolicy(reader) : 'ACCEPT' }
}

function readPriority(reader: Reader, hook: Hook): number {
  const at = reader.token
  let text = reader.word('a priority')
  while (reader.token.kind === 'word') text += reader.advance().text
  const [, name, sign, digits] = /^(?:([a-z]+))?(?:([+-]?)(\d{1,9}))?$/.exec(text) ?? []
  const base = name === undefined ? 0 : priorityOf(hook, name)
  if ((name === undefined && digits === undefined) || base === undefined || (name !== undefined && digits !== undefined && sign === ''))
    return reader.refuse('expected a priority', at)
  return base + Number(digits ?? 0) * (sign === '-' ? -1 : 1)
}

function readPolicy(reader: Reader): Policy {
  const word = reader.word('accept or drop')
  if (word !== 'accept' && word !== 'drop') return reader.refuse('policy is not modelled')
  reader.endStatement()
  return word === 'accept' ? 'ACCEPT' : 'DROP'
}

const DATA_TYPES = new Set<DataType>([
  'ipv4_addr',
  'ipv6_addr',
  'inet_proto',
  'inet_service',
  'mark',
  'ifname',
  'ether_addr',
  'ct_state',
  'fib_addrtype',
  'pkt_type',
  'nf_proto',
  'icmp_type',
  'icmpv6_type',
  'verdict',
])
const FLAGS: readonly SetFlag[] = ['constant', 'interval', 'timeout', 'dynamic']

export type SetBlock = Omit<NftSet, 'elements'> & { readonly given: readonly SetElement[] }

/** From behind the opening brace to the closing one. */
export function readSetBlock(reader: Reader, name: string, kind: 'set' | 'map'): SetBlock {
  let block: SetBlock = { name, key: [], flags: [], given: [] }
  for (reader.skipLines(); !reader.accept('}'); reader.skipLines()) {
    const at = reader.token
    const property = reader.word('a property of the set')
    if (property === 'elements') {
      reader.expect('=')
      if (block.key.length === 0) reader.refuse('the type must be known before elements', at)
      block = { ...block, given: readElements(reader, block.key, block.value) }
    } else block = { ...block, ...readProperty(reader, property, kind, at) }
    reader.endStatement()
  }
  if (block.key.length === 0) reader.refuse(`${kind} ${name} has no type`)
  return block
}

function readProperty(reader: Reader, property: string, kind: 'set' | 'map', at: Reader['token']): Partial<SetBlock> {
  switch (property) {
    case 'type': {
      const key = readTypes(reader)
      if (kind === 'set') return { key }
      reader.expect(':')
      return { key, value: readTypes(reader) }
    }
    case 'flags': {
      const flags: SetFlag[] = []
      do {
        const word = reader.word('a flag')
        flags.push(FLAGS.find((flag) => flag === word) ?? reader.refuse('set flag is not modelled', at))
      } while (reader.accept(','))
      return { flags }
    }
    case 'timeout':
      return { timeout: readTime(reader) }
    case 'size':
      return { size: reader.number('a size') }
    case 'comment':
      return { comment: reader.string('a comment') }
    case 'auto-merge':
      return { autoMerge: true }
    default:
      return reader.refuse('property is not modelled', at)
  }
}

function readTypes(reader: Reader): readonly DataType[] {
  const types: DataType[] = []
  do {
    const at = reader.token
    const type = reader.word('a type') as DataType
    if (!DATA_TYPES.has(type)) return reader.refuse('type is not modelled', at)
    types.push(type)
  } while (reader.accept('.'))
  return types
}
