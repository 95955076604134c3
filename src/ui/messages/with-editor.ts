import { editor } from './en-editor.ts'
import { addTexts } from './t.ts'

// Imported for this effect by the editor of manifests.
addTexts(editor)
