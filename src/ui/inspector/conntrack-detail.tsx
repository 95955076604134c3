import { isIcmp } from '../../core/net/packet.ts'
import { joinHostPort } from '../../core/net/ip.ts'
import type { ConntrackEntry } from '../../core/kernel/netfilter/conntrack-entry.ts'
import type { Tuple } from '../../core/net/packet.ts'
import { t } from '../messages/t.ts'
import { LookupTable } from './lookup-table.tsx'

interface Props {
  readonly entry: ConntrackEntry
  readonly created: boolean
  readonly netns: string
}

/** The connection that the packet belongs to, among all that its namespace knows. */
export function ConntrackDetail({ entry, created, netns }: Props) {
  const { original, reply, state, seenReply, assured, mark } = entry
  const flags = [
    state ?? '',
    seenReply ? '' : t('conntrack.unreplied'),
    assured ? t('conntrack.assured') : '',
    mark === 0 ? '' : `mark=0x${mark.toString(16)}`,
  ]
  const cells = [original.protocol, tupleText(original), tupleText(reply), flags.filter((flag) => flag !== '').join(' ')]
  return (
    <LookupTable
      label={t('kind.conntrack')}
      netns={netns}
      table="conntrack"
      keys={2}
      used={{ key: 'used', cells, fate: 'won', note: created ? t('conntrack.created') : '' }}
    />
  )
}

const tupleText = (tuple: Tuple): string =>
  isIcmp(tuple.protocol)
    ? `${tuple.source} → ${tuple.destination} id=${tuple.sourcePort}`
    : `${joinHostPort(tuple.source, tuple.sourcePort)} → ${joinHostPort(tuple.destination, tuple.destinationPort)}`
