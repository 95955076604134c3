import { ChevronRight } from 'lucide-react'
import { SeverityIcon } from '../findings/severity-icon.tsx'
import { number, t } from '../messages/t.ts'
import { useApp } from '../studio.ts'
import type { TreeRow } from './tree-rows.ts'

interface Props {
  readonly id: string
  readonly row: TreeRow
  readonly top: number
  readonly selected: boolean
  readonly active: boolean
  readonly onChoose: (row: TreeRow) => void
}

export function TreeLine({ id, row, top, selected, active, onChoose }: Props) {
  return (
    <div
      id={id}
      className="tree-row"
      role="treeitem"
      aria-level={row.depth + 1}
      aria-selected={selected}
      aria-expanded={row.type === 'branch' ? row.open : undefined}
      data-depth={row.depth}
      data-active={active ? '' : undefined}
      data-id={row.id}
      style={{ top, paddingLeft: 8 + row.depth * 16 }}
      onClick={() => onChoose(row)}
    >
      {row.type === 'branch' && <BranchContent row={row} />}
      {row.type === 'leaf' && <LeafContent row={row} />}
      {row.type === 'more' && <span className="muted">{t('tree.truncated', { count: number(row.count) })}</span>}
    </div>
  )
}

function BranchContent({ row }: { readonly row: Extract<TreeRow, { type: 'branch' }> }) {
  const wrong = useApp((app) => app.wrong.branches.get(row.id.toLowerCase()))
  return (
    <>
      <ChevronRight className="chevron" size={14} aria-hidden="true" />
      <span className="truncate">{'key' in row.text ? t(row.text.key) : row.text.name}</span>
      {wrong && !row.open && <SeverityIcon severity={wrong} size={12} />}
      <span className="count">{number(row.count)}</span>
    </>
  )
}

function LeafContent({ row }: { readonly row: Extract<TreeRow, { type: 'leaf' }> }) {
  const { name, detail, state } = row.item
  const sender = useApp((app) => app.draft.from === row.id)
  const target = useApp((app) => app.draft.target === row.id)
  const wrong = useApp((app) => app.wrong.objects.get(row.id)?.severity)
  return (
    <>
      <i className="lamp" data-state={state} aria-hidden="true" />
      <Name text={name} />
      {wrong && <SeverityIcon severity={wrong} size={12} />}
      {sender && (
        <span className="role" data-role="sender">
          {t('tree.sender')}
        </span>
      )}
      {target && (
        <span className="role" data-role="target">
          {t('tree.target')}
        </span>
      )}
      <span className="detail mono">{detail}</span>
      {state !== 'none' && <span className="unseen">{t(`tree.state.${state}`)}</span>}
    </>
  )
}

/** Names that controllers make differ in their ends: what does not fit is cut in the middle. */
function Name({ text }: { readonly text: string }) {
  const cut = Math.max(0, text.length - TAIL)
  return (
    <span className="name" title={text}>
      <span className="truncate">{text.slice(0, cut)}</span>
      <span>{text.slice(cut)}</span>
    </span>
  )
}

const TAIL = 6
