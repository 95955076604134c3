import type { Pod } from '../api/pod.ts'
import type { Cluster } from '../cluster/cluster.ts'
import type { SiteHost } from '../cluster/site.ts'
import { ALB } from './cloud/alb.ts'
import { APP_GATEWAY } from './cloud/appgw.ts'
import { GCE } from './cloud/gce.ts'
import { ECHO } from './echo.ts'
import { HAPROXY } from './haproxy/haproxy.ts'
import { INGRESS_NGINX } from './ingress-nginx/ingress-nginx.ts'
import { ENVOY } from './contour/contour.ts'
import { KONG } from './kong/kong.ts'
import type { Program, Running, World } from './program.ts'
import { TRAEFIK } from './traefik/traefik.ts'

/** Every program that is simulated. The first that runs in a place is what runs there; a server that answers by itself stands for all others. */
const PROGRAMS: readonly Program[] = [INGRESS_NGINX, HAPROXY, ENVOY, KONG, TRAEFIK, GCE, ALB, APP_GATEWAY]

export interface Process {
  readonly program: Program
  readonly running: Running
}

const processes = new WeakMap<Cluster, Map<Pod | SiteHost, Process>>()

/** What runs in a pod or on a host outside, with the configuration that it has read from this cluster. The same value for the same cluster. */
export function processOf(world: World): Process {
  const key = world.place.kind === 'pod' ? world.place.pod : world.place.host
  let known = processes.get(world.cluster)
  if (!known) processes.set(world.cluster, (known = new Map()))
  let process = known.get(key)
  if (!process) {
    const program = programOf(world)
    known.set(key, (process = { program, running: program.configure(world) }))
  }
  return process
}

/** By the containers, which pods of one template share: of a pod it is judged by these alone, in whatever cluster. */
const found = new WeakMap<Pod['spec']['containers'], Program>()

function programOf(world: World): Program {
  const key = world.place.kind === 'pod' && world.place.pod.spec.initContainers === undefined ? world.place.pod.spec.containers : undefined
  let program = key && found.get(key)
  if (!program) {
    program = PROGRAMS.find((each) => each.runsIn(world)) ?? ECHO
    if (key) found.set(key, program)
  }
  return program
}

/** What runs in a place by name; undefined where that is a server that answers by itself. */
export function controllerNamed(world: World): string | undefined {
  const program = programOf(world)
  return program === ECHO ? undefined : program.name
}

/** Whether more runs there than a server whose ports are those of its containers: then `configured.listeners` tells what listens. */
export const isController = (world: World): boolean => programOf(world) !== ECHO
