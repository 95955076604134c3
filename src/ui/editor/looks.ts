import { HighlightStyle, syntaxHighlighting } from '@codemirror/language'
import { EditorView } from '@codemirror/view'
import { tags } from '@lezer/highlight'

/** The page's own colours and faces: custom properties reach into the shadow tree, rules of the page do not. */
export const looks = [
  EditorView.theme({
    '&': { height: '100%', background: 'var(--surface)', color: 'var(--text)', fontSize: 'var(--text-mono)' },
    '&.cm-focused': { outline: 'none' },
    '.cm-scroller': { fontFamily: 'var(--font-mono)', lineHeight: '20px' },
    '.cm-content': { caretColor: 'var(--accent)', padding: '8px 0' },
    '.cm-cursor': { borderLeftColor: 'var(--accent)' },
    '.cm-gutters': { background: 'var(--surface)', color: 'var(--muted)', border: '0' },
    '.cm-activeLine, .cm-activeLineGutter': { background: 'var(--hover)' },
    '&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground': {
      background: 'color-mix(in srgb, var(--accent) 26%, transparent)',
    },
    '.cm-tooltip': {
      border: '1px solid var(--edge)',
      borderRadius: '8px',
      background: 'var(--raised)',
      color: 'var(--text)',
      boxShadow: 'var(--shadow)',
      fontFamily: 'var(--font-sans)',
      fontSize: '12px',
      lineHeight: '18px',
    },
    '.cm-tooltip-autocomplete > ul': { fontFamily: 'var(--font-mono)', maxHeight: '260px' },
    '.cm-tooltip-autocomplete > ul > li': { padding: '3px 8px !important' },
    '.cm-tooltip-autocomplete > ul > li[aria-selected]': { background: 'var(--active)', color: 'var(--text)' },
    '.cm-completionDetail': { color: 'var(--muted)', fontStyle: 'normal', marginLeft: '12px' },
    '.cm-completionMatchedText': { textDecoration: 'none', fontWeight: '700' },
    '.cm-completionInfo': { padding: '6px 10px !important', maxWidth: '280px' },
    '.field-card': { padding: '6px 10px', maxWidth: '360px' },
    '.field-card code': { fontFamily: 'var(--font-mono)', color: 'var(--muted)' },
    '.field-card p': { margin: '2px 0 0' },
    '.cm-diagnostic': { padding: '6px 10px', borderLeft: '0', overflowWrap: 'anywhere', maxWidth: '420px' },
    '.cm-lintRange-error': { backgroundImage: 'none', textDecoration: 'underline wavy var(--dropped)', textUnderlineOffset: '3px' },
    '.cm-lintRange-warning, .cm-lintRange-info': {
      backgroundImage: 'none',
      textDecoration: 'underline wavy var(--warning)',
      textUnderlineOffset: '3px',
    },
    '.cm-panels': { background: 'var(--raised)', color: 'var(--text)', borderColor: 'var(--hairline)' },
    '.cm-searchMatch': { background: 'var(--encapsulated-soft)' },
    '.cm-changedLine': { background: 'color-mix(in srgb, var(--good) 14%, transparent) !important' },
    '.cm-deletedChunk': { background: 'var(--dropped-soft)' },
    '.cm-changedText, .cm-deletedText': { background: 'none !important', fontWeight: '700' },
    '.cm-deletedLine, .cm-deletedLine del': { textDecoration: 'none' },
    '.cm-collapsedLines': { background: 'var(--hover)', color: 'var(--muted)', padding: '3px 12px' },
  }),
  syntaxHighlighting(
    HighlightStyle.define([
      { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: 'var(--accent-strong)' },
      { tag: [tags.string, tags.special(tags.string)], color: 'var(--reply)' },
      { tag: [tags.number, tags.bool, tags.null, tags.keyword], color: 'var(--translated)' },
      { tag: [tags.comment, tags.lineComment], color: 'var(--muted)', fontStyle: 'italic' },
      { tag: [tags.punctuation, tags.separator, tags.meta], color: 'var(--faint)' },
    ]),
  ),
]
