import { samples } from './en-samples.ts'
import { addTexts } from './t.ts'

// Imported for this effect by whatever tells what to try in a sample.
addTexts(samples)
