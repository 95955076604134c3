/** Words of nginx.conf that more than one writer needs: server names, locations, and which of an Ingress' settings a location shows. */
import { joinHostPort } from '../../net/ip.ts'
import { needsRewrite, DEFAULT_UPSTREAM, type Location, type Server } from './model.ts'

/** A wildcard is a regular expression here, for nginx' own `*.` would take more than one label. */
export const serverName = (hostname: string): string =>
  hostname.startsWith('*') ? `~^(?<subdomain>[\\w-]+)\\.${hostname.slice(2).split('.').join('\\.')}$` : hostname

/** One path that rewrites or is a regular expression makes all of its host's paths regular expressions, without regard to case. */
export const isRegexServer = ({ locations }: Server): boolean => locations.some((each) => needsRewrite(each) || each.annotations.useRegex)

export const quotedRegex = (path: string): string => path.replace(/[\\"]/g, (char) => `\\${char}`)

export function locationText(server: Server, { path, pathType }: Location): string {
  const quoted = quotedRegex(path)
  if (isRegexServer(server)) return `~* "^${quoted}"`
  return pathType === 'Exact' ? `= "${quoted}"` : `"${quoted}"`
}

export const locationKey = (server: Server, location: Location): string => `${server.hostname} ${locationText(server, location)}`

/** A host without TLS, or one whose every request may come in plain, redirects nothing. */
export function redirectsToHttps(server: Server, { annotations }: Location): boolean {
  return annotations.forceSslRedirect || (annotations.sslRedirect && hasCertificate(server))
}

/** Lua asks whether a certificate was configured for the request's host, which the catch-all's own is not. */
export const hasCertificate = ({ hostname, certificate }: Server): boolean => certificate !== undefined && hostname !== '_'

export type Pass = { readonly directive: 'proxy_pass' | 'grpc_pass'; readonly scheme: string } | undefined

/** backend-protocol; undefined for FastCGI, which is not simulated. */
export function passOf({ annotations, backend }: Location): Pass {
  if (backend === DEFAULT_UPSTREAM) return { directive: 'proxy_pass', scheme: 'http://' }
  switch (annotations.backendProtocol) {
    case 'HTTPS':
      return { directive: 'proxy_pass', scheme: 'https://' }
    case 'GRPC':
      return { directive: 'grpc_pass', scheme: 'grpc://' }
    case 'GRPCS':
      return { directive: 'grpc_pass', scheme: 'grpcs://' }
    case 'AUTO_HTTP':
      return { directive: 'proxy_pass', scheme: '$scheme://' }
    case 'FCGI':
      return undefined
    default:
      return { directive: 'proxy_pass', scheme: 'http://' }
  }
}

export const hostPort = ({ address, port }: { readonly address: string; readonly port: number }): string => joinHostPort(address, port)

/** Quotes a value, and keeps nginx from reading variables into it. */
export const quoted = (value: string): string => `"${value.replace(/[\\"]/g, (char) => `\\${char}`)}"`
