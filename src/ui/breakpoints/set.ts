import { explainBreak } from './because.ts'
import type { Step } from '../../core/kernel/step.ts'
import { packetsOf } from '../position.ts'
import { type Breakpoint, currentRecord, type Store } from '../store.ts'
import type { Studio } from '../studio.ts'
import type { SentRecord } from '../../worker/protocol.ts'
import { type Condition, conditionText } from './condition.ts'

/** The id that the owner of a namespace has on the map. */
export const placeIn = (record: SentRecord, netns: string): string => record.places[netns]?.id ?? ''

/** What a dot beside a step stops at: the device, hook, chain or field that the step is about, in its own namespace. */
export function conditionOfStep(step: Step, place: string): Condition {
  const narrowed = /^(?:node|pod|external)\/\S+$/.test(place) ? { place } : {}
  switch (step.kind) {
    case 'receive':
    case 'transmit':
      return { on: 'device', dev: step.dev, ...narrowed }
    case 'bridge':
      return { on: 'device', dev: step.bridge, ...narrowed }
    case 'encapsulate':
    case 'decapsulate':
      return { on: 'step', kind: step.kind, ...narrowed }
    case 'chain':
      return { on: 'chain', table: step.table, chain: step.chain, ...narrowed }
    case 'nat':
      return { on: 'change', field: step.manip === 'source' ? 'ip.src' : 'ip.dst' }
    case 'drop':
    case 'reject':
      return { on: 'drop' }
    case 'forward':
      return { on: 'change', field: 'ip.ttl', ...narrowed }
    default:
      return { on: 'step', kind: step.kind, ...narrowed }
  }
}

/** Of a part of the map: `node/node-1`, `node/node-1#cni0`, `node/node-1#PREROUTING/nat`. */
export function conditionOfPart(id: string): Condition | undefined {
  const [place = '', part] = id.split('#')
  if (!/^(?:node|pod|external)\//.test(place)) return undefined
  if (part === undefined) return { on: 'place', place }
  const [, chain, table] = /^([A-Z]+)\/(raw|mangle|nat|filter)$/.exec(part) ?? []
  if (chain !== undefined) return { on: 'chain', table: table ?? '', chain, place }
  const [, hook] = /^(PREROUTING|INPUT|FORWARD|OUTPUT|POSTROUTING)\b/.exec(part) ?? []
  return hook === undefined ? { on: 'device', dev: part, place } : { on: 'hook', hook: hook as 'INPUT', place }
}

export const isSet = (breakpoints: readonly Breakpoint[], text: string): boolean => breakpoints.some((each) => each.text === text)

/** Sets a breakpoint, or removes it when it is there. */
export function toggle({ actions, store }: Studio, text: string): void {
  const { breakpoints } = store.getState()
  const rest = breakpoints.filter((each) => each.text !== text)
  void actions.setBreakpoints(rest.length < breakpoints.length ? rest : [...breakpoints, { text }]).catch(() => undefined)
}

/** `b`: at the rule or step that playback stands on, or at the object that is inspected. */
export function toggleHere(studio: Studio): void {
  const condition = conditionHere(studio.store.getState())
  if (!condition) return
  const text = conditionText(condition)
  const was = isSet(studio.store.getState().breakpoints, text)
  toggle(studio, text)
  studio.actions.toast({ tone: 'info', text: explainBreak(was ? 'unset' : 'set', text) })
}

function conditionHere(state: Store): Condition | undefined {
  if (state.inspecting === 'object' && state.selected !== undefined) return conditionOfPart(state.selected)
  const record = currentRecord(state)
  const { packet, hop: h, step: s, rule } = state.playback.position
  const hop = record && packetsOf(record.conversation)[packet]?.hops[h]
  const step = hop?.steps[s]
  if (!hop || !step) return undefined
  const line = step.kind === 'chain' && rule !== undefined ? step.rules[rule] : undefined
  if (step.kind === 'chain' && line?.rule !== undefined) return { on: 'rule', table: step.table, rule: line.rule }
  return conditionOfStep(step, placeIn(record, hop.netns))
}
