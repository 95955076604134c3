/** Hosts and paths as the Ingress specification matches them (k8s.io/api/networking/v1 types.go). Controllers that differ have their own. */
import type { PathType } from '../../api/ingress.ts'

/** `*.foo.com` stands for exactly one more label; no host for every one. Both in lower case. */
export function hostMatches(pattern: string | undefined, host: string): boolean {
  if (pattern === undefined || pattern === '') return true
  if (!pattern.startsWith('*.')) return pattern === host
  const dot = host.indexOf('.')
  return dot > 0 && host.slice(dot) === pattern.slice(1)
}

/** Prefix goes by elements between slashes, with or without a slash at the end. ImplementationSpecific is read as Prefix where a controller says no more. */
export function pathMatches(pattern: string, pathType: PathType, path: string): boolean {
  if (pathType === 'Exact') return pattern === path
  const prefix = pattern.replace(/\/+$/, '')
  return path === prefix || path.startsWith(`${prefix}/`)
}
