/** Target ports against what the selected pods' containers say. A container may listen on a port that it does not list; that nobody lists it is remarkable. */
import type { Pod } from '../api/pod.ts'
import type { Service, ServicePort } from '../api/service.ts'
import { type Finding, finding, refOf } from './finding.ts'

interface Port {
  readonly name: string
  readonly number: number
  readonly protocol: string
}

const portsOf = ({ spec }: Pod): readonly Port[] =>
  spec.containers.flatMap(({ ports }) =>
    (ports ?? []).map(({ name = '', containerPort, protocol = 'TCP' }) => ({ name, number: containerPort, protocol })),
  )

/** Where Envoy listens it is told by its control plane; manifests, as Contour's provisioner writes them, need not list it. */
const isTold = ({ spec }: Pod): boolean =>
  spec.containers.some(({ image = '' }) => /(^|\/)envoy(proxy\/envoy)?(-distroless)?([:@]|$)/.test(image))

export function targetPorts(service: Service, pods: readonly Pod[]): readonly Finding[] {
  if (pods.length === 0) return []
  const listed = pods.map(portsOf)
  const told = pods.some(isTold)
  return (service.spec.ports ?? []).flatMap((port, index) => {
    const target = port.targetPort || port.port
    if (told && typeof target !== 'string') return []
    return typeof target === 'string' ? named(service, port, target, index, listed) : numbered(service, port, target, index, listed)
  })
}

const field = (index: number): string => `spec.ports[${index}].targetPort`
const unique = (values: readonly string[]): string => [...new Set(values.filter((value) => value !== ''))].join(', ')

function named(
  service: Service,
  port: ServicePort,
  target: string,
  index: number,
  listed: readonly (readonly Port[])[],
): readonly Finding[] {
  const { protocol = 'TCP' } = port
  const lacking = listed.filter((ports) => !ports.some((each) => each.name === target && each.protocol === protocol))
  if (lacking.length === 0) return []
  const object = refOf(service)
  const other = lacking.flat().find(({ name }) => name === target)
  if (other) {
    const params = { port: port.port, targetPort: target, wants: protocol, has: other.protocol }
    return [finding('target-port-protocol', 'error', object, params, { field: field(index) })]
  }
  const candidates = lacking.flat().filter((each) => each.protocol === protocol && each.name !== '')
  const names = unique(candidates.map(({ name }) => name))
  const only = new Set(candidates.map(({ name }) => name)).size === 1 ? candidates[0]?.name : undefined
  const params = { port: port.port, targetPort: target, pods: lacking.length, of: listed.length, names }
  return [
    finding('target-port-unnamed', lacking.length === listed.length ? 'error' : 'warning', object, params, {
      field: field(index),
      ...(only !== undefined && { fix: { object, path: ['spec', 'ports', index, 'targetPort'], value: only } }),
    }),
  ]
}

/** Only where every selected pod lists ports: pods without any say nothing. */
function numbered(
  service: Service,
  port: ServicePort,
  target: number,
  index: number,
  listed: readonly (readonly Port[])[],
): readonly Finding[] {
  const { protocol = 'TCP' } = port
  if (listed.some((ports) => ports.length === 0 || ports.some((each) => each.number === target && each.protocol === protocol))) return []
  const object = refOf(service)
  const other = listed.flat().find(({ number }) => number === target)
  if (other) {
    const params = { port: port.port, targetPort: String(target), wants: protocol, has: other.protocol }
    return [finding('target-port-protocol', 'error', object, params, { field: field(index) })]
  }
  const same = listed.flat().filter((each) => each.protocol === protocol)
  const numbers = [...new Set(same.map(({ number }) => number))]
  const [only] = numbers
  const params = { port: port.port, targetPort: target, opened: numbers.join(', ') }
  return [
    finding('target-port-unopened', 'warning', object, params, {
      field: field(index),
      ...(numbers.length === 1 && only !== undefined && { fix: { object, path: ['spec', 'ports', index, 'targetPort'], value: only } }),
    }),
  ]
}
