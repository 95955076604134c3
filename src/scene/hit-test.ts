import { podsOffset } from './chassis.ts'
import { devicesOf } from './devices.ts'
import { machinesIn } from './machine-grid.ts'
import { podId, podIndex } from './pod-names.ts'
import { NO_MACHINE, type Rect, type Scene, inside, machineRect, podRect } from './scene.ts'

/** The id of what lies at a point of the map: a pod before the device under it, a device before its machine. `slack` widens small parts. */
export function hitTest(
  scene: Scene,
  x: number,
  y: number,
  options: { readonly devices: boolean; readonly slack: number },
): string | undefined {
  const { slack } = options
  if (scene.tray && inside(scene.tray, x, y)) return podAt(scene, trayStart(scene), scene.pods.count, x, y)
  const near = { x: x - slack, y: y - slack, width: 2 * slack, height: 2 * slack }
  for (const machine of machinesIn(scene, slack > 0 ? near : { x, y, width: 1e-6, height: 1e-6 })) {
    const { podStart } = scene.machines
    const pod = podAt(scene, podStart[machine] ?? 0, podStart[machine + 1] ?? 0, x, y)
    if (pod !== undefined) return pod
    const device =
      options.devices && y < (scene.machines.y[machine] ?? 0) + podsOffset(scene.chassis.zoom)
        ? devicesOf(scene, machine).findLast(({ rect }) => inside(grown(rect, slack), x, y))
        : undefined
    if (device) return device.id
    if (inside(machineRect(scene, machine), x, y)) return scene.machines.ids[machine]
  }
  return undefined
}

function podAt(scene: Scene, start: number, end: number, x: number, y: number): string | undefined {
  for (let pod = start; pod < end; pod++) if (inside(podRect(scene, pod), x, y)) return podId(scene, pod)
  return undefined
}

/** Pods in the tray come after those of the last machine. */
export const trayStart = (scene: Scene): number => scene.machines.podStart[scene.machines.count] ?? 0

const grown = (rect: Rect, by: number): Rect => ({
  x: rect.x - by,
  y: rect.y - by,
  width: rect.width + 2 * by,
  height: rect.height + 2 * by,
})

/** Where something is, by its id; a device by the machine's. Undefined when the map does not show it. */
export function rectOf(scene: Scene, id: string): Rect | undefined {
  const [owner = ''] = id.split('#')
  const machine = indexOf(scene.machines.ids).get(owner)
  if (machine !== undefined) {
    if (owner === id) return machineRect(scene, machine)
    return devicesOf(scene, machine).find((device) => device.id === id)?.rect ?? machineRect(scene, machine)
  }
  const pod = podIndex(scene, owner)
  return pod === undefined ? undefined : podRect(scene, pod)
}

export function machineIndex(scene: Scene, id: string): number | undefined {
  const [owner = ''] = id.split('#')
  const pod = podIndex(scene, owner)
  const machine = pod === undefined ? indexOf(scene.machines.ids).get(owner) : scene.pods.machine[pod]
  return machine === NO_MACHINE ? undefined : machine
}

const indices = new WeakMap<readonly string[], ReadonlyMap<string, number>>()
function indexOf(ids: readonly string[]): ReadonlyMap<string, number> {
  const known = indices.get(ids)
  if (known) return known
  const index = new Map(ids.map((id, i) => [id, i]))
  indices.set(ids, index)
  return index
}
