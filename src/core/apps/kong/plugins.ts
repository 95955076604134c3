/**
 * Plugins as the controller finds them (internal/dataplane/kongstate, v3): named by annotations of Ingresses, Services and consumers, or global by a label. Of several of one name the most particular one runs;
 * plugins that hold for a consumer on a route alone are left out.
 */
import type { KongClusterPlugin, KongConsumer, KongPlugin } from '../../api/kong.ts'
import { latin1 } from '../../api/base64.ts'
import { secretBytes } from '../../api/secret.ts'
import { type Cluster, get, list } from '../../cluster/cluster.ts'
import type { LogLine, ObjectRef } from '../program.ts'
import type { Consumer, Plugin } from './model.ts'

export const PLUGINS = 'konghq.com/plugins'

/** Priorities out of the plugins' own handlers: the higher runs first. */
export const PRIORITY: Readonly<Record<string, number>> = {
  'correlation-id': 100_001,
  cors: 2000,
  'key-auth': 1250,
  'basic-auth': 1100,
  'ip-restriction': 990,
  'rate-limiting': 910,
  'request-transformer': 801,
  'response-transformer': 800,
  'request-termination': 2,
}
/** Those that only look on. */
const WATCHERS = /^(prometheus|file-log|http-log|tcp-log|udp-log|syslog|loggly|datadog|statsd|zipkin|opentelemetry|session|bot-detection)$/

export interface Reading {
  readonly cluster: Cluster
  readonly log: LogLine[]
  /** The class that the controller serves. */
  readonly className: string
}

type Definition = KongPlugin | KongClusterPlugin

const refOf = ({ kind, metadata }: Definition | KongConsumer): ObjectRef => ({
  kind,
  ...(metadata.namespace !== undefined && { namespace: metadata.namespace }),
  name: metadata.name,
})

/** The plugins that an object's annotation names; `namespace:name` is one of another namespace. */
export function pluginsOf(
  at: Reading,
  annotations: Readonly<Record<string, string>>,
  namespace: string,
  about: ObjectRef,
): readonly Plugin[] {
  const names = (annotations[PLUGINS] ?? '').split(',').flatMap((each) => each.trim() || [])
  return names.flatMap((each) => {
    const [from, name] = each.includes(':') ? (each.split(':') as [string, string]) : [namespace, each]
    const found = get(at.cluster, 'KongPlugin', from, name) ?? get(at.cluster, 'KongClusterPlugin', '', name)
    if (found) return pluginOf(at, found)
    at.log.push({ level: 'error', text: `referenced KongPlugin or KongClusterPlugin "${name}" does not exist`, object: about })
    return []
  })
}

export const globalPlugins = (at: Reading): readonly Plugin[] =>
  [...list(at.cluster, 'KongClusterPlugin')]
    .filter(({ metadata }) => metadata.labels?.['global'] === 'true')
    .flatMap((each) => pluginOf(at, each))

function pluginOf({ cluster, log }: Reading, definition: Definition): readonly Plugin[] {
  const { plugin: name, disabled, config = {}, configFrom, metadata } = definition
  const object = refOf(definition)
  if (disabled || WATCHERS.test(name)) return []
  if (PRIORITY[name] === undefined) log.push({ level: 'warning', text: `plugin ${name} is not simulated`, object })
  const secret = configFrom?.secretKeyRef
  const bytes = secret && get(cluster, 'Secret', secret.namespace ?? metadata.namespace ?? '', secret.name)
  const text = bytes && latin1(secretBytes(bytes, secret.key) ?? [])
  if (secret && !text) {
    log.push({
      level: 'error',
      text: `error parsing config for KongPlugin ${metadata.namespace ?? ''}/${metadata.name}: Secret not found`,
      object,
    })
    return []
  }
  const given = text ? parsed(text) : config
  if (given) return PRIORITY[name] === undefined ? [] : [{ name, config: given, object }]
  log.push({ level: 'error', text: `error parsing config for KongPlugin ${metadata.namespace ?? ''}/${metadata.name}`, object })
  return []
}

/** JSON, which is what most Secrets have; YAML is not read here. */
function parsed(text: string): Plugin['config'] | undefined {
  try {
    return JSON.parse(text) as Plugin['config']
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

const CLASS = 'kubernetes.io/ingress.class'

/** Consumers of the controller's class with what they identify themselves by. */
export function consumersOf(at: Reading): readonly Consumer[] {
  return [...list(at.cluster, 'KongConsumer')].flatMap((each) => {
    const { metadata, username = '', custom_id: customId = '', credentials = [] } = each
    const object = refOf(each)
    if (metadata.annotations?.[CLASS] !== at.className) return []
    const say = (text: string): void => {
      at.log.push({ level: 'error', text, object })
    }
    if (username === '' && customId === '') {
      say('no username or custom_id specified')
      return []
    }
    const namespace = metadata.namespace ?? ''
    const [keys, basic] = [new Set<string>(), new Map<string, string>()]
    for (const name of credentials) {
      const secret = get(at.cluster, 'Secret', namespace, name)
      const read = (key: string): string => (secret ? latin1(secretBytes(secret, key) ?? []) : '')
      const kind = secret?.metadata.labels?.['konghq.com/credential'] ?? read('kongCredType')
      if (!secret) say(`credential "${name}" failure: Failed to fetch secret: Secret ${namespace}/${name} not found`)
      else if (kind === 'key-auth' && read('key') !== '') keys.add(read('key'))
      else if (kind === 'key-auth') say(`credential "${name}" failure: failed to provision credential: key-auth is invalid: no key`)
      else if (kind === 'basic-auth' && read('username') !== '') basic.set(read('username'), read('password'))
      else if (kind === 'basic-auth')
        say(`credential "${name}" failure: failed to provision credential: basic-auth is invalid: no username`)
      else at.log.push({ level: 'warning', text: `credential ${kind || name} is not simulated`, object })
    }
    return [{ username, customId, keys, basic, plugins: pluginsOf(at, metadata.annotations ?? {}, namespace, object), object }]
  })
}
