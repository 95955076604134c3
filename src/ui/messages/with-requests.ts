import { requests } from './en-requests.ts'
import { addTexts } from './t.ts'

// Imported for this effect by the dialog of requests.
addTexts(requests)
