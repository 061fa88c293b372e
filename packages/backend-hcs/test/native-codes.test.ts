import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { adviceOf, categoryOf, failureTold, hex, nameOf, type Category } from '../src/native/codes.js'

type Row = readonly [code: number, name: string, category: Category, advice: RegExp]

const rows: readonly Row[] = [
  [0x80070001, 'ERROR_INVALID_FUNCTION', 'unsupported', /filter driver/],
  [0x80070002, 'ERROR_FILE_NOT_FOUND', 'not-exist', /put back/],
  [0x80070003, 'ERROR_PATH_NOT_FOUND', 'not-exist', /put back/],
  [0x80070004, 'ERROR_TOO_MANY_OPEN_FILES', 'limit', /fewer/],
  [0x80070005, 'ERROR_ACCESS_DENIED', 'access', /elevated administrator/],
  [0x80070006, 'ERROR_INVALID_HANDLE', 'invalid-argument', /report/],
  [0x80070008, 'ERROR_NOT_ENOUGH_MEMORY', 'limit', /memory/],
  [0x80070013, 'ERROR_WRITE_PROTECT', 'access', /writable/],
  [0x80070015, 'ERROR_NOT_READY', 'not-ready', /try again/],
  [0x8007001d, 'ERROR_WRITE_FAULT', 'io', /disk/],
  [0x80070020, 'ERROR_SHARING_VIOLATION', 'in-use', /close what uses it/],
  [0x80070021, 'ERROR_LOCK_VIOLATION', 'in-use', /close what uses it/],
  [0x80070026, 'ERROR_HANDLE_EOF', 'corrupt', /restore/],
  [0x80070032, 'ERROR_NOT_SUPPORTED', 'unsupported', /local NTFS/],
  [0x80070035, 'ERROR_BAD_NETPATH', 'not-exist', /local NTFS/],
  [0x80070037, 'ERROR_DEV_NOT_EXIST', 'not-active', /not attached/],
  [0x80070050, 'ERROR_FILE_EXISTS', 'exists', /move away/],
  [0x80070057, 'ERROR_INVALID_PARAMETER', 'invalid-argument', /parents are whole/],
  [0x80070070, 'ERROR_DISK_FULL', 'disk-full', /free some space/],
  [0x80070078, 'ERROR_CALL_NOT_IMPLEMENTED', 'unsupported', /newer build/],
  [0x8007007a, 'ERROR_INSUFFICIENT_BUFFER', 'invalid-argument', /report/],
  [0x8007007b, 'ERROR_INVALID_NAME', 'invalid-argument', /NTFS/],
  [0x8007007e, 'ERROR_MOD_NOT_FOUND', 'unsupported', /feature Containers/],
  [0x8007007f, 'ERROR_PROC_NOT_FOUND', 'unsupported', /feature Containers/],
  [0x80070091, 'ERROR_DIR_NOT_EMPTY', 'not-empty', /move away/],
  [0x800700b7, 'ERROR_ALREADY_EXISTS', 'exists', /move away/],
  [0x800700ce, 'ERROR_FILENAME_EXCED_RANGE', 'invalid-argument', /shorter/],
  [0x8007010b, 'ERROR_DIRECTORY', 'invalid-argument', /where a folder belongs/],
  [0x800703e3, 'ERROR_OPERATION_ABORTED', 'cancelled', /try again/],
  [0x800703ed, 'ERROR_UNRECOGNIZED_VOLUME', 'unsupported', /NTFS/],
  [0x800703f1, 'ERROR_BADDB', 'corrupt', /hive/],
  [0x800703f9, 'ERROR_NOT_REGISTRY_FILE', 'corrupt', /hive/],
  [0x8007045d, 'ERROR_IO_DEVICE', 'io', /disk/],
  [0x8007047e, 'ERROR_OLD_WIN_VERSION', 'unsupported', /newer build/],
  [0x8007048f, 'ERROR_DEVICE_NOT_CONNECTED', 'not-ready', /try again/],
  [0x80070490, 'ERROR_NOT_FOUND', 'not-active', /nothing is bound/],
  [0x800704c7, 'ERROR_CANCELLED', 'cancelled', /try again/],
  [0x80070514, 'ERROR_NOT_ALL_ASSIGNED', 'access', /elevated administrator/],
  [0x80070522, 'ERROR_PRIVILEGE_NOT_HELD', 'access', /elevated administrator/],
  [0x80070570, 'ERROR_FILE_CORRUPT', 'corrupt', /chkdsk/],
  [0x800705b4, 'ERROR_TIMEOUT', 'timeout', /at once/],
  [0x80071126, 'ERROR_NOT_A_REPARSE_POINT', 'reparse-point', /restore/],
  [0x8007112b, 'ERROR_REPARSE_POINT_ENCOUNTERED', 'reparse-point', /refused/],
  [0x801f0013, 'ERROR_FLT_FILTER_NOT_FOUND', 'unsupported', /fltmc load/],
  [0x801f0015, 'ERROR_FLT_INSTANCE_NOT_FOUND', 'not-active', /not prepared/],
  [0x80004004, 'E_ABORT', 'cancelled', /try again/],
  [0x80004005, 'E_FAIL', 'unknown', /event log/],
  [0xc03a0005, 'ERROR_VHD_FORMAT_UNSUPPORTED_VERSION', 'unsupported', /newer build/],
  [0xc03a0008, 'ERROR_VHD_SPARSE_HEADER_CORRUPT', 'corrupt', /restore/],
  [0xc03a000d, 'ERROR_VHD_PARENT_VHD_NOT_FOUND', 'not-exist', /base layer/],
  [0xc03a000e, 'ERROR_VHD_CHILD_PARENT_ID_MISMATCH', 'corrupt', /base layer/],
  [0xc03a0012, 'ERROR_VHD_INVALID_SIZE', 'invalid-argument', /64 TiB/],
  [0xc03a001a, 'ERROR_VIRTUAL_DISK_LIMITATION', 'unsupported', /compressed/],
  [0xc03a001e, 'ERROR_VIRTDISK_DISK_ALREADY_OWNED', 'in-use', /detach/],
  [0xc03a0025, 'ERROR_VHD_RESIZE_WOULD_TRUNCATE_DATA', 'invalid-argument', /no smaller/],
  [0x80370101, 'HCS_E_IMAGE_MISMATCH', 'unsupported', /same build/],
  [0x80370102, 'HCS_E_HYPERV_NOT_INSTALLED', 'unsupported', /Hyper-V/],
  [0xc0370103, 'ERROR_VMCOMPUTE_OPERATION_PENDING', 'state', /try again/],
  [0xc0370106, 'HCS_E_UNEXPECTED_EXIT', 'state', /event log/],
  [0x80370109, 'HCS_E_CONNECTION_TIMEOUT', 'timeout', /try again/],
  [0x8037010d, 'HCS_E_INVALID_JSON', 'invalid-argument', /report/],
  [0x8037010e, 'HCS_E_SYSTEM_NOT_FOUND', 'not-exist', /event log/],
  [0x8037010f, 'HCS_E_SYSTEM_ALREADY_EXISTS', 'exists', /event log/],
  [0x80370112, 'HCS_E_INVALID_LAYER', 'corrupt', /make it anew/],
  [0x80370114, 'HCS_E_SERVICE_NOT_AVAILABLE', 'service', /Start-Service vmcompute/],
  [0x80370118, 'HCS_E_OPERATION_TIMEOUT', 'timeout', /try again/],
  [0x8037011b, 'HCS_E_ACCESS_DENIED', 'access', /Hyper-V Administrators/],
]

for (const [code, name, category, advice] of rows)
  test(`${hex(code)} is ${name}: ${category}`, () => {
    assert.is(nameOf(code), name)
    assert.is(categoryOf(code), category)
    assert.match(adviceOf(code), advice)
    assert.is(categoryOf(code | 0), category)
    assert.is(failureTold(code), `failed with ${hex(code)} (${name}); ${adviceOf(code)}`)
  })

test('both families of the compute service mean the same', () => {
  for (let low = 0; low <= 0x1f; low++) {
    if (low === 0x04) continue
    assert.is(nameOf(0x80370100 + low), nameOf(0xc0370100 + low))
    assert.is.not(categoryOf(0x80370100 + low), 'unknown')
  }
})

test('a code that is not known is shown, with how to look it up', () => {
  for (const code of [0x8007ffff, 0x803701ff, 0x88880001, 0xd0000999]) {
    assert.is(nameOf(code), hex(code))
    assert.is(categoryOf(code), 'unknown')
    assert.is(failureTold(code), `failed with ${hex(code)}; certutil -error ${hex(code)} says what Windows means by it`)
  }
})

test.run()
