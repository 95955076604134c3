import { Pause, Play, RotateCcw, SkipBack, SkipForward, StepBack, StepForward } from 'lucide-react'
import { useMemo } from 'react'
import { IconButton } from '../icon-button.tsx'
import { t } from '../messages/t.ts'
import { compare, GRAINS, lastPosition, packetsOf, stopAt, stops } from '../position.ts'
import { currentRecord } from '../store.ts'
import { useApp, usePreference, useStudio } from '../studio.ts'

const SPEEDS = [0.1, 0.25, 0.5, 1, 2, 4] as const

/** Play, pause, step and scrub along the way of the packets of one request. `compact`: without the selects. */
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
      {!compact && <Choices />}
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

function Choices() {
  const [grain, setGrain] = usePreference('grain')
  const [speed, setSpeed] = usePreference('speed')
  return (
    <>
      <label className="transport-select">
        <span>{t('transport.grain')}</span>
        <select
          aria-label={t('transport.grain')}
          value={grain}
          onChange={(event) => setGrain(GRAINS.find((one) => one === event.target.value) ?? 'hop')}
        >
          {GRAINS.map((one) => (
            <option key={one} value={one}>
              {t(`transport.grain.${one}`)}
            </option>
          ))}
        </select>
      </label>
      <label className="transport-select">
        <span>{t('transport.speed')}</span>
        <select aria-label={t('transport.speed')} value={speed} onChange={(event) => setSpeed(Number(event.target.value))}>
          {SPEEDS.map((one) => (
            <option key={one} value={one}>
              {one}×
            </option>
          ))}
        </select>
      </label>
    </>
  )
}
