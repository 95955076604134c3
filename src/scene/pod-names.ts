import { ipFromNumber } from '../core/net/ip.ts'
import type { PodColumns, Scene } from './scene.ts'

/**
 * Pods travel from worker to page as numbers and one long string. Ids, names and addresses of single pods are made here, when somebody
 * looks at them: a map of 150,000 pods never holds as many strings.
 */
export const podName = ({ pods }: Scene, pod: number): string => pods.names.slice(pods.nameStart[pod] ?? 0, pods.nameStart[pod + 1] ?? 0)

export const podNamespace = ({ pods }: Scene, pod: number): string => pods.namespaces[pods.namespace[pod] ?? 0] ?? ''

/** `pod/NAMESPACE/NAME`; empty where there is no such pod. */
export const podId = (scene: Scene, pod: number): string =>
  pod >= 0 && pod < scene.pods.count ? `pod/${podNamespace(scene, pod)}/${podName(scene, pod)}` : ''

/** As in the pod's status; empty before it has one. */
export function podAddress({ pods }: Scene, pod: number): string {
  const number = pods.address[pod] ?? 0
  return number === 0 ? (pods.oddAddresses.find((odd) => odd.pod === pod)?.address ?? '') : ipFromNumber(number)
}

/** The number of a dotted IPv4 address, as `ipNumber` has it; undefined for every other text. Asked of every pod: no regular expression. */
export function ipv4Number(text: string): number | undefined {
  let [value, part, digits, dots] = [0, 0, 0, 0]
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code === DOT) {
      if (digits === 0 || part > 255) return undefined
      value = value * 256 + part
      part = digits = 0
      dots++
    } else {
      if (code < ZERO || code > NINE || digits === 3) return undefined
      part = part * 10 + code - ZERO
      digits++
    }
  }
  if (dots !== 3 || digits === 0 || part > 255) return undefined
  return value * 256 + part
}

const DOT = 46
const ZERO = 48
const NINE = 57

export const podIndex = (scene: Scene, id: string): number | undefined => {
  const [kind, namespace, name, ...rest] = id.split('/')
  return kind === 'pod' && namespace !== undefined && name !== undefined && rest.length === 0 ? podNamed(scene, namespace, name) : undefined
}

export function podNamed(scene: Scene, namespace: string, name: string): number | undefined {
  const { pods } = scene
  const owner = pods.namespaces.indexOf(namespace)
  if (owner < 0) return undefined
  const table = tableOf(pods)
  const mask = table.length - 1
  for (let at = hashOf(name, 0, name.length, owner) & mask; ; at = (at + 1) & mask) {
    const pod = (table[at] ?? 0) - 1
    if (pod < 0) return undefined
    const start = pods.nameStart[pod] ?? 0
    const same = pods.namespace[pod] === owner && (pods.nameStart[pod + 1] ?? 0) - start === name.length
    if (same && pods.names.startsWith(name, start)) return pod
  }
}

/** Open addressing over the packed names; 0 is empty, else a pod's index + 1. Made once per set of columns. */
const tables = new WeakMap<PodColumns, Uint32Array>()
function tableOf(pods: PodColumns): Uint32Array {
  const known = tables.get(pods)
  if (known) return known
  const table = new Uint32Array(2 ** Math.ceil(Math.log2(2 * pods.count + 2)))
  const mask = table.length - 1
  for (let pod = 0; pod < pods.count; pod++) {
    let at = hashOf(pods.names, pods.nameStart[pod] ?? 0, pods.nameStart[pod + 1] ?? 0, pods.namespace[pod] ?? 0) & mask
    while (table[at] !== 0) at = (at + 1) & mask
    table[at] = pod + 1
  }
  tables.set(pods, table)
  return table
}

/** FNV-1a; names of replicas differ at their ends only, so the high bits are folded in. */
function hashOf(text: string, start: number, end: number, seed: number): number {
  let hash = 0x811c9dc5 ^ seed
  for (let i = start; i < end; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return hash ^ (hash >>> 15)
}
