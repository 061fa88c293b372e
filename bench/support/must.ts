import * as E from 'fp-ts/lib/Either.js'

/** What a call answered; a benchmark whose calls fail measures nothing and ends. */
export const must = <A>(answer: E.Either<{ readonly message: string }, A>): A => {
  if (E.isLeft(answer)) throw new Error(answer.left.message)
  return answer.right
}

/** Lets other work of the process have a turn. */
export const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve))
