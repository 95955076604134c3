import type { Headers } from '../../core/apps/http.ts'
import { t } from '../messages/t.ts'
import '../messages/with-programs.ts'
import type { Decided } from './decisions.ts'

const NAMING = ['x-forwarded-for', 'forwarded', 'x-real-ip', 'x-envoy-external-address'] as const

/** `10.244.1.5:40001` and `[fd00::1]:40001` without their ports. */
const withoutPort = (address: string): string => address.replace(/^\[(.*)\]:\d+$/, '$1').replace(/^([^:]+):\d+$/, '$1')

/** What becomes of the client's address behind a program, in one sentence; undefined where nobody was asked. */
export function clientSentence({ connection, upstream, sent }: Decided, server: string): string | undefined {
  if (!upstream?.clientSeen) return undefined
  const seen = withoutPort(upstream.clientSeen)
  const client = withoutPort(connection.clientSeen ?? '')
  const real = withoutPort(connection.client?.address ?? connection.clientSeen ?? '')
  if (upstream.proxyHeader) return t('program.client.proxy', { value: upstream.proxyHeader.source })
  const [header, value] = namingHeader(sent?.headers ?? []) ?? []
  const told = value?.includes(real) ?? false
  if (header !== undefined && value !== undefined && told) return t('program.client.header', { server, seen, header, value })
  if (real !== client && header !== undefined && value !== undefined) return t('program.client.other', { client, real, header, value })
  if (real !== client) return t('program.client.other.none', { client, real })
  return t('program.client.lost', { server, seen })
}

const namingHeader = (headers: Headers): readonly [name: string, value: string] | undefined =>
  NAMING.flatMap((name) => headers.filter(([each]) => each.toLowerCase() === name))[0]
