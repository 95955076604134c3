import type { SendOrder } from '../../worker/protocol.ts'

/** The same request with curl told where its name leads: as a command, which is what a person would type. `resolve` is `HOST:PORT:ADDRESS`. */
export function resolvedOrder(order: SendOrder, resolve: string): SendOrder {
  const text = order.to.trim()
  const command = /^curl\s+(.*)$/s.exec(text)?.[1]
  const { curl = '', ...options } = order.options ?? {}
  const rest = command ?? [curl.trim(), text].filter((part) => part !== '').join(' ')
  const { options: _, ...bare } = order
  return { ...bare, to: `curl --resolve ${resolve} ${rest}`, ...(Object.keys(options).length > 0 && { options }) }
}

/** `HOST:PORT:ADDRESS`; addresses of IPv6 have colons too, hosts have none. */
export const resolvedAddress = (resolve: string): string => resolve.split(':').slice(2).join(':')
