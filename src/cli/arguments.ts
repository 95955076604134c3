import { parseArgs, type ParseArgsConfig } from 'node:util'
import { line } from './messages.ts'
import { UsageError } from './terminal.ts'

/** What may follow a command, as node:util's parseArgs wants it. */
type Options = NonNullable<ParseArgsConfig['options']>

/** Every command that reads manifests has these. */
export const CLUSTER_OPTIONS = {
  file: { type: 'string', short: 'f', multiple: true },
  nodes: { type: 'string' },
  profile: { type: 'string' },
  backend: { type: 'string' },
  mode: { type: 'string' },
  scheduler: { type: 'string' },
  'strict-arp': { type: 'boolean' },
  'masquerade-all': { type: 'boolean' },
  'load-balancer': { type: 'string' },
  site: { type: 'string' },
  cloud: { type: 'string' },
  'ip-families': { type: 'string' },
} as const satisfies Options

/** What a packet is like; `state` takes them too, to send one first. */
export const REQUEST_OPTIONS = {
  from: { type: 'string' },
  to: { type: 'string' },
  ipv4: { type: 'boolean', short: '4' },
  ipv6: { type: 'boolean', short: '6' },
  proto: { type: 'string' },
  sport: { type: 'string' },
  payload: { type: 'string' },
  ttl: { type: 'string' },
  df: { type: 'boolean' },
  'no-df': { type: 'boolean' },
  seed: { type: 'string' },
  pick: { type: 'string', multiple: true },
} as const satisfies Options

export const OUTPUT_OPTION = { output: { type: 'string', short: 'o' } } as const satisfies Options

export interface Arguments {
  readonly values: Readonly<Record<string, string | boolean | readonly (string | boolean)[] | undefined>>
  readonly positionals: readonly string[]
}

/** Throws UsageError for an unknown option, in parseArgs' words. */
export function readArguments(args: readonly string[], options: Options): Arguments {
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true, strict: true })
    return { values, positionals }
  } catch (error) {
    // What follows its first sentence is Node's advice on `--`, which is of no use here.
    const [message = ''] = (error instanceof Error ? error.message : String(error)).split('. To specify a positional argument')
    throw new UsageError(line('error.arguments', { message }))
  }
}

export function text({ values }: Arguments, name: string): string | undefined {
  const value = values[name]
  return typeof value === 'string' ? value : undefined
}

export function required(args: Arguments, name: string, command: string): string {
  const value = text(args, name)
  if (value === undefined) throw new UsageError(line('error.missing', { option: `--${name}`, command }))
  return value
}

export function texts({ values }: Arguments, name: string): readonly string[] {
  const value = values[name]
  return Array.isArray(value) ? value.filter((each): each is string => typeof each === 'string') : []
}

export const flag = ({ values }: Arguments, name: string): boolean => values[name] === true

export function choice<T extends string>(args: Arguments, name: string, choices: readonly T[], fallback: T): T {
  const value = text(args, name)
  if (value === undefined) return fallback
  const found = choices.find((each) => each === value)
  if (found === undefined) throw new UsageError(line('error.choice', { option: `--${name}`, value, choices: choices.join(', ') }))
  return found
}

export function wholeNumber(args: Arguments, name: string, from: number, to: number): number | undefined {
  const value = text(args, name)
  if (value === undefined) return undefined
  const number = /^\d+$/.test(value) ? Number(value) : Number.NaN
  if (!(number >= from && number <= to)) throw new UsageError(line('error.number', { option: `--${name}`, value, from, to }))
  return number
}
