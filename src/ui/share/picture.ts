/** The two layers of the map as one picture, at the resolution of the screen. */
export async function pngOfMap(): Promise<Blob> {
  const layers = [...document.querySelectorAll<HTMLCanvasElement>('[data-testid=map] canvas')]
  const [ground] = layers
  const picture = document.createElement('canvas')
  const context = picture.getContext('2d')
  if (!ground || !context) throw new Error('there is no map on screen')
  picture.width = ground.width
  picture.height = ground.height
  for (const layer of layers) context.drawImage(layer, 0, 0)
  return new Promise((resolve, reject) =>
    picture.toBlob((blob) => (blob ? resolve(blob) : reject(new Error('the browser made no picture'))), 'image/png'),
  )
}
