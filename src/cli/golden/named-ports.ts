import type { Site } from '../../core/cluster/site.ts'
import type { Scenario } from './format.ts'

/** Ports that the scenario or the site names: a port that the kernel draws should be none of them. */
export function namedPorts(scenario: Scenario, site: Site): ReadonlySet<number> {
  const ports = new Set<number>()
  const visit = (value: unknown) => {
    if (Array.isArray(value)) value.forEach(visit)
    else if (value && typeof value === 'object')
      for (const [key, inner] of Object.entries(value)) {
        if (typeof inner === 'number' && key.toLowerCase().endsWith('port')) ports.add(inner)
        else visit(inner)
      }
  }
  visit(scenario.objects)
  for (const host of site.hosts) for (const { port } of host.listens) ports.add(port)
  for (const [index, probe] of scenario.probes.entries()) {
    ports.add(probe.sport ?? FIRST_SOURCE_PORT + index)
    const { port } = splitHostPort(probe.to)
    if (port !== undefined) ports.add(port)
  }
  return ports
}

/** `10.0.0.1:80`, `[fd00::1]:80`, or a bare address. */
export function splitHostPort(text: string): { readonly host: string; readonly port?: number } {
  const found = /^(?:\[([^\]]+)\]|([^:]+)):(\d+)$/.exec(text)
  return found ? { host: found[1] ?? found[2] ?? '', port: Number(found[3]) } : { host: text }
}

/** Source port of the first probe that does not name one; the next has the next. */
export const FIRST_SOURCE_PORT = 40001
