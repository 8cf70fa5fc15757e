// The one error class. A message says what happened, to which thing, what was expected and what to do; `context`
// carries the same facts for machines. Expected outcomes (a command rejected, a link timed out) are values, not errors.

/** Error codes, prefixed by room. Every code has a row in docs/errors.md. */
export type SortlineErrorCode =
  | 'CONFIG_UNREADABLE' | 'CONFIG_SYNTAX' | 'CONFIG_INVALID'
  | 'CALIB_UNREADABLE' | 'CALIB_INVALID' | 'CALIB_SIZE_MISMATCH' | 'CALIB_OTHER_CAMERA'
  | 'CALIB_NO_TARGET' | 'CALIB_POOR_VIEWS' | 'CALIB_POOR_FIT' | 'CALIB_WRITE_FAILED'
  | 'CAMERA_OPEN_FAILED' | 'CAMERA_READ_FAILED' | 'CAMERA_BAD_FRAME' | 'CAMERA_ENDED'
  | 'IMAGE_UNREADABLE'
  | 'MODEL_UNREADABLE' | 'MODEL_MANIFEST_INVALID' | 'MODEL_HASH_MISMATCH' | 'MODEL_MISMATCH' | 'MODEL_PROVIDER_UNAVAILABLE' | 'MODEL_RUN_FAILED'
  | 'MODEL_CHAMPION_INVALID' | 'MODEL_PROMOTION_REFUSED'
 
  | 'LINK_OPEN_FAILED' | 'LINK_VERSION' | 'LINK_OUTPUTS' | 'LINK_PROTOCOL' | 'HIL_FAILED'
 
  | 'LEDGER_OPEN_FAILED' | 'LEDGER_VERSION'
  | 'RECORD_UNREADABLE' | 'RECORD_FOREIGN' | 'RECORD_VERSION' | 'RECORD_DAMAGED' | 'RECORD_REFUSED' | 'RECORD_LABELS_INVALID' | 'RECORD_WRITE_FAILED'
  | 'STORE_OPEN_FAILED' | 'STORE_VERSION' | 'STORE_NOT_FOUND' | 'STORE_REFUSED' | 'STORE_BUSY' | 'STORE_FULL' | 'STORE_DAMAGED' | 'STORE_FAILED'
  | 'SWEEP_INVALID' | 'SWEEP_NOT_FOUND' | 'SWEEP_REFUSED' | 'SWEEP_METRIC_MISSING'
  | 'EXPORT_FAILED'
  | 'REPORT_WRITE_FAILED'
  | 'MQTT_REFUSED' | 'MQTT_UNAVAILABLE' | 'MQTT_PORT_IN_USE'
  | 'WEB_PORT_IN_USE' | 'WEB_LOGIN_MISSING' | 'WEB_USERS_INVALID' | 'WEB_FILE_UNREADABLE'
  | 'DATA_UNREADABLE' | 'DATA_EMPTY' | 'DATA_LIST_INVALID' | 'DATA_SPLIT_INVALID'
  | 'TRAIN_OPERATOR_UNKNOWN' | 'TRAIN_STEP_FAILED' | 'TRAIN_CHECKPOINT_INVALID'
  | 'TRAIN_LOADER_FAILED' | 'TRAIN_DIVERGED' | 'TRAIN_WRITE_FAILED'
  | 'SCENARIO_INVALID'
  | 'SETUP_INCOMPLETE'
  | 'USAGE' | 'INTERNAL';

export type ErrorContext = Readonly<Record<string, unknown>>;

/** The only error Sortline throws on purpose. */
export class SortlineError extends Error {
  override readonly name = 'SortlineError';
  readonly code: SortlineErrorCode;
  readonly context: ErrorContext;

  constructor(code: SortlineErrorCode, message: string, options: { context?: ErrorContext; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.context = options.context ?? {};
  }
}

export function isSortlineError(error: unknown, code?: SortlineErrorCode): error is SortlineError {
  return error instanceof SortlineError && (code === undefined || error.code === code);
}

/** A one-line reason for a log or a wrapping message, whatever was thrown. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
