const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const encoder = new TextEncoder()

/** Whether every byte is below 0x80. Four at a time: all text of a tar comes by here. */
export const isAscii = (bytes: Uint8Array): boolean => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  let at = 0
  for (; at + 4 <= bytes.length; at += 4) if ((view.getUint32(at) & 0x80808080) !== 0) return false
  for (; at < bytes.length; at++) if (view.getUint8(at) > 0x7f) return false
  return true
}

/** UTF-8 as text, undefined where it is none. A byte order mark is a character like others. */
export const textOf = (bytes: Uint8Array, from: number, to: number): string | undefined => {
  try {
    return strict.decode(bytes.subarray(from, to))
  } catch {
    return undefined
  }
}

/** Whether the text is its own UTF-8 form, unit by unit. */
export const isAsciiText = (text: string): boolean => {
  for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) > 0x7f) return false
  return true
}

/** Bytes of the text's UTF-8 form. */
export const utf8Length = (text: string): number => {
  let length = text.length
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at)
    if (unit > 0x7ff && (unit & 0xf800) !== 0xd800) length += 2
    else if (unit > 0x7f) length += 1
  }
  return length
}

/** Writes the UTF-8 form of a text, which has `length` bytes, into bytes that have room for it. */
export const putText = (bytes: Uint8Array, at: number, text: string, length: number): void => {
  if (length !== text.length) encoder.encodeInto(text, bytes.subarray(at, at + length))
  else for (let index = 0; index < length; index++) bytes[at + index] = text.charCodeAt(index)
}

const loneSurrogate = /[\ud800-\udfff]/u

/** Whether the text has a UTF-8 form that reads back as the same text. */
export const isWellFormed = (text: string): boolean => !loneSurrogate.test(text)
