import { hash } from '../base/choose.ts'

/**
 * A name-based UUID (version 5 in form, RFC 9562) for an object that we create: the same cluster from the same manifests has the same uids. API servers
 * hand out version 4, so whoever sees one knows whether an object came from a live cluster (`isOurUid`).
 */
export function uidOf(kind: string, namespace: string, name: string): string {
  const text = `${kind}/${namespace}/${name}`
  const word = (seed: number): string => hash(text, seed).toString(16).padStart(8, '0')
  const hex = word(1) + word(2) + word(3) + word(4)
  const variant = ((Number.parseInt(hex.charAt(16), 16) & 3) | 8).toString(16)
  // Joined, not added up: engines keep a sum as the tree of its terms, which is four times as large.
  return [hex.slice(0, 8), hex.slice(8, 12), `5${hex.slice(13, 16)}`, variant + hex.slice(17, 20), hex.slice(20)].join('-')
}

export const isOurUid = (uid: string | undefined): boolean => uid?.charAt(14) === '5'
