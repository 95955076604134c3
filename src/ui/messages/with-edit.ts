import { edit } from './en-edit.ts'
import { addTexts } from './t.ts'

// Imported for this effect by whatever changes the cluster by hand.
addTexts(edit)
