import '@fontsource-variable/inter'
import '@fontsource-variable/jetbrains-mono'
import './ui/tokens.css'
import './ui/styles/base.css'
import './ui/styles/layout.css'
import { startWorker } from './worker/start.ts'

const root = document.getElementById('root')
if (!root) throw new Error('index.html has no #root')
// The worker is made ready while the page is; a build names what begins the page in index.html, so that it comes along with this (scripts/early-plugin.ts).
const worker = startWorker()
// The map writes with both; what it has not got when it is first drawn has to be drawn again.
for (const family of ['Inter Variable', 'JetBrains Mono Variable']) void document.fonts.load(`12px "${family}"`).catch(() => undefined)
void import('./ui/begin.ts').then(({ begin }) => begin(root, worker))
