import { createPainter } from '../../../src/canvas/painter.ts'
import { buildScene } from '../../../src/scene/build.ts'
import { type Point, type Scene, podRect } from '../../../src/scene/scene.ts'
import { MOVES_ENCAPSULATED, MOVES_REPLY, type Timetable } from '../../../src/scene/timetable.ts'
import { nodeCable } from '../../../src/scene/wires.ts'
import { clusterOf } from '../layouts.ts'

/** A map of `nodes` nodes with `pods` pods each, as large as it is among its panels, on which `packets` packets go back and forth for as long as it is looked at. */
const asked = new URLSearchParams(location.search)
const number = (name: string): number => Number(asked.get(name))
const scene = buildScene(clusterOf(number('nodes'), number('pods')))
const place = document.querySelector('main')
if (!place) throw new Error('there is no place for the map')
const painter = createPainter(place, { onSelect: () => undefined, onHover: () => undefined })
painter.setScene(scene)
painter.playCrowd({ ways: ways(scene, number('packets')), speed: 1 })

/** Milliseconds from pod to pod, and how often there and back. */
const TRIP = 2600
const TRIPS = 200

function* ways({ pods, machines, ...rest }: Scene, packets: number): Generator<Timetable> {
  const scene = { pods, machines, ...rest }
  for (let i = 0; i < packets; i++) {
    const ends = [(i * 7919) % pods.count, (i * 104_729 + 31) % pods.count]
    const [from = [], to = []] = ends.map((pod): readonly Point[] => [podRect(scene, pod), ...nodeCable(scene, pods.machine[pod] ?? 0)])
    const there = [...from, ...to.toReversed()]
    const points = Array.from({ length: TRIPS }, (_, trip) => (trip % 2 === 0 ? there : there.toReversed())).flat()
    yield {
      at: Float32Array.from(points, (_, p) => ((p + (i % there.length)) * TRIP) / there.length),
      x: Float32Array.from(points, ({ x }) => x),
      y: Float32Array.from(points, ({ y }) => y),
      looks: Uint8Array.from(points, (_, p) => {
        const reply = Math.floor(p / there.length) % 2 === 1 ? MOVES_REPLY : 0
        const within = p % there.length
        return within > 1 && within < there.length - 2 ? reply | MOVES_ENCAPSULATED : reply
      }),
      broken: false,
    }
  }
}
