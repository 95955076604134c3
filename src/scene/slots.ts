/**
 * Places that stay: who had a slot keeps it, newcomers take the lowest free ones in their order. When more than half of the slots would
 * stand empty everybody moves up, so that a cluster that shrank does not stay full of holes.
 */
export function assignSlots(ids: readonly string[], previous: ReadonlyMap<string, number> | undefined): Uint32Array {
  const slots = new Uint32Array(ids.length)
  if (!previous || previous.size === 0 || !worthKeeping(ids, previous)) {
    for (let i = 0; i < ids.length; i++) slots[i] = i
    return slots
  }
  const taken = new Set<number>()
  for (const id of ids) {
    const slot = previous.get(id)
    if (slot !== undefined) taken.add(slot)
  }
  let next = 0
  for (const [i, id] of ids.entries()) {
    const kept = previous.get(id)
    if (kept !== undefined) {
      slots[i] = kept
      continue
    }
    while (taken.has(next)) next++
    slots[i] = next++
  }
  return slots
}

function worthKeeping(ids: readonly string[], previous: ReadonlyMap<string, number>): boolean {
  let highest = -1
  for (const id of ids) highest = Math.max(highest, previous.get(id) ?? -1)
  return highest >= 0 && highest + 1 <= 2 * ids.length
}
