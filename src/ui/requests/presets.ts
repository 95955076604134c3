import type { SendOptions, SendOrder } from '../../worker/protocol.ts'

/** A program as a person calls it, and what of the request it decides. The target keeps its name. */
export interface Preset {
  readonly id: 'ping' | 'ping-df' | 'curl' | 'dig' | 'nc' | 'nc-u' | 'traceroute'
  readonly protocol: SendOrder['protocol']
  readonly to: (target: Dialled) => string
  readonly options?: SendOptions
}

/** What is typed, taken apart. */
export interface Dialled {
  readonly host: string
  readonly port: string
}

const DNS = '53'
const HTTP = '80'
/** Where traceroute begins to count. */
const TRACEROUTE = '33434'
/** What fits into Ethernet's 1500 with an IPv4 and an ICMP header. */
const FULL_FRAME = 1472

const hostPort = ({ host, port }: Dialled, otherwise: string): string => `${host}:${port === '' ? otherwise : port}`

export const PRESETS: readonly Preset[] = [
  {
    id: 'curl',
    protocol: 'tcp',
    to: ({ host, port }) => (port === '' || port === HTTP ? `http://${host}/` : `http://${host}:${port}/`),
  },
  { id: 'ping', protocol: 'icmp', to: ({ host }) => host },
  { id: 'ping-df', protocol: 'icmp', to: ({ host }) => host, options: { payload: FULL_FRAME, dontFragment: true } },
  { id: 'dig', protocol: 'udp', to: ({ host }) => `${host}:${DNS}` },
  { id: 'nc', protocol: 'tcp', to: (dialled) => hostPort(dialled, HTTP) },
  { id: 'nc-u', protocol: 'udp', to: (dialled) => hostPort(dialled, DNS) },
  { id: 'traceroute', protocol: 'udp', to: ({ host }) => `${host}:${TRACEROUTE}`, options: { ttl: 1 } },
]

/** `http://web.shop:8080/cart` is `web.shop` and `8080`. */
export function dialled(target: string): Dialled {
  const authority = target
    .trim()
    .replace(/^[a-z][a-z0-9+.-]*:\/\//i, '')
    .replace(/[/?#].*$/, '')
  const six = /^\[([^\]]+)\](?::(\d+))?$/.exec(authority)
  if (six) return { host: `[${six[1] ?? ''}]`, port: six[2] ?? '' }
  const match = /^(.*?)(?::(\d+))?$/.exec(authority)
  return { host: match?.[1] ?? '', port: match?.[2] ?? (target.startsWith('https:') ? '443' : '') }
}

/** A number as typed: absent when empty, held within its bounds. */
export function bounded(typed: number, from: number, to: number): number | undefined {
  return Number.isFinite(typed) ? Math.min(to, Math.max(from, Math.round(typed))) : undefined
}
