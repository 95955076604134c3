import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap } from '@codemirror/autocomplete'
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands'
import { yaml } from '@codemirror/lang-yaml'
import { foldGutter, foldKeymap, indentOnInput } from '@codemirror/language'
import { type Diagnostic, linter, lintGutter, lintKeymap } from '@codemirror/lint'
import { unifiedMergeView } from '@codemirror/merge'
import { highlightSelectionMatches, search, searchKeymap } from '@codemirror/search'
import { EditorState, type Extension, type Text } from '@codemirror/state'
import {
  drawSelection,
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  hoverTooltip,
  keymap,
  lineNumbers,
} from '@codemirror/view'
import type { Client } from '../../worker/client.ts'
import type { Problem } from '../../worker/protocol.ts'
import { completeFields, hoverField } from './field-completion.ts'
import { looks } from './looks.ts'
import { typingOver } from './typing-over.ts'

export interface CodeOptions {
  readonly client: Client
  readonly text: string
  /** What a screen reader calls it. */
  readonly label: string
  /** The line to begin at, from 1. */
  readonly line?: number
  readonly onChange: (text: string) => void
  readonly check: (text: string) => Promise<readonly Problem[]>
  readonly onReview: () => void
}

const LINT_DELAY = 300

/** An editor in a shadow tree of `host`: there its style sheets are adopted ones, which a strict content security policy allows. */
export function mountCode(host: HTMLElement, options: CodeOptions): EditorView {
  const { client, onChange, check, onReview } = options
  const review = () => {
    onReview()
    return true
  }
  const extensions = [
    writing,
    keymap.of([
      { key: 'Mod-s', run: review },
      { key: 'Mod-Enter', run: review },
    ]),
    autocompletion({ override: [completeFields(client)], icons: false }),
    hoverTooltip((view, position) => hoverField(client)(view.state.doc.toString(), position)),
    linter(async (view) => (await check(view.state.doc.toString())).map((problem) => diagnostic(view.state.doc, problem)), {
      delay: LINT_DELAY,
    }),
    EditorView.updateListener.of((update) => void (update.docChanged && onChange(update.state.doc.toString()))),
    EditorView.contentAttributes.of({ 'aria-label': options.label }),
  ]
  const view = mount(host, options.text, extensions)
  if (options.line !== undefined) goTo(view, options.line)
  return view
}

/** Both texts in one, to be read only: removed lines above those that take their place. */
export function mountDiff(host: HTMLElement, before: string, after: string, label: string): EditorView {
  return mount(host, after, [
    lineNumbers(),
    EditorView.editable.of(false),
    EditorState.readOnly.of(true),
    EditorView.contentAttributes.of({ 'aria-label': label, tabindex: '0' }),
    unifiedMergeView({ original: before, mergeControls: false, gutter: true, collapseUnchanged: { margin: 3, minSize: 6 } }),
  ])
}

const writing: Extension = [
  lineNumbers(),
  foldGutter(),
  lintGutter(),
  typingOver,
  history(),
  drawSelection(),
  indentOnInput(),
  closeBrackets(),
  highlightActiveLine(),
  highlightActiveLineGutter(),
  highlightSelectionMatches(),
  search({ top: true }),
  keymap.of([
    ...closeBracketsKeymap,
    ...completionKeymap,
    ...defaultKeymap,
    ...searchKeymap,
    ...historyKeymap,
    ...foldKeymap,
    ...lintKeymap,
  ]),
]

function mount(host: HTMLElement, text: string, extensions: Extension): EditorView {
  const root = host.shadowRoot ?? host.attachShadow({ mode: 'open' })
  return new EditorView({ root, parent: root, state: EditorState.create({ doc: text, extensions: [looks, yaml(), extensions] }) })
}

/** The whole word at the place of the problem; the line where it has no column. */
function diagnostic(doc: Text, { line, column, severity, message }: Problem): Diagnostic {
  const at = doc.line(Math.min(Math.max(1, line), doc.lines))
  const from = Math.min(at.to, at.from + Math.max(0, column - 1))
  const word = /^\S+/.exec(at.text.slice(from - at.from))?.[0].length ?? 0
  return { from: line > 0 ? from : at.from, to: Math.max(from + word, from), severity: severity === 'ignored' ? 'info' : severity, message }
}

function goTo(view: EditorView, line: number): void {
  const { from } = view.state.doc.line(Math.min(Math.max(1, line), view.state.doc.lines))
  view.dispatch({ selection: { anchor: from }, effects: EditorView.scrollIntoView(from, { y: 'center' }) })
}
