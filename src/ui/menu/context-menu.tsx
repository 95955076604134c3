import { useEffect, useState } from 'react'
import type { Possible } from '../../worker/protocol.ts'
import { t } from '../messages/t.ts'
import { type Studio, useStudio } from '../studio.ts'
import { breakEntries, clusterEntries, dropEntries, type Groups, objectEntries } from './entries.ts'
import { Menu } from './menu.tsx'
import { closeMenu } from './surface.ts'
import { useSurface } from './use-surface.ts'

/** The menu of whatever was asked for last, once the worker has said what can be done with it. */
export function ContextMenu() {
  const studio = useStudio()
  const { client } = studio.actions
  const menu = useSurface((surface) => surface.menu)
  const [asked, setAsked] = useState<{ readonly menu: typeof menu; readonly object: Possible | undefined }>()
  useEffect(() => {
    if (!menu) return
    let current = true
    const answer = menu.target === undefined ? Promise.resolve(undefined) : client.ask({ kind: 'possible', target: menu.target })
    answer.then((object) => current && setAsked({ menu, object })).catch(closeMenu)
    return () => {
      current = false
    }
  }, [client, menu])
  if (!menu || asked?.menu !== menu) return null
  const { object } = asked
  const groups = groupsOf(studio, object, menu)
  return (
    <Menu
      label={object ? t('menu.object', { kind: object.kind, name: object.name }) : t('menu.cluster')}
      groups={groups}
      x={menu.x}
      y={menu.y}
      onClose={closeMenu}
    />
  )
}

function groupsOf(
  studio: Studio,
  object: Possible | undefined,
  { part, onto }: { readonly part?: string; readonly onto?: string },
): Groups {
  if (!object) return clusterEntries(studio)
  if (onto !== undefined) return dropEntries(studio, object, onto)
  return [...objectEntries(studio, object), breakEntries(studio, part ?? object.id)].filter((group) => group.length > 0)
}
