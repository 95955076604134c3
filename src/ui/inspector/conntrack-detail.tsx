import type { ConntrackEntry } from '../../core/kernel/netfilter/conntrack-entry.ts'
import type { Tuple } from '../../core/net/packet.ts'
import { t } from '../messages/t.ts'
import { Pairs } from './pairs.tsx'

/** One line of `conntrack -L`, taken apart. */
export function ConntrackDetail({ entry, created }: { readonly entry: ConntrackEntry; readonly created: boolean }) {
  const flags = [entry.state ?? '', entry.seenReply ? '' : t('conntrack.unreplied'), entry.assured ? t('conntrack.assured') : ''].filter(
    (flag) => flag !== '',
  )
  return (
    <Pairs
      pairs={[
        [created ? t('conntrack.created') : t('conntrack.original'), tupleText(entry.original)],
        [t('conntrack.reply'), tupleText(entry.reply)],
        [t('conntrack.state'), flags.join(' ')],
        [t('chain.mark'), entry.mark === 0 ? '' : `0x${entry.mark.toString(16)}`],
      ]}
    />
  )
}

const tupleText = (tuple: Tuple): string =>
  tuple.protocol === 'icmp'
    ? `${tuple.protocol} ${tuple.source} → ${tuple.destination} id=${tuple.sourcePort}`
    : `${tuple.protocol} ${tuple.source}:${tuple.sourcePort} → ${tuple.destination}:${tuple.destinationPort}`
