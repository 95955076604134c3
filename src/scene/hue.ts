import type { ObjectMeta } from '../core/api/meta.ts'

const APP_LABELS = ['app.kubernetes.io/name', 'app', 'k8s-app', 'app.kubernetes.io/instance', 'name', 'run'] as const

/** What a pod belongs to, as people would say it: its app label, else its owner, else itself. */
export function appOf(metadata: ObjectMeta): string {
  for (const label of APP_LABELS) {
    const value = metadata.labels?.[label]
    if (value) return value
  }
  return metadata.ownerReferences?.[0]?.name ?? metadata.name
}

/** Steps of 20 degrees: two hues are either the same or told apart at a glance. */
const STEP = 20

const hues = new Map<string, number>()

/** A hue (0..359) that depends on the name alone, so that an app has the same colour in every cluster and session. FNV-1a, 32 bits. */
export function hueOf(app: string): number {
  const known = hues.get(app)
  if (known !== undefined) return known
  let hash = 0x811c9dc5
  for (let i = 0; i < app.length; i++) hash = Math.imul(hash ^ app.charCodeAt(i), 0x01000193)
  // The low bits of FNV of short names are close to each other: fold the high ones in.
  hash ^= hash >>> 15
  const hue = ((hash >>> 0) % (360 / STEP)) * STEP
  if (hues.size > 10_000) hues.clear()
  hues.set(app, hue)
  return hue
}
