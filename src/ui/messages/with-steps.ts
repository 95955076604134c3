import { steps } from './en-steps.ts'
import { addTexts } from './t.ts'

// Imported for this effect by whatever says what a packet did.
addTexts(steps)
