import { X } from 'lucide-react'
import { useEffect } from 'react'
import { IconButton } from './icon-button.tsx'
import { t } from './messages/t.ts'
import type { Toast } from './store.ts'
import { useApp, useStudio } from './studio.ts'

/** Short news at the lower edge. Errors stay until dismissed. */
export function Toasts() {
  const toasts = useApp((state) => state.toasts)
  return (
    <div className="toasts" role="status">
      {toasts.map((toast) => (
        <ToastLine key={toast.id} toast={toast} />
      ))}
    </div>
  )
}

const LINGER = 8000

function ToastLine({ toast }: { readonly toast: Toast }) {
  const { dismiss } = useStudio().actions
  const { id, tone, text, action } = toast
  useEffect(() => {
    if (tone === 'error') return
    const timer = setTimeout(() => dismiss(id), LINGER)
    return () => clearTimeout(timer)
  }, [dismiss, id, tone])
  const act = () => {
    action?.run()
    dismiss(id)
  }
  return (
    <div className="toast" data-tone={tone}>
      <p>{text}</p>
      {action && (
        <button type="button" className="button" onClick={act}>
          {action.label}
        </button>
      )}
      <IconButton label={t('toast.dismiss')} icon={X} onPress={() => dismiss(id)} />
    </div>
  )
}
