/**
 * The public surface of the core.
 */
export { type ErrorCode, type ErrorCodeEntry, errorCodes } from './core/error-codes.js'
export { TradewireError, type TradewireErrorOptions } from './core/errors.js'
