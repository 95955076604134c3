import { type KeyboardEvent, useEffect, useId, useMemo, useState } from 'react'
import type { ConfigFile } from '../../core/apps/program.ts'
import type { ProgramReport } from '../../worker/protocol/programs.ts'
import { t } from '../messages/t.ts'
import { useRowWindow } from '../window-rows.ts'
import { type Fates, rowKey } from './decisions.ts'
import { type Pointed, pointAt } from './focus.ts'
import { tokensOf } from './syntax.ts'

/** Height of a line, as in program.css. */
const LINE = 18
/** Lines that are left above one that was gone to. */
const ABOVE = 5

interface Props {
  readonly report: ProgramReport
  readonly fates: Fates
  readonly pointed: Pointed | undefined
  readonly turn: number
}

/** The files that the program has written for itself: lines that are rows of its tables lead there, and those that matched are lit. */
export function ConfigPart({ report, fates, pointed, turn }: Props) {
  const [wanted, setWanted] = useState<string>()
  const [seen, setSeen] = useState(0)
  if (turn !== seen) {
    setSeen(turn)
    if (pointed?.kind === 'line') setWanted(pointed.file)
  }
  const places = useMemo(() => placesIn(report, fates), [report, fates])
  const file = report.files.find(({ name }) => name === wanted) ?? report.files.find(({ name }) => places.lit.has(name)) ?? report.files[0]
  if (!file) return <p className="tables-none">{t('program.none')}</p>
  const line = pointed?.kind === 'line' && pointed.file === file.name ? pointed.line : undefined
  return (
    <div className="program-files">
      {report.files.length > 1 && (
        <select
          className="select mono"
          aria-label={t('program.file')}
          value={file.name}
          onChange={(event) => setWanted(event.target.value)}
        >
          {report.files.map(({ name }) => (
            <option key={name}>{name}</option>
          ))}
        </select>
      )}
      <p className="muted">{t(`program.file.${file.change ?? 'people'}`)}</p>
      <Reader
        key={file.name}
        target={report.id}
        file={file}
        rows={places.rows.get(file.name) ?? NO_ROWS}
        lit={places.lit.get(file.name) ?? NO_LINES}
        line={line}
        turn={turn}
      />
      <p className="muted program-hint">{t('program.file.hint')}</p>
    </div>
  )
}

interface Row {
  readonly table: string
  readonly row: string
}
const NO_ROWS: ReadonlyMap<number, Row> = new Map()
const NO_LINES: ReadonlySet<number> = new Set()

/** By file: which row stands at a line, and which lines matched. */
function placesIn({ tables }: ProgramReport, fates: Fates) {
  const rows = new Map<string, Map<number, Row>>()
  const lit = new Map<string, Set<number>>()
  for (const table of tables)
    for (const { id, at } of table.rows) {
      if (!at) continue
      const known = rows.get(at.file) ?? new Map<number, Row>()
      if (!known.has(at.line)) rows.set(at.file, known.set(at.line, { table: table.id, row: id }))
      if (fates.get(rowKey(table.id, id))?.won) lit.set(at.file, (lit.get(at.file) ?? new Set<number>()).add(at.line))
    }
  return { rows, lit }
}

interface ReaderProps {
  readonly target: string
  readonly file: ConfigFile
  readonly rows: ReadonlyMap<number, Row>
  readonly lit: ReadonlySet<number>
  readonly line: number | undefined
  readonly turn: number
}

/** The line that is active, from 0, and the one that was gone to last: at first `first`, then whatever is pointed at. */
function useLine(first: number, line: number | undefined, turn: number) {
  const [gone, setGone] = useState(() => ({ to: first - 1 }))
  const [active, setActive] = useState(gone.to)
  const [seen, setSeen] = useState(turn)
  if (turn !== seen) {
    setSeen(turn)
    if (line !== undefined) {
      setGone({ to: line - 1 })
      setActive(line - 1)
    }
  }
  return { gone, active, setActive }
}

