/** What all components stand on, read before they are: one long task of the page's becomes two. */
export { StrictMode, startTransition } from 'react'
export { createRoot } from 'react-dom/client'
