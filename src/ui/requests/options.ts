import type { SendOptions, SendOrder } from '../../worker/protocol.ts'

/** What a protocol has no use for is not sent along. */
export function usefulOptions(options: SendOptions, protocol: SendOrder['protocol']): SendOptions | undefined {
  const { sourcePort, payload, ttl, dontFragment, curl = '' } = options
  const useful: SendOptions = {
    ...(sourcePort === undefined || protocol === 'icmp' ? {} : { sourcePort }),
    ...(payload === undefined || protocol === 'tcp' ? {} : { payload }),
    ...(ttl === undefined ? {} : { ttl }),
    ...(dontFragment === undefined ? {} : { dontFragment }),
    ...(curl.trim() === '' || protocol !== 'tcp' ? {} : { curl: curl.trim() }),
  }
  return Object.keys(useful).length === 0 ? undefined : useful
}
