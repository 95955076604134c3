import { type ReadFiles, readDrop } from '../files.ts'
import { loadSampleFiles, loadSamples } from '../samples.ts'

/** What a sample's card carries while it is dragged. */
export const SAMPLE = 'application/x-kubehop-sample'

export const carries = ({ dataTransfer }: DragEvent): boolean =>
  dataTransfer?.types.includes('Files') === true || dataTransfer?.types.includes(SAMPLE) === true

/** Files and folders, or the manifests of a sample. */
export async function readDragged(transfer: DataTransfer): Promise<ReadFiles> {
  const id = transfer.getData(SAMPLE)
  if (id === '') return readDrop(transfer)
  const sample = (await loadSamples()).find((each) => each.id === id)
  return { files: sample ? await loadSampleFiles(sample) : [], unreadable: [] }
}
