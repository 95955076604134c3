import type { Deed, Edited, ObjectEdit } from '../../worker/protocol.ts'
import '../messages/with-edit.ts'
import { count, has, number, t, tell } from '../messages/t.ts'

/** `delete web-1`, `apply a.yaml and 2 more`: what a list and a button call it. */
export function deedText(named: Deed): string {
  const { kind, what, others } = named
  const deed = tell(`deed.${kind}`, { what, to: toText(named) })
  return others > 0 ? t('edit.others', { deed, count: number(others) }) : deed
}

function toText({ kind, to = '' }: Deed): string {
  const mode = `mode.${to}`
  return (kind === 'mode' || kind === 'nodeMode') && has(mode) ? tell(mode, {}) : to
}

const NAMED = 2

/** What was done and what came of it: who went along, and what controllers made in its place. */
export function doneText({ deed, changes, total }: Extract<Edited, { accepted: true }>): string {
  const parts = [tell(`done.${deed.kind}`, { what: deed.what, to: toText(deed) })]
  const removed = changes.filter(({ op, object }) => op === 'deleted' && counts(object)).length
  if (deed.kind === 'delete' && removed > 1) parts.push(count('edit.with', removed - 1))
  const made = changes.filter((change) => change.op === 'created' && change.object.startsWith('Pod/'))
  if (made.length > 0 && total < 1000) parts.push(madeText(made))
  return parts.join(' ')
}

/** Slices and endpoints mirror the pods: to count them says nothing. */
const counts = (object: string): boolean => !object.startsWith('Endpoint')

function madeText(made: readonly ObjectEdit[]): string {
  const names = made
    .slice(0, NAMED)
    .map(({ object }) => object.slice(object.lastIndexOf('/') + 1))
    .join(', ')
  return made.length > NAMED ? t('edit.made.others', { names, count: number(made.length - NAMED) }) : t('edit.made', { names })
}
