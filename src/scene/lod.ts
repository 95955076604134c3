import { POD_WIDTH, chassisWidth } from './chassis.ts'
import type { Scene } from './scene.ts'

/**
 * What is worth drawing at a zoom. Zooming in reveals parts instead of making the same parts bigger, and never more of them than the mark
 * budget: above it pods are drawn from a picture of all of them, made once.
 */
export interface Detail {
  /** `picture` of all pods, `marks` (plain rectangles), `tiles` (rounded, with state), `cards` (with name and address). */
  readonly pods: 'picture' | 'marks' | 'tiles' | 'cards'
  /** Name and address in a node's header; else one name across the machine, or none; furthest away only how full and how well it is. */
  readonly machines: 'density' | 'block' | 'name' | 'header'
  /** How much of the pods shows between `density` and `block`, 0..1: one passes into the other. */
  readonly mosaic: number
  /** The ring, the devices and cables in a node. */
  readonly devices: boolean
  readonly deviceNames: boolean
  readonly hookNames: boolean
  readonly cellNames: boolean
  /** Under a hook, the chains of its tables that the packet went through. */
  readonly chainNames: boolean
}

/** Without a GPU a mark costs about a microsecond. */
export const MARK_BUDGET = 6_000
/** For machines that took longer than a frame for the full budget. */
export const SMALL_MARK_BUDGET = 3_000

/** Pixels. Narrower machines have their name where the diagram would be. */
const NARROWEST_HEADER = 96

/** Up to here nodes are specks; from there on their pods fill them. */
const WIDEST_SPECK = 20
const NARROWEST_BLOCK = 28
const NARROWEST_NAME = 44

/** `visiblePods` are those in view, of which each is one mark. */
export function detailAt(scene: Scene, scale: number, visiblePods: number, budget = MARK_BUDGET): Detail {
  const podWidth = POD_WIDTH * scale
  const diagram = scene.chassis.zoom * scale
  const machineWidth = chassisWidth(scene.chassis.podColumns) * scale
  return {
    pods: podsAt(podWidth, visiblePods, budget),
    machines: machinesAt(machineWidth),
    mosaic: Math.min(1, Math.max(0, (machineWidth - WIDEST_SPECK) / (NARROWEST_BLOCK - WIDEST_SPECK))),
    devices: podWidth >= 40 && machineWidth >= NARROWEST_HEADER && visiblePods * 2 <= budget,
    deviceNames: podWidth >= 76,
    hookNames: diagram >= 1.12,
    cellNames: diagram >= 1.9,
    chainNames: diagram >= 2.7,
  }
}

function machinesAt(width: number): Detail['machines'] {
  if (width < WIDEST_SPECK) return 'density'
  if (width < NARROWEST_NAME) return 'block'
  return width < NARROWEST_HEADER ? 'name' : 'header'
}

function podsAt(podWidth: number, visiblePods: number, budget: number): Detail['pods'] {
  if (visiblePods > budget || podWidth < 3) return 'picture'
  if (podWidth < 22) return 'marks'
  return podWidth < 62 ? 'tiles' : 'cards'
}
