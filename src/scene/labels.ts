import type { MachineKind } from './scene.ts'

const prefixes = new WeakMap<readonly string[], number>()

/**
 * How many letters all names of nodes begin with, up to and with a dash or dot: where there is no room for `ip-10-0-3-17` the map says `17`.
 * 0 for a node alone.
 */
export function commonPrefix(labels: readonly string[], kinds: readonly MachineKind[]): number {
  const known = prefixes.get(labels)
  if (known !== undefined) return known
  const names = labels.filter((_, i) => kinds[i] === 'node')
  const [first = ''] = names
  let length = names.length > 1 ? first.length : 0
  for (const name of names) while (!name.startsWith(first.slice(0, length))) length--
  while (length > 0 && !'-._'.includes(first[length - 1] ?? '')) length--
  prefixes.set(labels, length)
  return length
}
