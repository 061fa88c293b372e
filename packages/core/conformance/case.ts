/**
 * One case of the suite. `run` opens what it needs, closes it, and rejects with an Error that says what was expected and what
 * was found. With any test runner: `for (const c of storeCases) test(c.name, () => c.run(open))`.
 */
export type Case<Subject> = { readonly name: string; readonly run: (open: () => Promise<Subject>) => Promise<void> }

type Closable = { readonly close: () => Promise<void> }

/** Runs `body` with a fresh subject, which is closed whatever happens. */
export const withSubject = async <Subject extends Closable>(
  open: () => Promise<Subject>,
  body: (subject: Subject) => Promise<void>,
): Promise<void> => {
  const subject = await open()
  try {
    await body(subject)
  } catch (failure) {
    // What the body found matters more than what closing then runs into.
    await subject.close().catch(() => undefined)
    throw failure
  }
  await subject.close()
}

/** A case that needs one fresh subject. */
export const caseOf = <Subject extends Closable>(
  name: string,
  body: (subject: Subject) => Promise<void>,
): Case<Subject> => ({ name, run: (open) => withSubject(open, body) })
