import { hash } from '../../base/choose.ts'
import { type Cidr, fullLength, printCidr } from '../../net/cidr.ts'
import type { IpSet, IpSetMember } from './ipset.ts'

/** `ipset save` and `ipset list` as ipset(8) 7.17 prints them. Seeds are random in the kernel and follow from the name here; sizes in memory are left out. */
export const saveSets = (sets: ReadonlyMap<string, IpSet>): string => [...sets.values()].map(saveSet).join('')

function saveSet(set: IpSet): string {
  const adds = set.members.map((member) => `add ${set.name} ${memberText(member)}\n`)
  return `create ${set.name} ${set.type} ${headerOf(set)}\n${adds.join('')}`
}

const REVISION: Readonly<Record<IpSet['type'], number>> = {
  'hash:ip': 5,
  'hash:net': 7,
  'hash:ip,port': 6,
  'hash:ip,port,ip': 6,
  'hash:ip,port,net': 8,
  'bitmap:port': 3,
}

/** `references`: how many rules name a set. */
export function listSets(sets: ReadonlyMap<string, IpSet>, references: (name: string) => number): string {
  return [...sets.values()]
    .map((set) => {
      const members = set.members.map((member) => `${memberText(member)}\n`)
      return [
        `Name: ${set.name}`,
        `Type: ${set.type}`,
        `Revision: ${REVISION[set.type]}`,
        `Header: ${headerOf(set)}`,
        `References: ${references(set.name)}`,
        `Number of entries: ${members.length}`,
        `Members:\n${members.join('')}`,
      ].join('\n')
    })
    .join('\n')
}

function headerOf({ name, type, family }: IpSet): string {
  if (type === 'bitmap:port') return 'range 0-65535'
  const seed = hash(name).toString(16).padStart(8, '0')
  return `family ${family === 'IPv6' ? 'inet6' : 'inet'} hashsize 1024 maxelem 65536 bucketsize 12 initval 0x${seed}`
}

export function memberText({ ip, net, port, protocol, second, nomatch }: IpSetMember): string {
  const ports = port && (port.from === port.to ? `${port.from}` : `${port.from}-${port.to}`)
  const parts = [ip ?? (net && prefixText(net)), ports && (protocol ? `${protocol}:${ports}` : ports), secondText(second)]
  return parts.filter((part) => part !== undefined).join(',') + (nomatch ? ' nomatch' : '')
}

const secondText = (second: IpSetMember['second']): string | undefined =>
  second === undefined || typeof second === 'string' ? second : prefixText(second)

/** A prefix of one address prints as the address. */
const prefixText = (prefix: Cidr): string => (prefix.length === fullLength(prefix) ? prefix.ip : printCidr(prefix))
