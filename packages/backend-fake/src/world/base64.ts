const sliceLength = 8192

/** In the standard alphabet, padded. */
export const encodeBase64 = (bytes: Uint8Array): string => {
  let binary = ''
  for (let at = 0; at < bytes.length; at += sliceLength)
    binary += String.fromCharCode(...bytes.subarray(at, at + sliceLength))
  return btoa(binary)
}

/** Throws at a text that is none. */
export const decodeBase64 = (text: string): Uint8Array => {
  const binary = atob(text)
  const bytes = new Uint8Array(binary.length)
  for (let at = 0; at < binary.length; at++) bytes[at] = binary.charCodeAt(at)
  return bytes
}
