import type { ManifestFile } from '../../worker/protocol.ts'

/** A file that lies on a node, and the object that says so: there is none in Kubernetes, so a ConfigMap with an annotation stands for it (core/cluster/files.ts). */
export interface NodeFile {
  readonly path: string
  readonly manifest: ManifestFile
}

/** What is no manifest: a program's configuration. */
const isConfiguration = ({ name, text }: ManifestFile): boolean =>
  !/\.(?:ya?ml|json)$/i.test(name) || !/^\s*(?:- )?["']?kind["']?\s*:/m.test(text)

/** Undefined for manifests. A program's files are usually in a directory of its name below /etc; the review is the place to say otherwise. */
export function nodeFileOf(file: ManifestFile, node: string): NodeFile | undefined {
  if (!isConfiguration(file)) return undefined
  const [program = ''] = file.name.split('.')
  const directory = `/etc/${program}`
  const id = `${node}-${file.name}`
    .toLowerCase()
    .replaceAll(/[^a-z0-9.-]+/g, '-')
    .replaceAll(/^[-.]+|[-.]+$/g, '')
  const text = `# ${directory}/${file.name} on ${node}
apiVersion: v1
kind: ConfigMap
metadata:
  name: file-${id}
  namespace: kube-system
  annotations:
    kubehop/host-path: ${directory}
    kubehop/nodes: ${node}
data:
  ${JSON.stringify(file.name)}: ${block(file.text)}`
  return { path: `${directory}/${file.name}`, manifest: { name: `${node}-${file.name}.yaml`, text } }
}

/** As a literal block where it can be one: comments and order stay as they are. */
function block(text: string): string {
  const lines = text.replaceAll('\r\n', '\n').replace(/\n+$/, '').split('\n')
  if (text.trim() === '') return '""\n'
  // A first line that is indented would be taken for the indentation of all.
  const indented = /^\s/.test(lines.find((line) => line.trim() !== '') ?? '')
  return `|${indented ? '2' : ''}\n${lines.map((line) => (line === '' ? '' : `    ${line}`)).join('\n')}\n`
}
