/** What is wrong with an entry: what was found, and the rule it breaks, in the words of `invalidEntry`. */
export type Problem = { readonly value: unknown; readonly rule: string }

export const problem = (value: unknown, rule: string): Problem => ({ value, rule })
