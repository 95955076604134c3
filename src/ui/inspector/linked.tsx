import { Fragment } from 'react'
import { OwnerLink } from './owner-link.tsx'

const ADDRESS = /((?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])|(?<![\da-f:.])[\da-f]{0,4}(?::[\da-f]{0,4}){2,7}(?![\da-f:.]))/

/** A text in which every address that somebody has leads to its owner. */
export function Linked({ text }: { readonly text: string }) {
  // Split by a group: every second part is an address.
  return text.split(ADDRESS).map((part, index) => (
    // Parts have no identity but their order.
    <Fragment key={`${index} ${part}`}>{index % 2 === 1 ? <OwnerLink ip={part} /> : part}</Fragment>
  ))
}
