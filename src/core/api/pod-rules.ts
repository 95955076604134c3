/** Rules over several fields of a pod's spec (pkg/apis/core/validation ValidatePodSpec, v1.30). */
import type { Container, PodSpec } from './pod.ts'
import { duplicate, type FieldProblem, invalid, type Path, required } from './schema.ts'

export function podSpecRules(spec: PodSpec, path: Path): FieldProblem[] {
  const problems: FieldProblem[] = []
  const names = new Set<string>()
  for (const list of ['initContainers', 'containers'] as const)
    spec[list]?.forEach((container, index) => {
      const at = [...path, list, index]
      if (!container.image) problems.push(required([...at, 'image']))
      if (list === 'containers' && names.has(container.name)) problems.push(duplicate([...at, 'name'], container.name))
      names.add(container.name)
      if (spec.hostNetwork) problems.push(...hostNetworkPorts(container, at))
    })
  problems.push(...hostPorts(spec, path), ...tolerations(spec, path))
  return problems
}

function hostNetworkPorts(container: Container, path: Path): FieldProblem[] {
  return (container.ports ?? []).flatMap(({ hostPort, containerPort }, index) =>
    hostPort !== undefined && hostPort !== 0 && hostPort !== containerPort
      ? [invalid([...path, 'ports', index, 'hostPort'], hostPort, 'must match `containerPort` when `hostNetwork` is true')]
      : [],
  )
}

/** Two ports of one pod cannot share a host port, protocol and address. */
function hostPorts(spec: PodSpec, path: Path): FieldProblem[] {
  const taken = new Set<string>()
  const problems: FieldProblem[] = []
  spec.containers.forEach((container, i) =>
    container.ports?.forEach((port, j) => {
      if (!port.hostPort) return
      const key = `${port.protocol ?? 'TCP'}/${port.hostIP ?? ''}/${port.hostPort}`
      if (taken.has(key)) problems.push(duplicate([...path, 'containers', i, 'ports', j, 'hostPort'], key))
      taken.add(key)
    }),
  )
  return problems
}

function tolerations(spec: PodSpec, path: Path): FieldProblem[] {
  return (spec.tolerations ?? []).flatMap((each, index) => {
    const at = [...path, 'tolerations', index]
    if (!each.key && each.operator !== 'Exists')
      return [
        invalid(
          [...at, 'operator'],
          each.operator ?? '',
          'operator must be Exists when `key` is empty, which means "match all values and all keys"',
        ),
      ]
    if (each.operator === 'Exists' && each.value)
      return [invalid([...at, 'operator'], each.value, "value must be empty when `operator` is 'Exists'")]
    return []
  })
}
