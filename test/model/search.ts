import { createArrows } from './arrows.ts'
import { findBroken, isSettled } from './promises.ts'
import type { Model } from './protocol.ts'
import { forgetTheSettled } from './same-state.ts'
import { encode, firstState, type State, stateWords } from './state.ts'
import { stepsFrom } from './steps.ts'
import { formatTrace, type Trace } from './trace.ts'
import { createVisited } from './visited.ts'

/** What a search found. */
export type Searched = {
  states: number
  /** The longest of the shortest ways to a state, in steps. */
  depth: number
  /** States in which everything was sent and nothing is under way. */
  settled: number
  /** States from which no way leads to a settled one. */
  stuck: number
  /** Null: every promise holds in every state. */
  broken: string | null
  /** The shortest way to what is broken, for people. */
  trace: string
}

/** Looks at every state that a model can reach, nearest first, until a promise is broken or nothing is left. */
export function search(model: Model): Searched {
  const visited = createVisited(stateWords)
  const arrows = createArrows()
  const words = new Uint32Array(stateWords)
  /** From which state, by its how-manieth step, each was first reached. */
  const parents: number[] = [-1]
  const choices: number[] = [-1]
  const settled: number[] = []

  const first = firstState(model.scenario)
  encode(first, words)
  visited.add(words)
  let level: State[] = [first]
  let begins = 0

  for (let depth = 0; ; depth += 1) {
    const nextLevel: State[] = []
    const nextBegins = visited.size()
    for (let at = 0; at < level.length; at += 1) {
      const from = begins + at
      let choice = -1
      let broken = ''
      if (isSettled(level[at]!, model)) settled.push(from)
      stepsFrom(level[at]!, model, (_who, _batch, _what, next) => {
        choice += 1
        if (broken) return
        broken = findBroken(next, model)
        const known = visited.size()
        forgetTheSettled(next, model)
        encode(next, words)
        const to = visited.add(words)
        arrows.add(from, to)
        if (to < known && !broken) return
        parents.push(from)
        choices.push(choice)
        nextLevel.push(next)
      })
      if (!broken) continue
      const trace = formatTrace(retrace(model, parents, choices), broken)
      return { states: visited.size(), depth: depth + 1, settled: settled.length, stuck: 0, broken, trace }
    }
    if (nextLevel.length === 0) {
      const states = visited.size()
      const stuck = arrows.withoutWayTo(settled, states)
      return { states, depth, settled: settled.length, stuck, broken: null, trace: '' }
    }
    level = nextLevel
    begins = nextBegins
  }
}

/** Walks again the way that led to the last state. */
function retrace(model: Model, parents: number[], choices: number[]): Trace {
  const way: number[] = []
  for (let at = parents.length - 1; at > 0; at = parents[at]!) way.unshift(choices[at]!)
  const trace: Trace = []
  let state = firstState(model.scenario)
  for (const wanted of way) {
    let choice = 0
    let taken = state
    stepsFrom(state, model, (who, batch, what, next) => {
      if (choice++ !== wanted) return
      trace.push({ who, batch, what, log: next.log, spool: next.spool })
      taken = next
    })
    forgetTheSettled(taken, model)
    state = taken
  }
  return trace
}
