import { EditorView } from '@codemirror/view'

/**
 * Typing over a selection. Left to itself the browser merges the lines of the selection and keeps their looks in style attributes, which a strict content
 * security policy refuses aloud; done here, nothing but the text changes. Composition stays the browser's own.
 */
export const typingOver = EditorView.domEventHandlers({
  beforeinput: (event, view) => {
    const { data, inputType, isComposing } = event
    const { main } = view.state.selection
    if (isComposing || main.empty || data === null || inputType !== 'insertText') return false
    event.preventDefault()
    const insert = () => view.state.update(view.state.replaceSelection(data), { userEvent: 'input.type', scrollIntoView: true })
    const taken = view.state.facet(EditorView.inputHandler).some((handle) => handle(view, main.from, main.to, data, insert))
    if (!taken) view.dispatch(insert())
    return true
  },
})
