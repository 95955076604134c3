import { quoted } from '../views/filter-tokens.ts'
import type { Row } from './rows.ts'

/** What a packet of the list can be filtered by, in the order of its columns. */
export function conditionsOf(row: Row): readonly string[] {
  const hosts = [row.fromOwner, row.toOwner].flatMap((owner) => (owner === undefined ? [] : [`host == ${quoted(nameOf(owner))}`]))
  const port = row.condition === undefined ? [] : [row.condition]
  return [...new Set([`ip.addr == ${row.from}`, `ip.addr == ${row.to}`, ...hosts, row.protocol.toLowerCase(), ...port, row.end])]
}

const nameOf = (owner: string): string => owner.slice(owner.lastIndexOf('/') + 1)
