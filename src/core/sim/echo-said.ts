/** What tests of proxies ask of a journey: its status, which application answered and what that saw, and the way of the first packet behind the proxy. */
import type { Headers } from '../apps/http.ts'
import type { Conversation } from './conversation.ts'

export interface EchoSaid {
  readonly status: number | undefined
  readonly body: string
  readonly headers: Headers
  /** The application that answered and the path that it saw: `api /items`. Empty where a proxy answered. */
  readonly by: string
  readonly pod: string
  /** Whom the application saw, without a port. */
  readonly peer: string
  /** Namespaces that the first packet from the proxy went through. */
  readonly way: readonly string[]
  readonly conversation: Conversation
}

const NOBODY = { pod: '', path: '', peer: '' }

export function echoSaid(conversation: Conversation): EchoSaid {
  const [first, second] = conversation.connections
  const response = first?.exchanges?.at(-1)?.response
  const body = response?.body ?? ''
  const { pod, path, peer } = body.startsWith('{') ? (JSON.parse(body) as typeof NOBODY) : NOBODY
  return {
    status: response?.status,
    body,
    headers: response?.headers ?? [],
    by: `${pod.split('-')[0] ?? ''} ${path}`.trim(),
    pod,
    peer: peer.replace(/:\d+$/, ''),
    way: second?.packets[0]?.hops.map(({ netns }) => netns) ?? [],
    conversation,
  }
}
