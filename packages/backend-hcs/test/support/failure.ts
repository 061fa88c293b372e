import type { BackendFault } from '@varve/core/ports'

const isFault = (failure: unknown): failure is BackendFault =>
  typeof failure === 'object' && failure !== null && '_tag' in failure && failure._tag === 'BackendFault'

/** The BackendFault that a piece of work raises. */
export const faultOf = (work: () => unknown): BackendFault => {
  try {
    work()
  } catch (cause) {
    if (cause instanceof Error && 'failure' in cause && isFault(cause.failure)) return cause.failure
    throw cause
  }
  throw new Error('nothing was raised')
}

/** The same of work that answers later. */
export const faultLater = async (work: () => Promise<unknown>): Promise<BackendFault> => {
  const settled = await work().then(
    () => undefined,
    (cause: unknown) => () => {
      throw cause
    },
  )
  return faultOf(settled ?? (() => undefined))
}
