import { tables } from './en-tables.ts'
import { addTexts } from './t.ts'

// Imported for this effect by tables and menus of values.
addTexts(tables)
