import { explorer, type Explored, type Path } from '../exhaust/explore.js'
import type { Case } from '../simulate/case.js'
import { shrink, type Shrunk } from '../simulate/shrink.js'
import { simulate, type Simulated, type SimulateOptions } from '../simulate/simulate.js'

/** What the tool asks of its processes. */
export type Request =
  | { readonly ask: 'simulate'; readonly options: Omit<SimulateOptions, 'watch'> }
  | { readonly ask: 'shrink'; readonly case: Case }
  | { readonly ask: 'explore'; readonly path: Path }

export type Answers = {
  readonly simulate: Simulated
  readonly shrink: Shrunk | undefined
  readonly explore: Explored
}

export type Answer = Answers[Request['ask']]

/** Performs requests; what was explored before is not reported again. */
export const performer = (): ((request: Request) => Promise<Answer>) => {
  const explore = explorer()
  return (request) => {
    switch (request.ask) {
      case 'simulate':
        return simulate(request.options)
      case 'shrink':
        return shrink(request.case)
      case 'explore':
        return explore(request.path)
    }
  }
}
