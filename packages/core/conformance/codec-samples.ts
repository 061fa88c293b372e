import { decoded, joined, textOf } from './bytes.js'

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)

/** What the samples hold, unless they say otherwise. */
export const sampleText = textOf(60)

/** Members as other writers make them. */
export const gzipMembers: readonly (readonly [name: string, member: Uint8Array, content: Uint8Array])[] = [
  [
    'extra field, name, comment and header checksum',
    decoded(
      'H4sIHgDxU2UCAwYAQUICAHh5bmFtZS50YXIAYSBjb21tZW50AN73jdU7bsQwDEXRPqvQAlJYoqjPclx4kAGMJMi4yPKDwI/1Vf8gUTykfT4/j5TT1yPt6Tp+r3R97Ff6Ob6P/Xql5/U6zsd7ym/nf65Qrt45o9y8cxXvbXfQKVj8DjYKmk7s+BTVOCjY9OhJwaEu5g2LVBBdiu7OLNOVRJtelESdCKKOxcuRp8WZ6DMlnhHIop0o1DfNOQpl1VmQyHV7QaKp0SxIVMVekGjG5qJRjTrRaMbtaOTRTzQaCiJRE7shUdHEGxIN3W5I5PGBQ6KiATEkGvrQGBI1YRp/5aJLSJTjTCbSeBobKVnRqKrzFY1M/axolONMNIoyeYu0GxWJhhpfkajHPxCJepyJRD3qnKtJ31Zv97z6Ii+rXXJb7bzXRUz31fnwtjpz3lfn2Mfqbvhc3be2LezwH7VNytvHCQAA',
    ),
    sampleText,
  ],
  ['fixed codes', decoded('H4sIAADxU2UCA0vLrEhNUUhDIpPzU1KLAU7U7pgXAAAA'), utf8('fixed fixed fixed codes')],
  ['a stored block', decoded('H4sIAADxU2UCAwEOAPH/YSBzdG9yZWQgYmxvY2uWOeY1DgAAAA=='), utf8('a stored block')],
]

/** The only block of what the zstd command makes of the text at level 19. */
const block = decoded(
  'fQYAUk0hFaCpDQBsr1/uE1UlJ7K7N23eWMOpEYCNUBdR1bKO6kP7/rQ2fYlun3qZm3h6X8Orq241ZLioaucdjbdqVbcrVWehH64qurTF23nN7Lj1cxkVyv31NgvRP1vl08rKR7auoa4lHq8ObXsrwCcgjoFJxmGSMCjDcpJQpJOaIR3hEMnxGRDjCHWoIYi+/2/QnQMSSMCgBf+//mYxsIYUDZD9mFoJoSV72fRCv/nP/g6n3KYUFYVEJ7yWeSeSIFOEFn0Afp/TGT4y6hRYgFQF',
)
const checksum = Uint8Array.of(0x7f, 0x24, 0x3d, 0xea)

/** A zstd frame of a header (without its magic number) and what follows. */
export const zstdFrame = (header: readonly number[], ...parts: readonly Uint8Array[]): Uint8Array =>
  joined(Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, ...header), ...parts)

/** As the zstd command makes it from standard input, there with `--no-check`, and from a file, whose size is known. */
export const zstdFrames: readonly (readonly [name: string, frame: Uint8Array])[] = [
  ['with a checksum', zstdFrame([0x04, 0x68], block, checksum)],
  ['without a checksum', zstdFrame([0x00, 0x68], block)],
  ['with its size', zstdFrame([0x64, 0xc7, 0x08], block, checksum)],
]

/** A zstd block that holds its bytes as they are. */
export const rawBlock = (bytes: Uint8Array, isLast: boolean): Uint8Array => {
  const head = (bytes.length << 3) | Number(isLast)
  return joined(Uint8Array.of(head & 0xff, (head >> 8) & 0xff, head >> 16), bytes)
}

/** A zstd block of one byte many times. */
export const repeatedBlock = (byte: number, times: number, isLast: boolean): Uint8Array => {
  const head = (times << 3) | 2 | Number(isLast)
  return Uint8Array.of(head & 0xff, (head >> 8) & 0xff, head >> 16, byte)
}

/** A zstd frame for whatever its reader is not meant to read. */
export const skippable = (length: number): Uint8Array =>
  joined(Uint8Array.of(0x53, 0x2a, 0x4d, 0x18, length & 0xff, length >> 8, 0, 0), new Uint8Array(length).fill(0x28))
