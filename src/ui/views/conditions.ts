import { prefixOf } from './filter.ts'
import { FIELDS } from './filter-fields.ts'
import { quoted } from './filter-tokens.ts'

/** What to filter packets by, for each value that a text of a table speaks of; `field` is what the text as a whole is a value of. */
export function conditionsIn(text: string, field?: string): readonly string[] {
  const found = new Set<string>()
  if (text === '') return []
  if (field !== undefined) found.add(FIELDS[field]?.type === 'flag' ? field : `${field} == ${quoted(text)}`)
  else if (Object.hasOwn(FIELDS, text) && FIELDS[text]?.type === 'flag') found.add(text)
  for (const [pattern, condition] of PATTERNS)
    for (const match of text.matchAll(pattern)) {
      const value = condition(match)
      if (value !== undefined) found.add(value)
    }
  return [...found]
}

type Pattern = readonly [pattern: RegExp, condition: (match: RegExpMatchArray) => string | undefined]

const PATTERNS: readonly Pattern[] = [
  // A prefix of a device has host bits; the filter compares by length alone.
  [/(?<![\d.])(\d{1,3}(?:\.\d{1,3}){3}(?:\/\d{1,2})?)(?![\d.])/g, ([, ip = '']) => (ip.endsWith('/0') ? undefined : `ip.addr == ${ip}`)],
  [
    /(?<![\da-f:.])([\da-f]{0,4}(?::[\da-f]{0,4}){2,7}(?:\/\d{1,3})?)(?![\da-f:.])/g,
    ([, ip = '']) => (ip.endsWith('/0') || ip === '::' || !prefixOf(ip) ? undefined : `ipv6.addr == ${ip}`),
  ],
  [/\]:(\d{1,5})\b/g, ([, port]) => `port == ${port}`],
  [/\d{1,3}(?:\.\d{1,3}){3}:(\d{1,5})\b/g, ([, port]) => `port == ${port}`],
  [/--(?:dport|sport|to-ports) (\d{1,5})\b/g, ([, port]) => `port == ${port}`],
  [/(?<![\da-f:])([\da-f]{2}(?::[\da-f]{2}){5})(?![\da-f:])/g, ([, mac = '']) => `eth.addr == ${quoted(mac)}`],
  [/\b(?:dev|-i|-o) (\S+)/g, ([, dev = '']) => `dev == ${quoted(dev)}`],
  [/(?:^|\s)-[ijg] ?(KUBE-\S+|FLANNEL-\S+)/g, ([, chain = '']) => `chain == ${quoted(chain)}`],
  [/(?:^|\s)-A (\S+)/g, ([, chain = '']) => `chain == ${quoted(chain)}`],
]

/** Packets that do not have it. */
export const without = (condition: string): string => (condition.includes(' ') ? `!(${condition})` : `!${condition}`)
