import type { SavedTables } from './compact.ts'

/** An `ipvsadm -Ln` text: real servers by virtual server. Its order is ipvsadm's and means nothing. */
export function compactServices(text: string): SavedTables {
  const services = new Map<string, string[]>()
  let current: string[] = []
  for (const line of text.split('\n').slice(3)) {
    const words = line.trim().split(/\s+/)
    if (words[0] === '->') current.push(words.slice(1).join(' '))
    else if (words[0]) services.set(`ipvs ${words.join(' ')}`, (current = []))
  }
  return sorted(services)
}

/** An `ipset save` text: members by set. Seeds and sizes are random. */
export function compactSets(text: string): SavedTables {
  const sets = new Map<string, string[]>()
  const names = new Map<string, string>()
  for (const line of text.split('\n')) {
    const [word, name = '', ...rest] = line.split(' ')
    if (word === 'create') {
      const key = `ipset ${name} ${rest.join(' ').replace(/ (?:hashsize|bucketsize|initval) \S+/g, '')}`
      names.set(name, key)
      sets.set(key, [])
    } else if (word === 'add') sets.get(names.get(name) ?? '')?.push(rest.join(' '))
  }
  return sorted(sets)
}

const sorted = (lists: ReadonlyMap<string, readonly string[]>): SavedTables =>
  Object.fromEntries([...lists].map(([key, list]) => [key, [...list].sort()] as const).sort(([a], [b]) => (a < b ? -1 : 1)))
