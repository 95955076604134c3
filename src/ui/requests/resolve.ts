import type { SendOrder } from '../../worker/protocol.ts'

/** The same request with curl told where its name leads: as a command, which is what a person would type. `resolve` is `HOST:PORT:ADDRESS`. */
export function resolvedOrder(order: SendOrder, resolve: string): SendOrder {
  const text = order.to.trim()
  const command = /^curl\s+(.*)$/s.exec(text)?.[1]
  const { curl = '', ...options } = order.options ?? {}
  if (/^grpcurl\s/.test(text)) return { ...order, to: resolvedCall(text, resolve) }
  const rest = command ?? [curl.trim(), text].filter((part) => part !== '').join(' ')
  const { options: _, ...bare } = order
  return { ...bare, to: `curl --resolve ${resolve} ${rest}`, ...(Object.keys(options).length > 0 && { options }) }
}

/** grpcurl is told the address, and the name for the handshake and the call. */
function resolvedCall(text: string, resolve: string): string {
  const [host = '', port = ''] = resolve.split(':')
  const address = resolvedAddress(resolve)
  const at = address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
  const words = text.split(/\s+/).map((word) => (word === host || word === `${host}:${port}` ? at : word))
  return ['grpcurl', '-authority', host, ...words.slice(1)].join(' ')
}

/** `HOST:PORT:ADDRESS`; addresses of IPv6 have colons too, hosts have none. */
export const resolvedAddress = (resolve: string): string => resolve.split(':').slice(2).join(':')
