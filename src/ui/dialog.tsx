import { X } from 'lucide-react'
import { type ReactNode, useEffect, useRef } from 'react'
import { IconButton } from './icon-button.tsx'
import { t } from './messages/t.ts'
import type { Dialog as DialogName } from './store.ts'
import { useApp, useStudio } from './studio.ts'

interface Props {
  readonly name: DialogName
  readonly title: string
  readonly children: ReactNode
}

/** The browser's own modal dialog: it keeps the focus inside, closes on Escape, and gives the focus back. */
export function Dialog({ name, title, children }: Props) {
  const { store } = useStudio()
  const open = useApp((state) => state.dialog === name)
  const dialog = useRef<HTMLDialogElement>(null)
  useEffect(() => {
    if (open) dialog.current?.showModal()
    else dialog.current?.close()
  }, [open])
  const close = () => store.getState().change((state) => void (state.dialog = undefined))
  return (
    <dialog
      className="dialog"
      ref={dialog}
      aria-label={title}
      onClose={() => {
        // Escape closes it past React.
        if (store.getState().dialog === name) close()
      }}
      onClick={(event) => event.target === dialog.current && close()}
    >
      {open && (
        <>
          <div className="dialog-head">
            <h2>{title}</h2>
            <IconButton label={t('help.close')} icon={X} onPress={close} />
          </div>
          <div className="dialog-body">{children}</div>
        </>
      )}
    </dialog>
  )
}
