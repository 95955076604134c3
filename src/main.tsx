import '@fontsource-variable/inter'
import '@fontsource-variable/jetbrains-mono'
import { mount } from './ui/mount.tsx'

const root = document.getElementById('root')
if (!root) throw new Error('index.html has no #root')
void mount(root)
