import type { Signatures } from './signature.js'

/** Virtual disks. With parameters of version 2 the access asked for is 0. */
export const virtdisk = {
  CreateVirtualDisk: [
    'win32',
    ['type', 'bytes'],
    ['path', 'path'],
    ['access', 'u32'],
    ['security', 'bytesOrNull'],
    ['flags', 'u32'],
    ['providerFlags', 'u32'],
    ['parameters', 'bytes'],
    ['overlapped', 'none'],
    ['disk', 'cell64'],
  ],
  OpenVirtualDisk: [
    'win32',
    ['type', 'bytes'],
    ['path', 'path'],
    ['access', 'u32'],
    ['flags', 'u32'],
    ['parameters', 'bytes'],
    ['disk', 'cell64'],
  ],
  AttachVirtualDisk: [
    'win32',
    ['disk', 'handle'],
    ['security', 'bytesOrNull'],
    ['flags', 'u32'],
    ['providerFlags', 'u32'],
    ['parameters', 'bytesOrNull'],
    ['overlapped', 'none'],
  ],
  DetachVirtualDisk: ['win32', ['disk', 'handle'], ['flags', 'u32'], ['providerFlags', 'u32']],
  ExpandVirtualDisk: ['win32', ['disk', 'handle'], ['flags', 'u32'], ['parameters', 'bytes'], ['overlapped', 'none']],
  ResizeVirtualDisk: ['win32', ['disk', 'handle'], ['flags', 'u32'], ['parameters', 'bytes'], ['overlapped', 'none']],
  GetVirtualDiskPhysicalPath: ['win32', ['disk', 'handle'], ['size', 'cell32'], ['buffer', 'bytes']],
  GetVirtualDiskInformation: [
    'win32',
    ['disk', 'handle'],
    ['size', 'cell32'],
    ['info', 'bytes'],
    ['used', 'cell32OrNull'],
  ],
  SetVirtualDiskInformation: ['win32', ['disk', 'handle'], ['info', 'bytes']],
} as const satisfies Signatures
