import type { Preferences } from './store.ts'

/** `data-theme` on the root decides; without it the system does. */
export function applyTheme(theme: Preferences['theme']): void {
  if (theme === 'system') delete document.documentElement.dataset['theme']
  else document.documentElement.dataset['theme'] = theme
}

/** Calls back whenever colours may have changed: by the page's own switch or by the system's. */
export function watchTheme(changed: () => void): () => void {
  const query = matchMedia('(prefers-color-scheme: dark)')
  const observer = new MutationObserver(changed)
  observer.observe(document.documentElement, { attributeFilter: ['data-theme'] })
  query.addEventListener('change', changed)
  return () => {
    observer.disconnect()
    query.removeEventListener('change', changed)
  }
}

export function watchMotion(changed: (reduced: boolean) => void): () => void {
  const query = matchMedia('(prefers-reduced-motion: reduce)')
  const tell = () => changed(query.matches)
  tell()
  query.addEventListener('change', tell)
  return () => query.removeEventListener('change', tell)
}
