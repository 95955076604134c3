/** kong/plugins/rate-limiting with its policy `local`: requests counted per window of the clock, in one worker's memory. Policies that share a count are one pod's here, too. */
import { headerOf, type Headers, pathOf } from '../http.ts'
import { numberOf, type HeaderFilter, isSet, type Passing, type PluginAnswer, textOf } from './plugin-config.ts'
import type { Plugin } from './model.ts'
import { addedHeaders } from './transformers.ts'

const PERIODS = [
  ['second', 1],
  ['minute', 60],
  ['hour', 3600],
  ['day', 86_400],
  ['month', 2_592_000],
  ['year', 31_536_000],
] as const

function identifierOf(plugin: Plugin, { request, consumer, client }: Passing): string {
  switch (textOf(plugin, 'limit_by', 'consumer')) {
    case 'service':
      return 'service'
    case 'consumer':
    case 'credential':
      return consumer?.object.name ?? client
    case 'header':
      return headerOf(request.headers, textOf(plugin, 'header_name')) ?? client
    case 'path':
      return pathOf(request) === textOf(plugin, 'path') ? pathOf(request) : client
    default:
      return client
  }
}

interface Usage {
  readonly period: string
  readonly window: number
  readonly limit: number
  readonly used: number
  readonly key: string
  /** Seconds until the window ends. */
  readonly reset: number
}

function usageOf(plugin: Plugin, at: Passing): readonly Usage[] {
  const { now, memory } = at.connection.moment
  const identifier = identifierOf(plugin, at)
  return PERIODS.flatMap(([period, window]) => {
    const limit = numberOf(plugin, period)
    if (limit === undefined) return []
    const begin = Math.floor(now / window) * window
    const key = `rate-limiting ${plugin.object.namespace ?? ''}/${plugin.object.name} ${identifier} ${period}`
    const [since, count] = String(memory.get(key) ?? '').split(' ')
    const used = since === String(begin) ? Number(count) : 0
    return [{ period, window, limit, used, key, reset: Math.max(1, window - Math.floor(now - begin)) }]
  })
}

export function limited(plugin: Plugin, at: Passing): PluginAnswer | HeaderFilter | undefined {
  const usage = usageOf(plugin, at)
  const full = usage.filter(({ limit, used }) => limit - used <= 0).at(-1)
  const headers: (readonly [string, string])[] = []
  let least: { readonly remaining: number; readonly of: Usage } | undefined
  for (const each of usage) {
    const left = each.limit - each.used - (full === undefined || full === each ? 1 : 0)
    const remaining = Math.max(0, left)
    if (!least || remaining < least.remaining || (remaining === least.remaining && each.window > least.of.window))
      least = { remaining, of: each }
    const name = each.period.charAt(0).toUpperCase() + each.period.slice(1)
    headers.push([`X-RateLimit-Limit-${name}`, String(each.limit)], [`X-RateLimit-Remaining-${name}`, String(remaining)])
  }
  if (least) {
    const { remaining, of } = least
    headers.push(['RateLimit-Limit', String(of.limit)], ['RateLimit-Remaining', String(remaining)], ['RateLimit-Reset', String(of.reset)])
  }
  const shown: Headers = isSet(plugin, 'hide_client_headers') ? [] : headers
  if (full) {
    const again: Headers = shown.length > 0 && least ? [['Retry-After', String(least.of.reset)]] : []
    const message = textOf(plugin, 'error_message', 'API rate limit exceeded')
    return { kind: 'error', status: numberOf(plugin, 'error_code') ?? 429, message, headers: [...shown, ...again] }
  }
  const { now } = at.connection.moment
  for (const { key, window, used } of usage) at.remember.push([key, `${Math.floor(now / window) * window} ${used + 1}`])
  return (given) => addedHeaders(given, shown)
}
