import { createContext, useContext } from 'react'
import { select } from '../pick.ts'
import { useStudio } from '../studio.ts'

/** Who owns which address, for everything below: addresses find their owners without being handed them. */
export const OwnersContext = createContext<Readonly<Record<string, string>>>({})

/** An address that leads to the pod, node or Service that has it; plain text where nobody does. */
export function OwnerLink({ ip }: { readonly ip: string | undefined }) {
  const studio = useStudio()
  const owner = useContext(OwnersContext)[ip ?? '']
  if (ip === undefined || owner === undefined) return ip
  return (
    <button type="button" className="link" title={owner} onClick={() => select(studio, owner)}>
      {ip}
    </button>
  )
}
