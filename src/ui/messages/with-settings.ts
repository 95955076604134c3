import { settings } from './en-settings.ts'
import { addTexts } from './t.ts'

// Imported for this effect by whatever shows how the cluster runs.
addTexts(settings)
