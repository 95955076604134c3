/**
 * Installs the service worker of the build, once the page has nothing more urgent to do. Nothing depends on it: where there is none (development, an
 * insecure origin), the page needs its network.
 */
export function goOffline(): void {
  if (!import.meta.env.PROD || !('serviceWorker' in navigator)) return
  const install = () => void navigator.serviceWorker.register('./sw.js').catch(() => undefined)
  if ('requestIdleCallback' in window) requestIdleCallback(install, { timeout: 10_000 })
  else setTimeout(install, 3000)
}
