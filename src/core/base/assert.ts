/** A broken invariant of our own code, never a user's mistake: those are values (`Result`, `Problem`, `Disposition`). */
export class InvariantError extends Error {
  override readonly name = 'InvariantError'
}

export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new InvariantError(message)
}

/** For the `default` of a switch over a closed union: a type error when a case is missing, a throw when data lies. */
export function unreachable(value: never): never {
  throw new InvariantError(`unreachable: ${JSON.stringify(value)}`)
}
