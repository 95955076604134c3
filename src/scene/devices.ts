import { vethPoints } from './chassis.ts'
import { planOfMachine } from './places.ts'
import { podId } from './pod-names.ts'
import { POD_HOST_NETWORK, type Rect, type Scene, podRect } from './scene.ts'
import { wiresOf } from './wires.ts'

/** A part of a node that can be pointed at. */
export interface Device {
  readonly id: string
  readonly kind: 'port' | 'overlay' | 'bridge' | 'sockets' | 'hook' | 'veth'
  readonly rect: Rect
  readonly name: string
  /** Index into pods, of a veth's other end. */
  readonly pod?: number
}

const PORT = 10

/** Ports of any machine, and what a node has inside. The bridge exists once a pod on the pod network does, as the CNI plugin makes it. */
export function devicesOf(scene: Scene, machine: number): readonly Device[] {
  const id = scene.machines.ids[machine] ?? ''
  const ports = wiresOf(scene, machine).flatMap((wire): readonly Device[] => {
    const [point] = wire.points
    return point ? [{ id: `${id}#${wire.dev}`, kind: 'port', name: wire.dev, rect: square(point, PORT) }] : []
  })
  if (scene.machines.kinds[machine] !== 'node') return ports
  const plan = planOfMachine(scene, machine)
  const { bridge, overlay } = scene.chassis
  const pods = networkedPods(scene, machine)
  const veths = pods.map((pod): Device => {
    const [top] = vethPoints(plan, podRect(scene, pod))
    return {
      id: `${id}#veth/${podId(scene, pod)}`,
      kind: 'veth',
      name: 'veth',
      pod,
      rect: square({ x: top?.x ?? 0, y: (top?.y ?? 0) + 3 }, 7),
    }
  })
  return [
    ...ports,
    ...(overlay === undefined ? [] : [{ id: `${id}#${overlay}`, kind: 'overlay', name: overlay, rect: plan.overlay } as const]),
    ...(pods.length === 0 ? [] : [{ id: `${id}#${bridge}`, kind: 'bridge', name: bridge, rect: plan.bridge } as const]),
    { id: `${id}#sockets`, kind: 'sockets', name: 'sockets', rect: plan.sockets },
    ...plan.hooks.map((box) => ({ id: `${id}#${box.hook}`, kind: 'hook', name: box.hook, rect: box.rect }) as const),
    ...veths,
  ]
}

export function networkedPods(scene: Scene, machine: number): readonly number[] {
  const [start, end] = [scene.machines.podStart[machine] ?? 0, scene.machines.podStart[machine + 1] ?? 0]
  const pods: number[] = []
  for (let pod = start; pod < end; pod++) if (((scene.pods.flags[pod] ?? 0) & POD_HOST_NETWORK) === 0) pods.push(pod)
  return pods
}

const square = (middle: { readonly x: number; readonly y: number }, size: number): Rect => ({
  x: middle.x - size / 2,
  y: middle.y - size / 2,
  width: size,
  height: size,
})
