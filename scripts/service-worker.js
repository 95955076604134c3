/**
 * Keeps the page usable without a network. The build writes the two names below (offline-plugin.ts). Everything that the page needs is fetched once per
 * version; a new version waits until no tab shows the old one, so a tab never mixes two.
 */
const CACHE = 'kubehop-%VERSION%'
const FILES = ['%FILES%']

self.addEventListener('install', (event) => {
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(FILES)))
})

self.addEventListener('activate', (event) => {
  const others = (names) => names.filter((name) => name.startsWith('kubehop-') && name !== CACHE)
  event.waitUntil(caches.keys().then((names) => Promise.all(others(names).map((name) => caches.delete(name)))))
})

self.addEventListener('fetch', (event) => {
  const { request } = event
  if (request.method !== 'GET' || !request.url.startsWith(self.registration.scope)) return
  event.respondWith(request.mode === 'navigate' ? kept('./', request) : kept(request, request))
})

async function kept(key, request) {
  const cache = await caches.open(CACHE)
  // Module scripts are asked for with an Origin, which servers like to vary by; a file of this version is the same for everyone.
  const found = await cache.match(key, { ignoreSearch: true, ignoreVary: true })
  return found ?? fetch(request)
}
