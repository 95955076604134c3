import { player } from './en-player.ts'
import { addTexts } from './t.ts'

// Imported for this effect by what plays a trace.
addTexts(player)
