/** The part of an address that carries a project: `#k1=…`, where 1 is the version of what follows. */
export const LINK = /^#k\d+=/

/** A link in the address bar, taken out of it: a reload shall open what became of the project, not what it was. */
export function takeLink(): string | undefined {
  const { hash, pathname, search } = location
  if (!LINK.test(hash)) return undefined
  history.replaceState(history.state, '', pathname + search)
  return hash
}
