import { POD_FINISHED, POD_READY, type Scene } from './scene.ts'

/** How nodes are, for a map too far away to show their pods. Both per machine, in 0..1. */
export interface Health {
  /** Pods that the node has, of those that its kubelet admits. */
  readonly usage: Float32Array
  /** Pods that are not ready though they should be, of those that it has. */
  readonly ill: Float32Array
}

const known = new WeakMap<Scene, Health>()

/** Made once per scene: a scene is immutable. */
export function healthOf(scene: Scene): Health {
  const health = known.get(scene) ?? takeHealth(scene)
  known.set(scene, health)
  return health
}

function takeHealth({ machines, pods }: Scene): Health {
  const usage = new Float32Array(machines.count)
  const ill = new Float32Array(machines.count)
  for (let machine = 0; machine < machines.count; machine++) {
    const [start, end] = [machines.podStart[machine] ?? 0, machines.podStart[machine + 1] ?? 0]
    let waiting = 0
    for (let pod = start; pod < end; pod++) if (((pods.flags[pod] ?? 0) & (POD_READY | POD_FINISHED)) === 0) waiting++
    usage[machine] = Math.min(1, (end - start) / Math.max(1, machines.capacity[machine] ?? 1))
    ill[machine] = end > start ? waiting / (end - start) : 0
  }
  return { usage, ill }
}
