import { share } from './en-share.ts'
import { addTexts } from './t.ts'

// Imported for this effect by links, exports, projects and the palette.
addTexts(share)
