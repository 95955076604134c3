import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { readFull } from '../api/full-yaml.ts'
import type { ManifestFile } from '../api/manifest.ts'
import { readSource } from '../api/yaml-source.ts'
import { emptyCluster, list } from '../cluster/cluster.ts'
import { defaultConfig } from '../cluster/config.ts'
import { applyManifests } from './apply.ts'
import { settle } from './settle.ts'

const SHARED = '../shared'
const here = existsSync(SHARED)
if (!here) process.stdout.write(`no ${SHARED}: its goldens, manifests and suites are skipped\n`)

const files = (folder: string, ending: RegExp): string[] =>
  here
    ? (readdirSync(`${SHARED}/${folder}`, { recursive: true }) as string[])
        .filter((name) => ending.test(name))
        .map((name) => `${SHARED}/${folder}/${name}`)
    : []

interface Given {
  readonly profile?: 'kubeadm' | 'k3s'
  readonly objects: unknown
  readonly ipFamilies?: readonly string[]
}

test('slices of every golden are those that the reference derived', () => {
  let compared = 0
  for (const path of files('goldens/open', /(?:scenario|case)\.json$/)) {
    const given = JSON.parse(readFileSync(path, 'utf8')) as Given
    const answer = path.replace(/(?:scenario|case)\.json$/, 'endpointslices.json')
    if (!existsSync(answer)) continue
    const { cluster, problems } = applyManifests(emptyCluster(defaultConfig(given.profile ?? 'kubeadm')), [
      { name: path, text: JSON.stringify(given.objects) },
    ])
    expect(
      problems.filter(({ severity }) => severity === 'error'),
      path,
    ).toEqual([])
    const { items } = JSON.parse(readFileSync(answer, 'utf8')) as { items: Slice[] }
    expect(ordered([...list(cluster, 'EndpointSlice')] as unknown as Slice[]), path).toEqual(ordered(items))
    compared++
  }
  expect(compared > 0).toBe(here)
})

interface Slice {
  readonly metadata: { readonly namespace: string; readonly labels: Readonly<Record<string, string>> }
  readonly addressType: string
  readonly ports: readonly { name: string; port: number; protocol: string }[]
  readonly endpoints: readonly { addresses: readonly string[] }[]
}

/** Names and labels apart, which are the lab's own; the order of slices says nothing, that of endpoints does. */
const ordered = (slices: readonly Slice[]): unknown[] =>
  slices
    .map(({ metadata, addressType, ports, endpoints }) => ({
      service: `${metadata.namespace}/${metadata.labels['kubernetes.io/service-name']}`,
      addressType,
      ports: ports.map(({ name, port, protocol }) => ({ name, port, protocol })),
      endpoints,
    }))
    .sort((a, b) => (JSON.stringify([a.service, a.addressType, a.ports]) < JSON.stringify([b.service, b.addressType, b.ports]) ? -1 : 1))

/** A symbolic link that was stored as text: kubectl refuses it in the same words. */
const NOT_MANIFESTS = /cafe-secret\.yaml$/

const fileAt = (name: string): ManifestFile => {
  const text = readFileSync(name, 'utf8')
  const source = readSource(text, readFull)
  return { name, text, ...(source && { source }) }
}

test('manifests of others load without errors and settle', () => {
  for (const path of [
    ...files('suites/manifests', /\.ya?ml$/),
    ...files('seeds/manifests', /\.ya?ml$/),
    ...files('suites/gateway-api/manifests', /\.ya?ml$/),
  ]) {
    const applied = applyManifests(emptyCluster(defaultConfig('kubeadm')), [fileAt(path)], { nodes: 3 })
    if (NOT_MANIFESTS.test(path)) continue
    expect(
      applied.problems.filter(({ severity }) => severity === 'error'),
      path,
    ).toEqual([])
    const settled = applied.cluster
    expect(settle(settled)).toBe(settled)
    for (const pod of list(settled, 'Pod'))
      if (!pod.spec.nodeSelector) expect(pod.status.phase, `${path} ${pod.metadata.name}`).toBe('Running')
  }
})
