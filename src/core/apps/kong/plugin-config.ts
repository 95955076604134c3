/** What plugins share: the values of their configuration, a request while it passes them, and what they may say. */
import type { Headers, HttpRequest } from '../http.ts'
import type { Accepted } from '../program.ts'
import type { Consumer, Plugin } from './model.ts'

/** An answer by a plugin: `error` in the form that the client accepts, `exit` as it is. */
export type PluginAnswer =
  | { readonly kind: 'error'; readonly status: number; readonly message: string; readonly headers: Headers }
  | { readonly kind: 'exit'; readonly status: number; readonly body: string; readonly headers: Headers }

export type HeaderFilter = (headers: Headers) => Headers

/** What plugins share while they run. */
export interface Passing {
  request: HttpRequest
  readonly connection: Accepted
  readonly client: Accepted['peer']
  consumer: Consumer | undefined
  readonly remember: (readonly [string, number | string])[]
}

export const textOf = ({ config }: Plugin, key: string, otherwise = ''): string => {
  const value = config[key]
  return typeof value === 'string' || typeof value === 'number' ? String(value) : otherwise
}
export const numberOf = ({ config }: Plugin, key: string): number | undefined => {
  const value = config[key]
  return typeof value === 'number' ? value : undefined
}
export const isSet = ({ config }: Plugin, key: string, otherwise = false): boolean => {
  const value = config[key]
  return typeof value === 'boolean' ? value : otherwise
}
export const listOf = ({ config }: Pick<Plugin, 'config'>, key: string): readonly string[] => {
  const value = config[key]
  return Array.isArray(value) ? value.map(String) : []
}
