/** The ladder, where it is what is shown. */
export const ladderOnScreen = (): SVGSVGElement | null => document.querySelector<SVGSVGElement>('svg[data-testid=ladder]')

/** What is on screen as pixels: the ladder, or the two layers of the map at the resolution of the screen. */
export async function pngOfScreen(): Promise<Blob> {
  const ladder = ladderOnScreen()
  return ladder ? pngOfLadder(ladder) : pngOf(canvasOfMap())
}

function canvasOfMap(): HTMLCanvasElement {
  const layers = [...document.querySelectorAll<HTMLCanvasElement>('[data-testid=map] canvas')]
  const [ground] = layers
  const picture = document.createElement('canvas')
  const context = picture.getContext('2d')
  if (!ground || !context) throw new Error('there is no map on screen')
  picture.width = ground.width
  picture.height = ground.height
  for (const layer of layers) context.drawImage(layer, 0, 0)
  return picture
}

/** Of the SVG that would be saved, with fonts that every machine has. */
async function pngOfLadder(ladder: SVGSVGElement): Promise<Blob> {
  const { svgOfElement } = await import('./svg.ts')
  const address = URL.createObjectURL(new Blob([svgOfElement(ladder)], { type: 'image/svg+xml' }))
  try {
    const image = new Image()
    image.src = address
    await image.decode()
    const { width, height } = ladder.getBoundingClientRect()
    const ratio = devicePixelRatio || 1
    const picture = document.createElement('canvas')
    picture.width = Math.ceil(width * ratio)
    picture.height = Math.ceil(height * ratio)
    const context = picture.getContext('2d')
    if (!context) throw new Error('this browser has no 2D canvas')
    context.drawImage(image, 0, 0, picture.width, picture.height)
    return await pngOf(picture)
  } finally {
    URL.revokeObjectURL(address)
  }
}

const pngOf = (picture: HTMLCanvasElement): Promise<Blob> =>
  new Promise((resolve, reject) =>
    picture.toBlob((blob) => (blob ? resolve(blob) : reject(new Error('the browser made no picture'))), 'image/png'),
  )
