/**
 * The facade: all that worker, command line and tests know of the core. Functions over an immutable `Simulation`; whoever calls holds the
 * current value. (Signatures first: `engine.ts` grows with the slices.)
 */
import type { Cluster } from './cluster/cluster.ts'
import type { Runtime } from './walk/trace.ts'

export interface Simulation {
  readonly cluster: Cluster
  readonly runtime: Runtime
  readonly seed: number
}

/** A file as a person gave it. */
export interface InputFile {
  readonly name: string
  readonly text: string
}
