import { ChevronLeft, ChevronRight, Pause, Play, RotateCcw, SkipBack, SkipForward, StepBack, StepForward } from 'lucide-react'
import { lazy, Suspense, useMemo } from 'react'
import { IconButton } from '../icon-button.tsx'
import { t } from '../messages/t.ts'
import '../messages/with-player.ts'
import { compare, type Grain, lastPosition, packetsOf, stopAt, stops } from '../position.ts'
import { Segmented } from '../segmented.tsx'
import { nextSpeed, SPEEDS } from '../speed.ts'
import { currentRecord } from '../store.ts'
import { useApp, usePreference, useStudio } from '../studio.ts'

const BreakMenu = lazy(async () => ({ default: (await import('../breakpoints/break-menu.tsx')).BreakMenu }))

/** Packets have keys and buttons of their own. */
const GRAINS = ['hop', 'step', 'rule'] as const satisfies readonly Grain[]

/** Play, pause, step and scrub along the way of the packets of one request. `compact`: on a phone. */
export function Transport({ compact = false }: { readonly compact?: boolean }) {
  const { player } = useStudio()
  const record = useApp(currentRecord)
  const playing = useApp((state) => state.playback.playing)
  const finished = useApp((state) => {
    const shown = currentRecord(state)
    const end = shown && lastPosition(packetsOf(shown.conversation))
    return !state.playback.playing && end !== undefined && compare(state.playback.position, end) >= 0
  })
  const off = record === undefined
  const play = playing ? 'pause' : finished ? 'replay' : 'play'
  return (
    <div className="transport" role="group" aria-label={t('transport.label')}>
      <IconButton label={t('transport.backPacket')} icon={SkipBack} disabled={off} onPress={() => player.stepPacket(-1)} />
      <IconButton label={t('transport.back')} icon={StepBack} disabled={off} onPress={() => player.step(-1)} />
      <IconButton
        label={t(`transport.${play}`)}
        icon={{ pause: Pause, play: Play, replay: RotateCcw }[play]}
        className="transport-play"
        disabled={off}
        onPress={player.toggle}
      />
      <IconButton label={t('transport.step')} icon={StepForward} disabled={off} onPress={() => player.step(1)} />
      <IconButton label={t('transport.stepPacket')} icon={SkipForward} disabled={off} onPress={() => player.stepPacket(1)} />
      <Scrub />
      <GrainChoice />
      {!compact && <SpeedChoice />}
      <Suspense fallback={<span className="icon-button" />}>
        <BreakMenu />
      </Suspense>
    </div>
  )
}

function Scrub() {
  const { player } = useStudio()
  const record = useApp(currentRecord)
  const position = useApp((state) => state.playback.position)
  const level = useApp((state) => state.preferences.level)
  const packets = useMemo(() => (record ? packetsOf(record.conversation) : []), [record])
  // Every step is a notch of the slider, whatever the buttons step by.
  const all = useMemo(() => stops(packets, 'step', level), [packets, level])
  const hops = packets[position.packet]?.hops.length ?? 0
  const text = t('transport.position', { packet: position.packet + 1, packets: packets.length, hop: position.hop + 1, hops })
  return (
    <input
      type="range"
      className="scrub"
      aria-label={t('transport.scrub')}
      aria-valuetext={text}
      title={text}
      min={0}
      max={Math.max(1, all.length - 1)}
      value={stopAt(all, position)}
      disabled={all.length === 0}
      onChange={(event) => {
        const stop = all[event.target.valueAsNumber]
        if (stop) player.seek(stop)
      }}
    />
  )
}

/** How far a step goes: side by side where there is room, else one of a list. */
function GrainChoice() {
  const [kept, setGrain] = usePreference('grain')
  const grain = GRAINS.find((one) => one === kept) ?? 'hop'
  const options = GRAINS.map((value) => ({ value, text: t(`transport.grain.${value}`) }))
  return (
    <>
      <span className="transport-grain">
        <Segmented label={t('transport.grain')} value={grain} options={options} onChange={setGrain} />
      </span>
      <label className="transport-select transport-grain-list">
        <select aria-label={t('transport.grain')} value={grain} onChange={(event) => setGrain(event.target.value as Grain)}>
          {options.map(({ value, text }) => (
            <option key={value} value={value}>
              {text}
            </option>
          ))}
        </select>
      </label>
    </>
  )
}

function SpeedChoice() {
  const [speed, setSpeed] = usePreference('speed')
  const slower = nextSpeed(speed, -1)
  const faster = nextSpeed(speed, 1)
  return (
    <span className="transport-speed">
      <IconButton
        label={`${t('transport.slower')} (<)`}
        icon={ChevronLeft}
        size={14}
        disabled={slower === speed}
        onPress={() => setSpeed(slower)}
      />
      <label className="transport-select">
        <select aria-label={t('transport.speed')} value={speed} onChange={(event) => setSpeed(Number(event.target.value))}>
          {SPEEDS.map((one) => (
            <option key={one} value={one}>
              {one}×
            </option>
          ))}
        </select>
      </label>
      <IconButton
        label={`${t('transport.faster')} (>)`}
        icon={ChevronRight}
        size={14}
        disabled={faster === speed}
        onPress={() => setSpeed(faster)}
      />
    </span>
  )
}
