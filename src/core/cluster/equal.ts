/** Whether two plain values print as the same JSON, whatever the order of their fields; an undefined field is no field. */
export function equal(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Array.isArray(a) || Array.isArray(b))
    return Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((each, index) => equal(each, b[index]))
  return (
    holds(a as Fields, b as Fields) && Object.keys(b).every((key) => (b as Fields)[key] === undefined || (a as Fields)[key] !== undefined)
  )
}

type Fields = Readonly<Record<string, unknown>>

const holds = (a: Fields, b: Fields): boolean => Object.keys(a).every((key) => equal(a[key], b[key]))
