/**
 * The one table of error codes. docs/errors.md is generated from it; a code's meaning never changes once released.
 */

/** What an error code means and what to do about it. */
export interface ErrorCodeEntry {
  /** Whether the same call may succeed later without a change by the caller. */
  readonly retryable: boolean
  /** One sentence: what happened. */
  readonly meaning: string
  /** One sentence: what the reader does about it. */
  readonly fix: string
}

const entry = (retryable: boolean, meaning: string, fix: string): ErrorCodeEntry => ({ retryable, meaning, fix })

/** All codes by name. */
export const errorCodes = {
  TW_ASSERTION: entry(
    false,
    'An internal invariant does not hold.',
    'Stop trading on this instance and report the message with its details.',
  ),
  TW_ABORTED: entry(
    false,
    'The caller aborted the operation through its AbortSignal.',
    'Nothing: the abort was asked for.',
  ),
  TW_TIMEOUT: entry(
    true,
    'An operation did not finish within its timeout.',
    'Check the peer, or raise the timeout option named in the message.',
  ),
  TW_UNATTENDED: entry(
    false,
    'Orders of an earlier session may still trade at connectors that take no orders in this one.',
    'Look at the venues of the orders named in the message, or start with their connectors.',
  ),
  TW_UNPROTECTED: entry(
    false,
    'Positions are left without the stops that protected them.',
    'Protect or close the positions named in the message at their venue.',
  ),
  TW_INVALID_ARGUMENT: entry(
    false,
    'An argument is outside its documented range.',
    'Correct the argument named in the message.',
  ),
  TW_INVALID_CONFIG: entry(
    false,
    'A configuration value or option is unknown or invalid.',
    'Correct the option named in the message.',
  ),
  TW_INVALID_MODEL: entry(
    false,
    'Untrusted input does not fit the schema of its model.',
    'Correct the field named in the message.',
  ),
  TW_INVALID_DECIMAL: entry(
    false,
    'A text or number is not a finite decimal value.',
    'Pass a finite number, a plain decimal string or a Decimal.',
  ),
  TW_OUT_OF_RANGE: entry(
    false,
    'A value does not fit the integer range of its scale.',
    'Use a smaller value, or an instrument with a coarser scale.',
  ),
  TW_OFF_GRID: entry(
    false,
    'A price or quantity is not a multiple of the instrument increment.',
    'Round it with instrument.makePrice or instrument.makeQuantity.',
  ),
  TW_INVALID_ALGO: entry(
    false,
    'The parameters of an execution algorithm, a route or a group of orders cannot be carried out; `details.reason` says why.',
    'Correct the parameter named in the message; nothing was sent.',
  ),
  TW_UNKNOWN_INSTRUMENT: entry(
    false,
    'No instrument with this id or symbol is registered.',
    'Register the instrument or correct the symbol.',
  ),
  TW_UNKNOWN_CALENDAR: entry(
    false,
    'No trading calendar with this id is known.',
    'Use one of the ids in the message, or add a calendar of your own.',
  ),
  TW_CALENDAR_RANGE: entry(
    false,
    'A date lies outside what a trading calendar knows.',
    'Amend the calendar with the holidays the market has published, or update the package.',
  ),
  TW_UNKNOWN_ORDER: entry(
    false,
    'No order with this id is known.',
    'Check the id; orders beyond the history bound are forgotten.',
  ),
  TW_DUPLICATE: entry(false, 'Something with this name or id exists already.', 'Choose another name or id.'),
  TW_NOT_SUPPORTED: entry(
    false,
    'The venue or component does not offer what was asked for.',
    'Check its capabilities before asking.',
  ),
  TW_NOT_CONNECTED: entry(true, 'The connector is not connected.', 'Connect first, or wait for the ready event.'),
  TW_NOT_READY: entry(true, 'The connector is connected but not reconciled yet.', 'Wait for the ready event.'),
  TW_INVALID_STATE: entry(
    false,
    'The object is in a state in which this call is not allowed.',
    'See the life cycle named in the message.',
  ),
  TW_THROTTLED: entry(
    true,
    'A message was not sent, because it would pass a rate limit of the venue.',
    'Send again later; the message says when there is room.',
  ),
  TW_NOT_APPROVED: entry(
    false,
    'An order reached a connector without an approval of the risk gate.',
    'Submit through the order manager.',
  ),
  TW_DISPOSED: entry(false, 'The object was stopped or disposed.', 'Create a new one.'),
  TW_CAPACITY: entry(
    true,
    'A preallocated buffer or table is full.',
    'Raise the capacity option named in the message, or drain faster.',
  ),
  TW_FILE: entry(false, 'A file could not be read or written.', 'Check the path, the permissions and the free space.'),
  TW_BAD_ROW: entry(
    false,
    'A row of a data file does not fit its format.',
    'Correct the row at the file and line named, or ask for bad rows to be skipped.',
  ),
  TW_UNKNOWN_FORMAT: entry(
    false,
    'The format of a data file is not known.',
    'Use a documented format, or name the format explicitly.',
  ),
  TW_JOURNAL_LOCKED: entry(
    true,
    'Another process owns the journal directory.',
    'Stop the other process, or use another directory.',
  ),
  TW_JOURNAL_CORRUPT: entry(
    false,
    'A journal is damaged before its end.',
    'Inspect it with the journal tools; never trade on it unrepaired.',
  ),
  TW_JOURNAL_FAILED: entry(
    false,
    'The journal could not be written; new orders are refused.',
    'Free disk space or repair the disk, then restart.',
  ),
  TW_JOURNAL_VERSION: entry(
    false,
    'A journal was written by a newer release.',
    'Open it with that release or a later one.',
  ),
  TW_JOURNAL_FENCED: entry(
    false,
    'Another process has taken over the account, or the journal directory; this one writes nothing from then on.',
    'Let this process end. It trades nothing any more; the other one has its state.',
  ),
  TW_AUDIT_BROKEN: entry(
    false,
    'The chain of an audit trail does not hold: it was changed, cut or damaged.',
    'Keep the file as evidence, compare it with its anchors, and begin a new trail.',
  ),
  TW_NETWORK: entry(true, 'A network operation failed.', 'Check the address and the peer.'),
  TW_STRATEGY_FAILED: entry(
    false,
    'A hook of a strategy threw during a simulation, and nobody was listening to problems.',
    'Look at the cause; listen to the problem event of the system to be told while it runs.',
  ),
  TW_STANDSTILL: entry(
    false,
    'Something was awaited on a virtual clock that nobody moves.',
    'Call system.run() before, or at the same time as, the wait.',
  ),
  TW_INSUFFICIENT_SAMPLE: entry(
    false,
    'A statistic was asked of fewer values than it can be computed from.',
    'Supply a longer history, or a lower confidence.',
  ),
  TW_UNAUTHORIZED: entry(
    false,
    'Somebody asked for something that only others may do.',
    'Name an actor who may, or change who may where the system is composed.',
  ),
  TW_SECRET_MISSING: entry(
    false,
    'A secret was asked for that its provider does not have.',
    'Put the secret named in the message where the provider looks for it.',
  ),
  TW_SECRET_UNSAFE: entry(
    false,
    'The file of a secret can be reached by others than the user of this process.',
    'Replace the secret, and give its file the owner and mode named in the message.',
  ),
  TW_SECRET_DAMAGED: entry(
    false,
    'A stored secret cannot be read: damaged, changed, moved to another field, or encrypted with another key.',
    'Check the key; where it is right, take the secret as compromised and store a new one.',
  ),
  TW_DEPLOYMENT_MISMATCH: entry(
    false,
    'Processes that belong together do not run the same release and configuration, or not the expected ones.',
    'Deploy the same everywhere; the message names what differs.',
  ),
  TW_LIVE_REFUSED: entry(
    false,
    'Live trading was asked for without everything it requires.',
    'Supply every item listed in the message.',
  ),
} as const satisfies Record<string, ErrorCodeEntry>

/** A stable error code. */
export type ErrorCode = keyof typeof errorCodes
