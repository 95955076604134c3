import { hash } from '../../../base/choose.ts'
import type { ServicePortInfo } from '../service-port.ts'

/** ip_local_port_range: kube-proxy listens on port 0 and takes what the kernel gives it (proxysocket.go). */
const FIRST = 32768
const COUNT = 28232

/**
 * The port on which kube-proxy listens for each port of a Service. Which one it is follows here from the names, so that it stays when another Service comes and
 * is the same on all nodes. SCTP is not among them: this mode does not know it.
 */
export function proxyPorts(ports: readonly ServicePortInfo[]): ReadonlyMap<ServicePortInfo, number> {
  const taken = new Set<string>()
  const given = new Map<ServicePortInfo, number>()
  for (const port of ports) {
    if (port.protocol === 'sctp' || taken.size >= COUNT) continue
    let number = FIRST + (hash(`${port.protocol} ${port.name}`) % COUNT)
    while (taken.has(`${port.protocol} ${number}`)) number = number + 1 < FIRST + COUNT ? number + 1 : FIRST
    taken.add(`${port.protocol} ${number}`)
    given.set(port, number)
  }
  return given
}
