import type { KnownCodes } from './codes.js'

const service = 'start the service vmcompute (Host Compute Service): Start-Service vmcompute; then try again'
const elevate = 'run as an elevated administrator, or as a member of Hyper-V Administrators'
const log = 'see the event log Microsoft-Windows-Hyper-V-Compute'
const again = 'try again'
const report = 'this is a mistake in the call: please report it with this message'

/** By low byte: the families 0x803701xx and 0xC03701xx share them. */
export const hcsCodes: KnownCodes = {
  0x00: ['HCS_E_TERMINATED_DURING_START', 'state', log],
  0x01: ['HCS_E_IMAGE_MISMATCH', 'unsupported', 'use a base image of the same build of Windows as the host'],
  0x02: ['HCS_E_HYPERV_NOT_INSTALLED', 'unsupported', 'install the Windows feature Hyper-V, then restart'],
  0x03: ['ERROR_VMCOMPUTE_OPERATION_PENDING', 'state', again],
  0x05: ['HCS_E_INVALID_STATE', 'state', log],
  0x06: ['HCS_E_UNEXPECTED_EXIT', 'state', log],
  0x07: ['HCS_E_TERMINATED', 'state', log],
  0x08: ['HCS_E_CONNECT_FAILED', 'service', service],
  0x09: ['HCS_E_CONNECTION_TIMEOUT', 'timeout', again],
  0x0a: ['HCS_E_CONNECTION_CLOSED', 'service', service],
  0x0b: ['HCS_E_UNKNOWN_MESSAGE', 'unsupported', 'use a newer build of Windows'],
  0x0c: ['HCS_E_UNSUPPORTED_PROTOCOL_VERSION', 'unsupported', 'use a newer build of Windows'],
  0x0d: ['HCS_E_INVALID_JSON', 'invalid-argument', report],
  0x0e: ['HCS_E_SYSTEM_NOT_FOUND', 'not-exist', log],
  0x0f: ['HCS_E_SYSTEM_ALREADY_EXISTS', 'exists', log],
  0x10: ['HCS_E_SYSTEM_ALREADY_STOPPED', 'state', log],
  0x11: ['HCS_E_PROTOCOL_ERROR', 'service', service],
  0x12: ['HCS_E_INVALID_LAYER', 'corrupt', 'the layer is damaged or of another build of Windows: make it anew'],
  0x13: ['HCS_E_WINDOWS_INSIDER_REQUIRED', 'unsupported', 'use a newer build of Windows'],
  0x14: [
    'HCS_E_SERVICE_NOT_AVAILABLE',
    'service',
    `${service}; it comes with the Windows features Containers and Hyper-V`,
  ],
  0x15: ['HCS_E_OPERATION_NOT_STARTED', 'state', report],
  0x16: ['HCS_E_OPERATION_ALREADY_STARTED', 'state', report],
  0x17: ['HCS_E_OPERATION_PENDING', 'state', again],
  0x18: ['HCS_E_OPERATION_TIMEOUT', 'timeout', again],
  0x19: ['HCS_E_OPERATION_SYSTEM_CALLBACK_ALREADY_SET', 'state', report],
  0x1a: ['HCS_E_OPERATION_RESULT_ALLOCATION_FAILED', 'limit', 'give the host more memory'],
  0x1b: ['HCS_E_ACCESS_DENIED', 'access', elevate],
  0x1c: ['HCS_E_GUEST_CRITICAL_ERROR', 'state', log],
  0x1d: ['HCS_E_PROCESS_INFO_NOT_AVAILABLE', 'not-exist', log],
  0x1e: ['HCS_E_SERVICE_DISCONNECT', 'service', service],
  0x1f: ['HCS_E_PROCESS_ALREADY_STOPPED', 'state', log],
}
