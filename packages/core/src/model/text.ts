/** Length in UTF-8 bytes of a well-formed text. */
export const utf8Length = (text: string): number => {
  let bytes = text.length
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index)
    if (unit >= 0x800 && (unit < 0xd800 || unit > 0xdfff)) bytes += 2
    else if (unit >= 0x80) bytes += 1
  }
  return bytes
}

const loneSurrogate = /[\ud800-\udfff]/u

/** Why a text can't be kept as it is, or undefined: it would not survive UTF-8, C strings or JavaScript objects. */
export const textProblem = (text: string): string | undefined => {
  if (text.includes('\0')) return 'must not contain NUL'
  if (loneSurrogate.test(text)) return 'must be well-formed Unicode (it has a lone surrogate)'
  if (text === '__proto__') return 'must not be __proto__, which JavaScript objects lose'
  return undefined
}
