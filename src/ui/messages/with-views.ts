import { views } from './en-views.ts'
import { addTexts } from './t.ts'

// Imported for this effect by the views of a trace.
addTexts(views)
