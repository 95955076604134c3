import { ENDPOINTSLICE_SUITE, HOST_LOCAL_SUITE, MANIFEST_SUITE } from './cluster.ts'
import { EXCEPTIONS } from './exceptions.ts'
import { FLANNEL_SUITE } from './flannel.ts'
import { GATEWAY_SUITE } from './gateway.ts'
import { INGRESS_SUITE } from './ingress.ts'
import { IPVS_REAL_WORLD_SUITE, IPVS_SUITE } from './ipvs.ts'
import { KUBE_PROXY_SUITE, REAL_WORLD_SUITE } from './kube-proxy.ts'
import { NFTABLES_REAL_WORLD_SUITE, NFTABLES_SUITE } from './nftables.ts'
import { KLIPPER_SUITE, PORTMAP_SUITE } from './portmap.ts'
import { CaseFiles, type Suite } from './suite.ts'
import { TOPOLOGY_SUITE } from './topology.ts'
import { TRAEFIK_SUITE } from './traefik.ts'

const SUITES: readonly Suite[] = [
  KUBE_PROXY_SUITE,
  REAL_WORLD_SUITE,
  IPVS_SUITE,
  IPVS_REAL_WORLD_SUITE,
  NFTABLES_SUITE,
  NFTABLES_REAL_WORLD_SUITE,
  TOPOLOGY_SUITE,
  ENDPOINTSLICE_SUITE,
  HOST_LOCAL_SUITE,
  PORTMAP_SUITE,
  KLIPPER_SUITE,
  FLANNEL_SUITE,
  MANIFEST_SUITE,
  INGRESS_SUITE,
  TRAEFIK_SUITE,
  GATEWAY_SUITE,
]

export interface SuiteReport {
  readonly lines: readonly string[]
  readonly passed: number
  readonly failed: number
}

/** Runs the suites of these folders. A folder for which there is no suite speaks for something that is not simulated yet, and is named. */
export function runSuites(root: string, folders: readonly string[]): SuiteReport {
  const lines: string[] = []
  let [passed, failed] = [0, 0]
  for (const folder of folders) {
    const suites = SUITES.filter((each) => each.folder === folder)
    if (suites.length === 0) {
      lines.push(`${folder}: skipped, not simulated yet`)
      continue
    }
    const cases = new CaseFiles(root)
    const outcomes = suites.flatMap((suite) => suite.run(cases)).filter(({ id }) => !EXCEPTIONS.has(`${folder} ${id}`))
    const bad = outcomes.filter(({ why }) => why !== undefined)
    passed += outcomes.length - bad.length
    failed += bad.length
    lines.push(`${folder}: ${outcomes.length - bad.length} of ${outcomes.length}`)
    for (const { id, why } of bad) lines.push(`  ${id}: ${why}`)
    for (const path of cases.absent) lines.push(`  skipped: ${path} is absent`)
  }
  return { lines: [...lines, `suites: ${passed} of ${passed + failed} cases`], passed, failed }
}
