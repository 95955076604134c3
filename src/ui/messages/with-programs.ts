import { programs } from './en-programs.ts'
import { addTexts } from './t.ts'

// Imported for this effect by what shows programs.
addTexts(programs)
