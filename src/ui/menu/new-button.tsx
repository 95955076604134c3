import '../messages/with-edit.ts'
import { FilePlus2 } from 'lucide-react'
import { useRef } from 'react'
import { IconButton } from '../icon-button.tsx'
import { t } from '../messages/t.ts'
import { openMenu } from './surface.ts'

/** Opens the cluster's own menu below itself. */
export function NewButton() {
  const place = useRef<HTMLSpanElement>(null)
  const open = () => {
    const box = place.current?.getBoundingClientRect()
    if (box) openMenu(undefined, box.left, box.bottom + 4)
  }
  return (
    <span ref={place}>
      <IconButton label={t('menu.new')} icon={FilePlus2} onPress={open} />
    </span>
  )
}
