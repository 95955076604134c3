/** Annotations of haproxytech/kubernetes-ingress (documentation/annotations.md). One name may stand in three places: Service before Ingress before ConfigMap, where it is allowed at all. */
export type Values = Readonly<Record<string, string>>

const PREFIXES = ['ingress.kubernetes.io/', 'haproxy.org/', 'haproxy.com/']

/** An object's annotations that are ours, without prefix. */
export function ownAnnotations(annotations: Values = {}): Values {
  const found: Record<string, string> = {}
  for (const [key, value] of Object.entries(annotations)) {
    const prefix = PREFIXES.find((each) => key.startsWith(each))
    if (prefix !== undefined) found[key.slice(prefix.length)] = value.trim()
  }
  return found
}

/** The first of these that says something. */
export const valueOf = (name: string, ...from: readonly Values[]): string => from.find((values) => values[name] !== undefined)?.[name] ?? ''

/** GetBoolValue: what strconv.ParseBool takes, and the words of old; what it does not know is false. */
export const isTrue = (text: string): boolean =>
  ['1', 't', 'T', 'TRUE', 'true', 'True'].includes(text) || ['enabled', 'on'].includes(text.toLowerCase())

/** `50s`, `500ms`, `1m`, plain milliseconds: seconds. */
export function secondsOf(text: string, otherwise: number): number {
  const [, digits, unit = 'ms'] = /^(\d+)(us|ms|s|m|h|d)?$/.exec(text) ?? []
  if (digits === undefined) return otherwise
  const factors: Readonly<Record<string, number>> = { us: 1e-6, ms: 1e-3, s: 1, m: 60, h: 3600, d: 86_400 }
  return Number(digits) * (factors[unit] ?? 1)
}

const READ = new Set(
  'ssl-redirect ssl-redirect-code ssl-redirect-port ssl-passthrough ssl-certificate request-redirect request-redirect-code allow-list whitelist deny-list blacklist path-rewrite set-host request-set-header response-set-header load-balance cookie-persistence server-ssl server-proto send-proxy-protocol forwarded-for timeout-server timeout-connect scale-server-slots server-slots servers-increment proxy-protocol tls-alpn'.split(
    ' ',
  ),
)
/** Checks, logs, limits of the process: nothing that a request here would notice. */
const HARMLESS =
  /^(check.*|timeout-.*|syslog-server|log.*|dontlognull|logasap|maxconn|pod-maxconn|nbthread|hard-stop-after|http-connection-mode|http-keep-alive|http-server-close|request-capture.*|clean-certs|abortonclose|server-ca|server-crt)$/

export const unreadIn = (values: Values): readonly string[] => Object.keys(values).filter((name) => !READ.has(name) && !HARMLESS.test(name))
