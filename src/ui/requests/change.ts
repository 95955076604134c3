import { create } from 'zustand'
import type { SendOrder } from '../../worker/protocol.ts'
import '../messages/with-requests.ts'
import { t } from '../messages/t.ts'
import type { Studio } from '../studio.ts'
import type { KeptRequest } from './kept.ts'

/** What was done to the list last, of which project, and the list as it was. */
interface Last {
  readonly project: string
  readonly said: string
  readonly before: readonly KeptRequest[]
}

export const useLast = create<{ readonly last: Last | undefined }>()(() => ({ last: undefined }))

/** Changes the list of kept requests and remembers how it was. */
export function change({ store, actions }: Studio, how: (kept: readonly KeptRequest[]) => readonly KeptRequest[], said: string): void {
  const { kept: before, id: project } = store.getState()
  const after = how(before)
  if (after === before) return
  useLast.setState({ last: { project, said, before } })
  void actions.keep(after).catch(() => undefined)
}

export function undo({ actions }: Studio, { before }: Last): void {
  useLast.setState({ last: undefined })
  void actions.keep(before).catch(() => undefined)
}

/** `TCP pod/default/curl → http://web/ (ttl 1)`. */
export function lineOf({ from, to, protocol, options = {} }: SendOrder): string {
  const { sourcePort, payload, ttl, dontFragment, curl } = options
  const said = [
    sourcePort === undefined ? '' : `sport ${sourcePort}`,
    payload === undefined ? '' : `len ${payload}`,
    ttl === undefined ? '' : `ttl ${ttl}`,
    dontFragment === undefined ? '' : dontFragment ? 'DF' : 'no DF',
    curl ?? '',
  ].filter((part) => part !== '')
  const line = t('requests.line', {
    protocol: t(`protocol.${protocol as 'tcp' | 'udp' | 'icmp'}`),
    from: from === '' ? '…' : from,
    to: to === '' ? '…' : to,
  })
  return said.length === 0 ? line : `${line} (${said.join(', ')})`
}