/** Lines as a list that is windowed: a configuration of ten thousand routes is as quick as one of ten. */
function Reader({ target, file, rows, lit, line, turn }: ReaderProps) {
  const name = useId()
  const lines = useMemo(() => file.text.replace(/\n$/, '').split('\n'), [file.text])
  const longest = useMemo(() => lines.reduce((most, each) => Math.max(most, each.length), 0), [lines])
  const { gone, active, setActive } = useLine(line ?? Math.min(...lit, Infinity), line, turn)
  const at = Number.isFinite(active) ? Math.min(active, lines.length - 1) : -1
  const { scroll, first, last } = useRowWindow(lines.length, at, 4 * LINE, LINE)
  useEffect(() => {
    if (line === undefined || turn === 0) return
    scroll.current?.focus({ preventScroll: true })
    scroll.current?.scrollIntoView({ block: 'nearest' })
  }, [line, turn, scroll])
  // What was gone to stands in the upper third, with what follows it in sight; the keys move it by themselves.
  useEffect(() => {
    if (Number.isFinite(gone.to)) scroll.current?.scrollTo({ top: (gone.to - ABOVE) * LINE })
  }, [gone, scroll])
  const open = (index: number) => {
    const row = rows.get(index + 1)
    if (row) pointAt(target, { kind: 'row', ...row })
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Enter') return open(at)
    const to = movedBy(event.key, at, lines.length - 1)
    if (to === undefined) return
    event.preventDefault()
    event.stopPropagation()
    setActive(to)
  }
  return (
    <div
      className="program-reader mono"
      ref={scroll}
      role="listbox"
      aria-label={t('program.file.read', { file: file.name })}
      aria-activedescendant={at >= first && at < last ? `${name}-${at}` : undefined}
      tabIndex={0}
      onKeyDown={onKeyDown}
      data-testid="reader"
    >
      <div role="presentation" style={{ height: lines.length * LINE, width: `calc(${longest + 8}ch + 24px)`, minWidth: '100%' }}>
        {lines.slice(first, last).map((text, offset) => {
          const index = first + offset
          return (
            <Line
              key={index}
              id={`${name}-${index}`}
              number={index + 1}
              text={text}
              syntax={file.syntax}
              active={index === at}
              lit={lit.has(index + 1)}
              row={rows.get(index + 1)?.row}
              onOpen={() => {
                setActive(index)
                open(index)
              }}
            />
          )
        })}
      </div>
    </div>
  )
}

function movedBy(key: string, at: number, last: number): number | undefined {
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: last, PageDown: at + 20, PageUp: at - 20 }[key]
  return to === undefined ? undefined : Math.max(0, Math.min(last, to))
}

interface LineProps {
  readonly id: string
  readonly number: number
  readonly text: string
  readonly syntax: ConfigFile['syntax']
  readonly active: boolean
  readonly lit: boolean
  readonly row: string | undefined
  readonly onOpen: () => void
}

function Line({ id, number, text, syntax, active, lit, row, onOpen }: LineProps) {
  // Half as wide as it is: a panel is narrower than an editor.
  const indent = text.length - text.trimStart().length
  return (
    <div
      id={id}
      role="option"
      className="program-line"
      aria-label={`${number} ${text.trim()}`}
      aria-selected={active}
      data-lit={lit ? '' : undefined}
      data-row={row === undefined ? undefined : ''}
      title={row}
      style={{ top: (number - 1) * LINE }}
      onClick={onOpen}
    >
      <span className="program-number" aria-hidden="true">
        {number}
      </span>
      <code>
        {indent > 0 && (
          <span className="program-indent" style={{ width: `${indent / 2}ch` }}>
            {text.slice(0, indent)}
          </span>
        )}
        {tokensOf(text.slice(indent), syntax).map((token, index) => (
          <span key={index} data-token={token.kind}>
            {token.text}
          </span>
        ))}
      </code>
    </div>
  )
}
