// The stages of life in which handles are dropped, and processes and threads end.
import { bufferStages } from './buffers.js'
import { httpStages } from './http.js'
import type { Stage } from './stage.js'

export type { Stage } from './stage.js'

/** All stages, by name. */
export const LIFE_STAGES: Readonly<Record<string, Stage>> = { ...bufferStages, ...httpStages }
