import { findings } from './en-findings.ts'
import { addTexts } from './t.ts'

// Imported for this effect by what shows findings.
addTexts(findings)
