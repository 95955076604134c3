import { useApp } from '../studio.ts'

/** Whether the request that is looked at is a journey, which curl could tell. */
export const useTranscript = (): boolean => useApp((state) => state.records[state.playback.conversation]?.conversation.asked !== undefined)
