import { unreachable } from '../base/assert.ts'
import type { Step } from '../kernel/step.ts'

/** How closely to look. The levels are filters over the same steps, never other traces. */
export type Level = 'story' | 'network' | 'kernel'

export const LEVELS: readonly Level[] = ['story', 'network', 'kernel']

/** The coarsest level at which a step is told. */
export function levelOf(step: Step): Level {
  switch (step.kind) {
    case 'send':
    case 'nat':
    case 'ipvs':
    case 'socket':
    case 'reject':
    case 'drop':
    case 'encapsulate':
    case 'decapsulate':
      return 'story'
    case 'receive':
    case 'transmit':
    case 'bridge':
    case 'route':
    case 'forward':
    case 'defragment':
    case 'fragment':
      return 'network'
    case 'chain':
      return step.verdict === 'DROP' ? 'network' : 'kernel'
    case 'conntrack':
    case 'confirm':
      return 'kernel'
    case 'neighbour':
      return step.how === 'failed' ? 'network' : 'kernel'
    default:
      return unreachable(step)
  }
}

/** Whether a step is told at a level. */
export const isToldAt = (step: Step, level: Level): boolean => LEVELS.indexOf(levelOf(step)) <= LEVELS.indexOf(level)
